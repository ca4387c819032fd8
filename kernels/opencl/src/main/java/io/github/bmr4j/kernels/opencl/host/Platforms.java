package io.github.bmr4j.kernels.opencl.host;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What OpenCL offers on this machine. */
public final class Platforms {

  /** System property: part of the name of the platform or device to use. */
  public static final String DEVICE_PROPERTY = "bmr4j.opencl.device";

  /** System property: the file of the OpenCL library, where it has another place or name. */
  public static final String LIBRARY_PROPERTY = "bmr4j.opencl.library";

  private static final int PLATFORM_NAME = 0x0902;
  private static final int DEVICE_TYPE = 0x1000;
  private static final int DEVICE_MAX_COMPUTE_UNITS = 0x1002;
  private static final int DEVICE_MAX_WORK_GROUP_SIZE = 0x1004;
  private static final int DEVICE_MAX_MEM_ALLOC_SIZE = 0x1010;
  private static final int DEVICE_SINGLE_FP_CONFIG = 0x101B;
  private static final int DEVICE_GLOBAL_MEM_SIZE = 0x101F;
  private static final int DEVICE_LOCAL_MEM_SIZE = 0x1023;
  private static final int DEVICE_NAME = 0x102B;
  private static final int DRIVER_VERSION = 0x102D;
  private static final int DEVICE_VERSION = 0x102F;
  private static final long ALL_DEVICES = 0xFFFFFFFFL;
  private static final long CORRECTLY_ROUNDED_DIVIDE_SQRT = 1L << 7;

  private Platforms() {}

  /**
   * All devices, graphics processors first.
   *
   * @throws OpenClException if there is no library, no driver or no device; says which
   */
  public static List<Device> devices() {
    if (JAVA_LONG.byteSize() != ADDRESS.byteSize()) {
      throw new OpenClException("OpenCL is used on 64-bit systems only", 0);
    }
    load();
    List<Device> devices = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      for (long platform : platforms(arena)) {
        String name =
            text(arena, (n, p, s) -> Native.getPlatformInfo(platform, PLATFORM_NAME, n, p, s));
        for (long device : deviceIds(arena, platform)) {
          devices.add(describe(arena, device, name));
        }
      }
    }
    if (devices.isEmpty()) {
      throw new OpenClException(
          "OpenCL has a driver, but no device; clinfo tells more", Status.DEVICE_NOT_FOUND);
    }
    devices.sort(Comparator.comparing(Device::type));
    return devices;
  }

  /**
   * The device that {@value #DEVICE_PROPERTY} names, or without it the first of {@link #devices}.
   *
   * @throws OpenClException if there is none
   */
  public static Device chosen() {
    List<Device> devices = devices();
    String asked = System.getProperty(DEVICE_PROPERTY);
    if (asked == null) {
      return devices.get(0);
    }
    String part = asked.toLowerCase(Locale.ROOT);
    return devices.stream()
        .filter(
            device ->
                (device.platform() + " " + device.name()).toLowerCase(Locale.ROOT).contains(part))
        .findFirst()
        .orElseThrow(
            () ->
                new OpenClException(
                    "No OpenCL device has \""
                        + asked
                        + "\" in its name (system property "
                        + DEVICE_PROPERTY
                        + "); there are "
                        + String.join(", ", devices.stream().map(Device::name).toList()),
                    Status.DEVICE_NOT_FOUND));
  }

  private static void load() {
    try {
      Native.load();
    } catch (ExceptionInInitializerError e) {
      if (e.getCause() instanceof IllegalCallerException refused) {
        throw new OpenClException("Native code is not allowed: " + refused.getMessage(), 0);
      }
      throw noLibrary();
    } catch (NoClassDefFoundError e) {
      throw noLibrary(); // as it was at the first attempt
    }
  }

  /** Where the library is looked for; here, since {@link Native} cannot be used without it. */
  static String libraryName() {
    String asked = System.getProperty(LIBRARY_PROPERTY);
    if (asked != null) {
      return asked;
    }
    String system = System.getProperty("os.name");
    if (system.startsWith("Windows")) {
      return "OpenCL.dll";
    }
    return system.startsWith("Mac")
        ? "/System/Library/Frameworks/OpenCL.framework/OpenCL"
        : "libOpenCL.so.1";
  }

  private static OpenClException noLibrary() {
    return new OpenClException(
        "There is no OpenCL library ("
            + libraryName()
            + "); install a driver for the device, or PoCL for the CPU (Debian: ocl-icd-libopencl1"
            + " pocl-opencl-icd)",
        Status.PLATFORM_NOT_FOUND);
  }

  private static long[] platforms(Arena arena) {
    MemorySegment count = arena.allocate(JAVA_INT);
    int status = Native.getPlatformIds(0, 0, count.address());
    int n = count.get(JAVA_INT, 0);
    if (status == Status.PLATFORM_NOT_FOUND || (status == Status.SUCCESS && n == 0)) {
      throw new OpenClException(
          "There is an OpenCL library, but no driver for it; install one for the device, or PoCL for"
              + " the CPU (Debian: pocl-opencl-icd)",
          Status.PLATFORM_NOT_FOUND);
    }
    require("clGetPlatformIDs", status);
    MemorySegment ids = arena.allocate(JAVA_LONG, n);
    require("clGetPlatformIDs", Native.getPlatformIds(n, ids.address(), 0));
    return ids.toArray(JAVA_LONG);
  }

  private static long[] deviceIds(Arena arena, long platform) {
    MemorySegment count = arena.allocate(JAVA_INT);
    int status = Native.getDeviceIds(platform, ALL_DEVICES, 0, 0, count.address());
    int n = count.get(JAVA_INT, 0);
    if (status == Status.DEVICE_NOT_FOUND || n == 0) {
      return new long[0];
    }
    require("clGetDeviceIDs", status);
    MemorySegment ids = arena.allocate(JAVA_LONG, n);
    require("clGetDeviceIDs", Native.getDeviceIds(platform, ALL_DEVICES, n, ids.address(), 0));
    return ids.toArray(JAVA_LONG);
  }

  private static Device describe(Arena arena, long device, String platform) {
    return new Device(
        device,
        platform,
        text(arena, (n, p, s) -> Native.getDeviceInfo(device, DEVICE_NAME, n, p, s)),
        text(arena, (n, p, s) -> Native.getDeviceInfo(device, DEVICE_VERSION, n, p, s)),
        text(arena, (n, p, s) -> Native.getDeviceInfo(device, DRIVER_VERSION, n, p, s)),
        Device.Type.of(number(arena, device, DEVICE_TYPE)),
        (int) number(arena, device, DEVICE_MAX_COMPUTE_UNITS),
        number(arena, device, DEVICE_GLOBAL_MEM_SIZE),
        number(arena, device, DEVICE_MAX_MEM_ALLOC_SIZE),
        number(arena, device, DEVICE_LOCAL_MEM_SIZE),
        number(arena, device, DEVICE_MAX_WORK_GROUP_SIZE),
        (number(arena, device, DEVICE_SINGLE_FP_CONFIG) & CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0);
  }

  /** A question in OpenCL's way: room for the answer, where it goes, where its size goes. */
  private interface Query {
    int ask(long room, long answer, long size);
  }

  private static String text(Arena arena, Query query) {
    MemorySegment size = arena.allocate(JAVA_LONG);
    require("a query", query.ask(0, 0, size.address()));
    MemorySegment answer = arena.allocate(Math.max(1, size.get(JAVA_LONG, 0)) + 1);
    require("a query", query.ask(answer.byteSize(), answer.address(), 0));
    return answer.getString(0).strip();
  }

  /** A number of 32 or 64 bits: the rest of the eight bytes stays 0. */
  private static long number(Arena arena, long device, int what) {
    MemorySegment answer = arena.allocate(JAVA_LONG);
    require("clGetDeviceInfo", Native.getDeviceInfo(device, what, 8, answer.address(), 0));
    return answer.get(JAVA_LONG, 0);
  }

  private static void require(String call, int status) {
    if (status != Status.SUCCESS) {
      throw Status.failure(call, status, "while looking for devices");
    }
  }
}
