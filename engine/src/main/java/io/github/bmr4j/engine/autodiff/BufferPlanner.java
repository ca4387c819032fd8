package io.github.bmr4j.engine.autodiff;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Gives buffers with known lifetimes places in one array, so that buffers that are never alive at
 * the same time may share memory: largest first, each at the lowest offset that is free for the
 * whole of its life.
 */
final class BufferPlanner {

  /** Offsets are multiples of this many floats: a cache line. */
  static final int ALIGNMENT = 16;

  /** A buffer that lives from time {@code from} to time {@code to}, both inclusive. */
  private record Buffer(int size, int from, int to) {

    boolean meets(Buffer other) {
      return from <= other.to && other.from <= to;
    }
  }

  private final List<Buffer> buffers = new ArrayList<>();
  private long[] offsets;

  /** Registers a buffer and returns its number. */
  int add(int size, int from, int to) {
    buffers.add(new Buffer(size, from, to));
    return buffers.size() - 1;
  }

  /**
   * Chooses all offsets.
   *
   * @return the length of the array that holds them all
   * @throws IllegalArgumentException if no Java array is long enough
   */
  int plan() {
    offsets = new long[buffers.size()];
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < buffers.size(); i++) {
      order.add(i);
    }
    order.sort(Comparator.comparingInt((Integer i) -> -buffers.get(i).size()));
    List<Integer> placed = new ArrayList<>();
    long total = 0;
    for (int i : order) {
      Buffer buffer = buffers.get(i);
      long offset = 0;
      for (int j : placed) {
        // Placed buffers are in order of their offsets: stop at the first gap that is wide enough.
        if (buffer.meets(buffers.get(j))) {
          if (offset + buffer.size() <= offsets[j]) {
            break;
          }
          offset = Math.max(offset, align(offsets[j] + buffers.get(j).size()));
        }
      }
      offsets[i] = offset;
      total = Math.max(total, offset + buffer.size());
      placed.add(i);
      placed.sort(Comparator.comparingLong((Integer j) -> offsets[j]));
    }
    if (total > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "This network needs "
              + total
              + " floats of working memory, but an array holds at most "
              + Integer.MAX_VALUE
              + "; use a smaller batch");
    }
    return (int) total;
  }

  /** Where buffer {@code number} lies, after {@link #plan}. */
  int offset(int number) {
    return (int) offsets[number];
  }

  private static long align(long offset) {
    return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
