package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.Memory;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.opencl.host.Context;
import io.github.bmr4j.kernels.opencl.host.OpenClException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;

/** Arrays of the host, each with a buffer on the device. */
final class DeviceMemory implements Memory {

  /** So that indices of the last, not whole group of draws stay ints. */
  private static final int LONGEST = Integer.MAX_VALUE - 1024;

  private record Resident(long buffer, MemorySegment heap) {}

  private final Context context;
  private final IdentityHashMap<float[], Resident> residents = new IdentityHashMap<>();

  DeviceMemory(Context context) {
    this.context = context;
  }

  @Override
  public float[] allocate(int length) {
    if (length > LONGEST) {
      throw new IllegalArgumentException(
          "An array on a device holds at most " + LONGEST + " floats, but is to hold " + length);
    }
    synchronized (context) {
      // The device first: where it has no room, the host need not make any.
      long buffer = context.createBuffer(length);
      try {
        float[] array = new float[length];
        residents.put(array, new Resident(buffer, MemorySegment.ofArray(array)));
        return array;
      } catch (OutOfMemoryError e) {
        context.releaseBuffer(buffer, length);
        throw e;
      }
    }
  }

  @Override
  public boolean adopt(float[]... arrays) {
    synchronized (context) {
      List<float[]> more = Arrays.stream(arrays).filter(array -> !holds(array)).toList();
      long bytes = more.stream().mapToLong(array -> 4L * array.length).sum();
      long largest = more.stream().mapToLong(array -> 4L * array.length).max().orElse(0);
      if (largest > context.device().largestBufferBytes() || bytes > context.freeBytes() / 2) {
        return false;
      }
      long[] buffers = buffers(more);
      for (int i = 0; i < buffers.length; i++) {
        float[] array = more.get(i);
        MemorySegment heap = MemorySegment.ofArray(array);
        context.write(heap, 0, buffers[i], 0, array.length);
        residents.put(array, new Resident(buffers[i], heap));
      }
      return buffers.length == more.size();
    }
  }

  /** A buffer for each array; none if the driver has less room than the device is said to have. */
  private long[] buffers(List<float[]> arrays) {
    long[] buffers = new long[arrays.size()];
    for (int i = 0; i < buffers.length; i++) {
      try {
        buffers[i] = context.createBuffer(arrays.get(i).length);
      } catch (OpenClException e) {
        for (int made = 0; made < i; made++) {
          context.releaseBuffer(buffers[made], arrays.get(made).length);
        }
        if (e.isOutOfMemory()) {
          return new long[0];
        }
        throw e;
      }
    }
    return buffers;
  }

  @Override
  public void push(Slice slice) {
    synchronized (context) {
      Resident resident = resident(slice.array());
      context.write(resident.heap, slice.offset(), resident.buffer, slice.offset(), slice.length());
    }
  }

  @Override
  public void pull(Slice slice) {
    synchronized (context) {
      Resident resident = resident(slice.array());
      context.read(resident.buffer, slice.offset(), resident.heap, slice.offset(), slice.length());
    }
  }

  /** Whether an array has a buffer: it was allocated here, or adopted. */
  boolean holds(float[] array) {
    return residents.containsKey(array);
  }

  /** The buffer behind an array. */
  long buffer(float[] array) {
    return resident(array).buffer;
  }

  private Resident resident(float[] array) {
    Resident resident = residents.get(array);
    if (resident == null) {
      throw new IllegalArgumentException(
          "An array of "
              + array.length
              + " floats is not in the memory of "
              + context.device().name()
              + "; make it with Backend.memory().allocate and push what the host writes into it");
    }
    return resident;
  }
}
