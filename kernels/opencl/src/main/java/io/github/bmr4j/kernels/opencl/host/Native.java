package io.github.bmr4j.kernels.opencl.host;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The functions of the OpenCL library, one method each with its name and C's order of arguments.
 * Pointers, handles and {@code size_t} are all {@code long}, which 64-bit systems pass alike;
 * {@code cl_uint} and {@code cl_bool} are {@code int}. Loading this class loads the library.
 *
 * <p>Source: Khronos, The OpenCL API Specification, version 1.2.
 */
final class Native {

  private static final SymbolLookup LIBRARY = library();

  private static final MethodHandle GET_PLATFORM_IDS = function("clGetPlatformIDs", "ipp");
  private static final MethodHandle GET_PLATFORM_INFO = function("clGetPlatformInfo", "pippp");
  private static final MethodHandle GET_DEVICE_IDS = function("clGetDeviceIDs", "ppipp");
  private static final MethodHandle GET_DEVICE_INFO = function("clGetDeviceInfo", "pippp");
  private static final MethodHandle CREATE_CONTEXT = creator("clCreateContext", "pipppp");
  private static final MethodHandle CREATE_QUEUE = creator("clCreateCommandQueue", "pppp");
  private static final MethodHandle CREATE_BUFFER = creator("clCreateBuffer", "ppppp");
  private static final MethodHandle CREATE_PROGRAM = creator("clCreateProgramWithSource", "pippp");
  private static final MethodHandle BUILD_PROGRAM = function("clBuildProgram", "pipppp");
  private static final MethodHandle GET_BUILD_INFO = function("clGetProgramBuildInfo", "ppippp");
  private static final MethodHandle CREATE_KERNEL = creator("clCreateKernel", "ppp");
  private static final MethodHandle SET_ARGUMENT = function("clSetKernelArg", "pipp");
  private static final MethodHandle ENQUEUE_KERNEL =
      function("clEnqueueNDRangeKernel", "ppipppipp");
  private static final MethodHandle ENQUEUE_WRITE = function("clEnqueueWriteBuffer", "ppipppipp");
  private static final MethodHandle ENQUEUE_READ = function("clEnqueueReadBuffer", "ppipppipp");
  private static final MethodHandle ENQUEUE_COPY = function("clEnqueueCopyBuffer", "ppppppipp");
  private static final MethodHandle ENQUEUE_FILL = function("clEnqueueFillBuffer", "ppppppipp");
  private static final MethodHandle ENQUEUE_MARKER =
      function("clEnqueueMarkerWithWaitList", "pipp");
  private static final MethodHandle ENQUEUE_BARRIER =
      function("clEnqueueBarrierWithWaitList", "pipp");
  private static final MethodHandle WAIT_FOR_EVENTS = function("clWaitForEvents", "ip");
  private static final MethodHandle FLUSH = function("clFlush", "p");
  private static final MethodHandle FINISH = function("clFinish", "p");
  private static final MethodHandle RELEASE_CONTEXT = function("clReleaseContext", "p");
  private static final MethodHandle RELEASE_QUEUE = function("clReleaseCommandQueue", "p");
  private static final MethodHandle RELEASE_BUFFER = function("clReleaseMemObject", "p");
  private static final MethodHandle RELEASE_PROGRAM = function("clReleaseProgram", "p");
  private static final MethodHandle RELEASE_KERNEL = function("clReleaseKernel", "p");
  private static final MethodHandle RELEASE_EVENT = function("clReleaseEvent", "p");

  /** What commands answer instead of being done, so that a test can let all devices disappear. */
  private static volatile int fault = Status.SUCCESS;

  private Native() {}

  /** From now on commands fail with a status, until it is {@link Status#SUCCESS} again. */
  static void fail(int status) {
    fault = status;
  }

  private static boolean gone() {
    return fault != Status.SUCCESS;
  }

  /**
   * Finds the library and its functions.
   *
   * @throws ExceptionInInitializerError if there is none, the first time
   * @throws NoClassDefFoundError if there was none
   */
  static void load() {}

  @SuppressWarnings("restricted") // --enable-native-access grants it
  private static SymbolLookup library() {
    return SymbolLookup.libraryLookup(Platforms.libraryName(), Arena.global());
  }

  /** A function that returns a status. */
  private static MethodHandle function(String name, String arguments) {
    return linked(name, FunctionDescriptor.of(JAVA_INT, layouts(arguments)));
  }

  /** A function that returns a handle. */
  private static MethodHandle creator(String name, String arguments) {
    return linked(name, FunctionDescriptor.of(JAVA_LONG, layouts(arguments)));
  }

  @SuppressWarnings("restricted") // as above
  private static MethodHandle linked(String name, FunctionDescriptor descriptor) {
    return Linker.nativeLinker().downcallHandle(LIBRARY.findOrThrow(name), descriptor);
  }

  /** A letter an argument: i for 32 bits, p for pointers and all else of 64. */
  private static MemoryLayout[] layouts(String arguments) {
    return arguments
        .chars()
        .mapToObj(c -> c == 'i' ? JAVA_INT : JAVA_LONG)
        .toArray(MemoryLayout[]::new);
  }

  private static AssertionError unexpected(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
    return new AssertionError(thrown);
  }

  static int getPlatformIds(int room, long ids, long count) {
    try {
      return (int) GET_PLATFORM_IDS.invokeExact(room, ids, count);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int getPlatformInfo(long platform, int what, long room, long value, long size) {
    try {
      return (int) GET_PLATFORM_INFO.invokeExact(platform, what, room, value, size);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int getDeviceIds(long platform, long type, int room, long ids, long count) {
    try {
      return (int) GET_DEVICE_IDS.invokeExact(platform, type, room, ids, count);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int getDeviceInfo(long device, int what, long room, long value, long size) {
    try {
      return (int) GET_DEVICE_INFO.invokeExact(device, what, room, value, size);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static long createContext(long properties, int count, long devices, long status) {
    try {
      return (long) CREATE_CONTEXT.invokeExact(properties, count, devices, 0L, 0L, status);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static long createCommandQueue(long context, long device, long status) {
    try {
      return (long) CREATE_QUEUE.invokeExact(context, device, 0L, status);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  @SuppressWarnings("restricted") // as above; the status lies at its address
  static long createBuffer(long context, long flags, long bytes, long status) {
    try {
      if (gone()) {
        MemorySegment.ofAddress(status).reinterpret(JAVA_INT.byteSize()).set(JAVA_INT, 0, fault);
        return 0;
      }
      return (long) CREATE_BUFFER.invokeExact(context, flags, bytes, 0L, status);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static long createProgramWithSource(long context, long texts, long status) {
    try {
      return (long) CREATE_PROGRAM.invokeExact(context, 1, texts, 0L, status);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int buildProgram(long program, long devices, long options) {
    try {
      return (int) BUILD_PROGRAM.invokeExact(program, 1, devices, options, 0L, 0L);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int getProgramBuildInfo(
      long program, long device, int what, long room, long value, long size) {
    try {
      return (int) GET_BUILD_INFO.invokeExact(program, device, what, room, value, size);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static long createKernel(long program, long name, long status) {
    try {
      return (long) CREATE_KERNEL.invokeExact(program, name, status);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int setKernelArg(long kernel, int index, long size, long value) {
    try {
      return (int) SET_ARGUMENT.invokeExact(kernel, index, size, value);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** In one dimension; the sizes by their addresses. */
  static int enqueueKernel(long queue, long kernel, long globalSize, long localSize) {
    try {
      return gone()
          ? fault
          : (int)
              ENQUEUE_KERNEL.invokeExact(queue, kernel, 1, 0L, globalSize, localSize, 0, 0L, 0L);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Does not wait; {@code event} receives one that ends with the transfer. */
  static int enqueueWrite(long queue, long buffer, long at, long bytes, long from, long event) {
    try {
      return gone()
          ? fault
          : (int) ENQUEUE_WRITE.invokeExact(queue, buffer, 0, at, bytes, from, 0, 0L, event);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Where {@code wait} is 1, waits, and so for all that was enqueued before. */
  static int enqueueRead(long queue, long buffer, int wait, long at, long bytes, long to) {
    try {
      return gone()
          ? fault
          : (int) ENQUEUE_READ.invokeExact(queue, buffer, wait, at, bytes, to, 0, 0L, 0L);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int enqueueCopy(long queue, long from, long to, long fromAt, long toAt, long bytes) {
    try {
      return gone()
          ? fault
          : (int) ENQUEUE_COPY.invokeExact(queue, from, to, fromAt, toAt, bytes, 0, 0L, 0L);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int enqueueFill(
      long queue, long buffer, long pattern, long patternBytes, long at, long bytes) {
    try {
      return gone()
          ? fault
          : (int)
              ENQUEUE_FILL.invokeExact(queue, buffer, pattern, patternBytes, at, bytes, 0, 0L, 0L);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** {@code event} receives one that ends with all that was enqueued before. */
  static int enqueueMarker(long queue, long event) {
    try {
      return gone() ? fault : (int) ENQUEUE_MARKER.invokeExact(queue, 0, 0L, event);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** What is enqueued from here on waits for the events at an address. */
  static int enqueueBarrier(long queue, int count, long events) {
    try {
      return gone() ? fault : (int) ENQUEUE_BARRIER.invokeExact(queue, count, events, 0L);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int waitForEvents(int count, long events) {
    try {
      return gone() ? fault : (int) WAIT_FOR_EVENTS.invokeExact(count, events);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int flush(long queue) {
    return gone() ? fault : one(FLUSH, queue);
  }

  static int finish(long queue) {
    // Waits in any case: memory may be freed after it.
    int status = one(FINISH, queue);
    return gone() ? fault : status;
  }

  static int releaseContext(long context) {
    return one(RELEASE_CONTEXT, context);
  }

  static int releaseQueue(long queue) {
    return one(RELEASE_QUEUE, queue);
  }

  static int releaseBuffer(long buffer) {
    return one(RELEASE_BUFFER, buffer);
  }

  static int releaseProgram(long program) {
    return one(RELEASE_PROGRAM, program);
  }

  static int releaseKernel(long kernel) {
    return one(RELEASE_KERNEL, kernel);
  }

  static int releaseEvent(long event) {
    try {
      return (int) RELEASE_EVENT.invokeExact(event);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  private static int one(MethodHandle function, long handle) {
    try {
      return (int) function.invokeExact(handle);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }
}
