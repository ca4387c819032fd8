package io.github.bmr4j.kernels.opencl.host;

import java.util.Map;

/** The names of OpenCL's error codes (Khronos: OpenCL 3.0, cl.h), and what to do about some. */
final class Status {

  static final int SUCCESS = 0;
  static final int DEVICE_NOT_FOUND = -1;
  static final int OUT_OF_MEMORY = -4;

  /** The extension of installable drivers: there is a loader, but no driver. */
  static final int PLATFORM_NOT_FOUND = -1001;

  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(-1, "CL_DEVICE_NOT_FOUND"),
          Map.entry(-2, "CL_DEVICE_NOT_AVAILABLE"),
          Map.entry(-3, "CL_COMPILER_NOT_AVAILABLE"),
          Map.entry(-4, "CL_MEM_OBJECT_ALLOCATION_FAILURE"),
          Map.entry(-5, "CL_OUT_OF_RESOURCES"),
          Map.entry(-6, "CL_OUT_OF_HOST_MEMORY"),
          Map.entry(-8, "CL_MEM_COPY_OVERLAP"),
          Map.entry(-11, "CL_BUILD_PROGRAM_FAILURE"),
          Map.entry(-14, "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST"),
          Map.entry(-30, "CL_INVALID_VALUE"),
          Map.entry(-32, "CL_INVALID_PLATFORM"),
          Map.entry(-33, "CL_INVALID_DEVICE"),
          Map.entry(-34, "CL_INVALID_CONTEXT"),
          Map.entry(-36, "CL_INVALID_COMMAND_QUEUE"),
          Map.entry(-38, "CL_INVALID_MEM_OBJECT"),
          Map.entry(-43, "CL_INVALID_BUILD_OPTIONS"),
          Map.entry(-44, "CL_INVALID_PROGRAM"),
          Map.entry(-45, "CL_INVALID_PROGRAM_EXECUTABLE"),
          Map.entry(-46, "CL_INVALID_KERNEL_NAME"),
          Map.entry(-48, "CL_INVALID_KERNEL"),
          Map.entry(-49, "CL_INVALID_ARG_INDEX"),
          Map.entry(-50, "CL_INVALID_ARG_VALUE"),
          Map.entry(-51, "CL_INVALID_ARG_SIZE"),
          Map.entry(-52, "CL_INVALID_KERNEL_ARGS"),
          Map.entry(-54, "CL_INVALID_WORK_GROUP_SIZE"),
          Map.entry(-55, "CL_INVALID_WORK_ITEM_SIZE"),
          Map.entry(-58, "CL_INVALID_EVENT"),
          Map.entry(-59, "CL_INVALID_OPERATION"),
          Map.entry(-61, "CL_INVALID_BUFFER_SIZE"),
          Map.entry(-63, "CL_INVALID_GLOBAL_WORK_SIZE"),
          Map.entry(PLATFORM_NOT_FOUND, "CL_PLATFORM_NOT_FOUND_KHR"));

  private static final Map<Integer, String> ADVICE =
      Map.of(
          -2, "; the device is gone or in use: check it with clinfo",
          -4, "; the device's memory is full: use a smaller network or batch",
          -5, "; the device's memory is full or a kernel crashed on it",
          -6, "; the host's memory is full",
          -14, "; an earlier command failed on the device: check it with clinfo",
          -36, "; the device may have disappeared: check it with clinfo");

  private Status() {}

  /** The name of an error. */
  static String name(int code) {
    return NAMES.getOrDefault(code, "error " + code);
  }

  /** An exception for a call that failed. */
  static OpenClException failure(String call, int code, String what) {
    return new OpenClException(
        call + " failed with " + name(code) + ": " + what + ADVICE.getOrDefault(code, ""), code);
  }
}
