package io.github.bmr4j.kernels.opencl.host;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;

/**
 * A device with one queue, which does its commands in their order, and everything that was made
 * there. Closing it waits for the queue and releases all of it, the last made first.
 *
 * <p>Not safe for several threads at once; callers take turns.
 */
public final class Context implements AutoCloseable {

  /** Bytes of one staging buffer between the Java heap and the device. */
  private static final int STAGE_BYTES = 4 << 20;

  /** Staging buffers: while one is on its way the next is filled. */
  private static final int STAGES = 4;

  private static final long READ_WRITE = 1;
  private static final int BUILD_LOG = 0x1183;

  /** What can be released. */
  enum Kind {
    CONTEXT,
    QUEUE,
    BUFFER,
    PROGRAM,
    KERNEL,
    EVENT
  }

  private static final Map<Kind, Integer> LIVE = new EnumMap<>(Kind.class);

  private record Made(Kind kind, long handle) {}

  private final Device device;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment status = arena.allocate(JAVA_INT);
  private final MemorySegment deviceHandle = arena.allocate(JAVA_LONG);
  private final MemorySegment sizes = arena.allocate(JAVA_LONG, 2);
  private final MemorySegment pattern = arena.allocate(JAVA_INT);
  private final MemorySegment[] stages = new MemorySegment[STAGES];
  private final MemorySegment events = arena.allocate(JAVA_LONG, STAGES);
  private final Deque<Made> made = new ArrayDeque<>();
  private final long context;
  private final long queue;
  private int stage;
  private boolean closed;
  private long writes;
  private long reads;
  private long drains;
  private long bufferBytes;

  /**
   * @param device to work on
   * @throws OpenClException if the device refuses
   */
  public Context(Device device) {
    this.device = device;
    deviceHandle.set(JAVA_LONG, 0, device.handle());
    try {
      context =
          created(
              Kind.CONTEXT,
              "clCreateContext",
              Native.createContext(0, 1, deviceHandle.address(), status.address()));
      queue = createQueue();
    } catch (OpenClException e) {
      releaseAll();
      throw e;
    }
  }

  /** The device. */
  public Device device() {
    return device;
  }

  /** Transfers from host to device so far. */
  public long writes() {
    return writes;
  }

  /** How often the host waited until the queue was empty. */
  public long drains() {
    return drains;
  }

  /** Transfers from device to host so far. */
  public long reads() {
    return reads;
  }

  /** Bytes of all buffers. */
  public long bufferBytes() {
    return bufferBytes;
  }

  /** Number of OpenCL objects of all contexts that are not released yet. */
  public static int liveObjects() {
    synchronized (LIVE) {
      return LIVE.values().stream().mapToInt(Integer::intValue).sum();
    }
  }

  /** Bytes of the device's memory that no buffer of ours has. */
  public long freeBytes() {
    return device.memoryBytes() - bufferBytes;
  }

  /**
   * A buffer of zeros.
   *
   * @param elements of four bytes each; at least one is made
   * @throws OpenClException if it is larger than the device allows, or its memory is full
   */
  public long createBuffer(int elements) {
    requireOpen();
    long bytes = 4L * Math.max(1, elements);
    if (bytes > device.largestBufferBytes()) {
      throw new OpenClException(
          "A buffer of "
              + bytes
              + " bytes is more than "
              + device.name()
              + " allows ("
              + device.largestBufferBytes()
              + "); use a smaller network or batch",
          Status.OUT_OF_MEMORY);
    }
    // Some drivers give more than there is, and the system then ends the process.
    if (bytes > freeBytes()) {
      throw new OpenClException(
          "A buffer of "
              + bytes
              + " bytes, with "
              + bufferBytes
              + " bytes in use, is more than the memory of "
              + device.name()
              + " ("
              + device.memoryBytes()
              + " bytes); use a smaller network or batch",
          Status.OUT_OF_MEMORY);
    }
    long buffer =
        created(
            Kind.BUFFER,
            "clCreateBuffer of " + bytes + " bytes",
            Native.createBuffer(context, READ_WRITE, bytes, status.address()));
    bufferBytes += bytes;
    try {
      fill(buffer, 0, bytes / 4, 0f);
    } catch (OpenClException e) {
      releaseBuffer(buffer, elements);
      throw e;
    }
    return buffer;
  }

  /** Frees a buffer, after the commands that use it. */
  public void releaseBuffer(long buffer, int elements) {
    requireOpen();
    releaseEarly(new Made(Kind.BUFFER, buffer));
    bufferBytes -= 4L * Math.max(1, elements);
  }

  private void releaseEarly(Made object) {
    made.remove(object);
    release(object);
  }

  /** Another queue, whose commands do not wait for the others. */
  long createQueue() {
    requireOpen();
    return created(
        Kind.QUEUE,
        "clCreateCommandQueue",
        Native.createCommandQueue(context, device.handle(), status.address()));
  }

  /** Frees what {@link #createQueue} made. */
  void releaseQueue(long other) {
    releaseEarly(new Made(Kind.QUEUE, other));
  }

  /** Begins a read; memory is filled once an event of {@link #mark} has come. */
  void readLater(long buffer, MemorySegment to, long bytes) {
    require("clEnqueueReadBuffer", Native.enqueueRead(queue, buffer, 0, 0, bytes, to.address()));
    reads++;
  }

  /** Puts an event at an address, which comes when all so far is done. */
  void mark(long event) {
    require("clEnqueueMarkerWithWaitList", Native.enqueueMarker(queue, event));
  }

  /** What is enqueued from here on waits for the event at an address. */
  void barrier(long event) {
    require("clEnqueueBarrierWithWaitList", Native.enqueueBarrier(queue, 1, event));
  }

  /** Waits for all commands, also where some failed. */
  void settle() {
    Native.finish(queue);
  }

  void countWrite() {
    writes++;
  }

  void countEvent(int change) {
    count(Kind.EVENT, change);
  }

  /** Writes a value into {@code count} elements, starting at {@code at}. */
  public void fill(long buffer, long at, long count, float value) {
    requireOpen();
    if (count > 0) {
      pattern.set(JAVA_INT, 0, Float.floatToRawIntBits(value));
      require(
          "clEnqueueFillBuffer",
          Native.enqueueFill(queue, buffer, pattern.address(), 4, 4 * at, 4 * count));
    }
  }

  /** Copies {@code count} elements on the device; the two runs may not overlap. */
  public void copy(long from, long fromAt, long to, long toAt, long count) {
    requireOpen();
    if (count > 0) {
      require(
          "clEnqueueCopyBuffer",
          Native.enqueueCopy(queue, from, to, 4 * fromAt, 4 * toAt, 4 * count));
    }
  }

  /** Writes elements of a {@code float[]} or {@code int[]}; returns before they have arrived. */
  public void write(MemorySegment heap, int from, long buffer, int at, int count) {
    requireOpen();
    writes++;
    long bytes = 4L * count;
    for (long done = 0; done < bytes; ) {
      long part = Math.min(STAGE_BYTES, bytes - done);
      MemorySegment free = freeStage();
      MemorySegment.copy(heap, 4L * from + done, free, 0, part);
      long event = events.address() + 8L * stage;
      require(
          "clEnqueueWriteBuffer",
          Native.enqueueWrite(queue, buffer, 4L * at + done, part, free.address(), event));
      count(Kind.EVENT, 1);
      stage = (stage + 1) % STAGES;
      done += part;
    }
  }

  /** Reads elements into a {@code float[]} or {@code int[]}, after all commands so far. */
  public void read(long buffer, int at, MemorySegment heap, int to, int count) {
    requireOpen();
    reads++;
    drains++;
    long bytes = 4L * count;
    for (long done = 0; done < bytes; ) {
      long part = Math.min(STAGE_BYTES, bytes - done);
      MemorySegment free = freeStage();
      require(
          "clEnqueueReadBuffer",
          Native.enqueueRead(queue, buffer, 1, 4L * at + done, part, free.address()));
      MemorySegment.copy(free, 0, heap, 4L * to + done, part);
      done += part;
    }
  }

  /** The next staging buffer, once what it held has arrived. */
  private MemorySegment freeStage() {
    if (stages[stage] == null) {
      stages[stage] = arena.allocate(STAGE_BYTES, 64);
    }
    long event = events.getAtIndex(JAVA_LONG, stage);
    if (event != 0) {
      int waited = Native.waitForEvents(1, events.address() + 8L * stage);
      events.setAtIndex(JAVA_LONG, stage, 0);
      release(new Made(Kind.EVENT, event));
      require("clWaitForEvents", waited);
    }
    return stages[stage];
  }

  /**
   * Runs a kernel.
   *
   * @param globalSize work items, a multiple of {@code localSize}
   * @param localSize work items of a group
   */
  void run(long kernel, long globalSize, long localSize) {
    sizes.set(JAVA_LONG, 0, globalSize);
    sizes.set(JAVA_LONG, 8, localSize);
    int result = Native.enqueueKernel(queue, kernel, sizes.address(), sizes.address() + 8);
    if (result != Status.SUCCESS) {
      throw Status.failure(
          "clEnqueueNDRangeKernel",
          result,
          globalSize + " work items in groups of " + localSize + " on " + device.name());
    }
  }

  /** Hands over what has been enqueued. */
  public void flush() {
    requireOpen();
    require("clFlush", Native.flush(queue));
  }

  /** Waits until all is done. */
  public void finish() {
    requireOpen();
    drains++;
    require("clFinish", Native.finish(queue));
  }

  /**
   * Builds a program of one kernel {@code run}.
   *
   * @param name for messages
   * @param source OpenCL C
   * @return the kernel
   * @throws OpenClException with the build log if it does not compile
   */
  long build(String name, String source) {
    requireOpen();
    try (Arena temporary = Arena.ofConfined()) {
      MemorySegment text = temporary.allocate(JAVA_LONG);
      text.set(JAVA_LONG, 0, temporary.allocateFrom(source).address());
      long program =
          created(
              Kind.PROGRAM,
              "clCreateProgramWithSource",
              Native.createProgramWithSource(context, text.address(), status.address()));
      String options =
          "-cl-std=CL1.2"
              + (device.roundsDivisions() ? " -cl-fp32-correctly-rounded-divide-sqrt" : "");
      int built =
          Native.buildProgram(
              program, deviceHandle.address(), temporary.allocateFrom(options).address());
      if (built != Status.SUCCESS) {
        throw Status.failure(
            "clBuildProgram", built, "kernel " + name + ":\n" + buildLog(temporary, program));
      }
      return created(
          Kind.KERNEL,
          "clCreateKernel",
          Native.createKernel(program, temporary.allocateFrom("run").address(), status.address()));
    }
  }

  private String buildLog(Arena temporary, long program) {
    MemorySegment size = temporary.allocate(JAVA_LONG);
    long handle = device.handle();
    Native.getProgramBuildInfo(program, handle, BUILD_LOG, 0, 0, size.address());
    MemorySegment log = temporary.allocate(size.get(JAVA_LONG, 0) + 1);
    Native.getProgramBuildInfo(program, handle, BUILD_LOG, log.byteSize(), log.address(), 0);
    return log.getString(0).strip();
  }

  /** Memory for a kernel's arguments, as long as this context. */
  MemorySegment allocateHost(long bytes) {
    return arena.allocate(bytes, 8);
  }

  /** Fails if this context is closed. */
  void requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          "The OpenCL back end on " + device.name() + " is closed; open another");
    }
  }

  private long created(Kind kind, String call, long handle) {
    int result = status.get(JAVA_INT, 0);
    if (result != Status.SUCCESS || handle == 0) {
      throw Status.failure(call, result, "on " + device.name());
    }
    made.push(new Made(kind, handle));
    count(kind, 1);
    return handle;
  }

  void require(String call, int result) {
    if (result != Status.SUCCESS) {
      throw Status.failure(call, result, "on " + device.name());
    }
  }

  private static void count(Kind kind, int change) {
    synchronized (LIVE) {
      LIVE.merge(kind, change, Integer::sum);
    }
  }

  private void release(Made object) {
    long handle = object.handle();
    int result =
        switch (object.kind()) {
          case CONTEXT -> Native.releaseContext(handle);
          case QUEUE -> Native.releaseQueue(handle);
          case BUFFER -> Native.releaseBuffer(handle);
          case PROGRAM -> Native.releaseProgram(handle);
          case KERNEL -> Native.releaseKernel(handle);
          case EVENT -> Native.releaseEvent(handle);
        };
    if (result == Status.SUCCESS) {
      count(object.kind(), -1);
    }
  }

  private void releaseAll() {
    for (int i = 0; i < STAGES; i++) {
      long event = events.getAtIndex(JAVA_LONG, i);
      if (event != 0) {
        release(new Made(Kind.EVENT, event));
      }
    }
    while (!made.isEmpty()) {
      release(made.pop());
    }
    arena.close();
  }

  /** Safe to call twice. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    // A device that is gone cannot be waited for; what is here is released all the same.
    settle();
    releaseAll();
  }
}
