package io.github.bmr4j.kernels.opencl.host;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Two slots through which data larger than the device's memory pass: while kernels work on one, a
 * queue of its own fills the other. Each slot has the same arrays, on the host and on the device.
 *
 * <p>For each chunk: {@link #await} its slot, write {@link #host}, {@link #upload}, {@link
 * #beginCompute}, run kernels on {@link #buffer}, {@link #download}, {@link #submit}. Whoever
 * shares the context takes turns with it. Closing waits and releases all.
 */
public final class Pipeline implements AutoCloseable {

  /** Slots. */
  public static final int SLOTS = 2;

  private static final long NONE = 0;

  private final Context context;
  private final int[] elements;
  private final long[][] buffers;
  private final MemorySegment[][] hosts;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment events = arena.allocate(JAVA_LONG, SLOTS + 1);
  private long uploads = NONE;

  /**
   * Makes the slots.
   *
   * @param context whose own queue computes and downloads
   * @param elements of each array of a slot, of four bytes each
   * @throws OpenClException if the device has no room for them
   */
  public Pipeline(Context context, int... elements) {
    this.context = context;
    this.elements = elements.clone();
    buffers = new long[SLOTS][elements.length];
    hosts = new MemorySegment[SLOTS][elements.length];
    try {
      uploads = context.createQueue();
      for (int slot = 0; slot < SLOTS; slot++) {
        for (int i = 0; i < elements.length; i++) {
          buffers[slot][i] = context.createBuffer(elements[i]);
          hosts[slot][i] = arena.allocate(4L * elements[i], 64);
        }
      }
      // The buffers are zeroed by the other queue.
      context.finish();
    } catch (OpenClException | OutOfMemoryError e) {
      close();
      throw e;
    }
  }

  /** An array of a slot on the device. */
  public long buffer(int slot, int array) {
    return buffers[slot][array];
  }

  /** An array of a slot on the host, the host's own between {@link #await} and {@link #submit}. */
  public MemorySegment host(int slot, int array) {
    return hosts[slot][array];
  }

  /** Waits until the slot's last chunk, if it had one, is computed and downloaded. */
  public void await(int slot) {
    long event = events.getAtIndex(JAVA_LONG, slot);
    if (event != NONE) {
      int waited = Native.waitForEvents(1, events.address() + 8L * slot);
      release(slot);
      context.require("clWaitForEvents", waited);
    }
  }

  /** Begins to copy the first elements of a slot's array to the device. */
  public void upload(int slot, int array, int count) {
    context.require(
        "clEnqueueWriteBuffer",
        Native.enqueueWrite(
            uploads, buffers[slot][array], 0, 4L * count, hosts[slot][array].address(), 0));
    context.countWrite();
  }

  /** Kernels that are run from here on wait for the uploads so far, but the host does not. */
  public void beginCompute() {
    long event = events.address() + 8L * SLOTS;
    context.require("clEnqueueMarkerWithWaitList", Native.enqueueMarker(uploads, event));
    context.countEvent(1);
    try {
      context.require("clFlush", Native.flush(uploads));
      context.barrier(event);
    } finally {
      release(SLOTS);
    }
  }

  /** Begins to copy elements of a slot's array back, once the kernels so far are done. */
  public void download(int slot, int array, int count) {
    context.readLater(buffers[slot][array], hosts[slot][array], 4L * count);
  }

  /** Hands the slot's commands over. */
  public void submit(int slot) {
    context.mark(events.address() + 8L * slot);
    context.countEvent(1);
    context.flush();
  }

  private void release(int index) {
    long event = events.getAtIndex(JAVA_LONG, index);
    if (event != NONE) {
      events.setAtIndex(JAVA_LONG, index, NONE);
      if (Native.releaseEvent(event) == Status.SUCCESS) {
        context.countEvent(-1);
      }
    }
  }

  @Override
  public void close() {
    // Whatever failed: nothing may be on its way into memory that is about to be freed.
    context.settle();
    if (uploads != NONE) {
      Native.finish(uploads);
      context.releaseQueue(uploads);
    }
    for (int index = 0; index <= SLOTS; index++) {
      release(index);
    }
    for (long[] slot : buffers) {
      for (int i = 0; i < slot.length; i++) {
        if (slot[i] != NONE) {
          context.releaseBuffer(slot[i], elements[i]);
        }
      }
    }
    arena.close();
  }
}
