package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Memory;
import io.github.bmr4j.kernels.Slice;

/** Numbers where kernels see them. */
final class Placement {

  private Placement() {}

  /** A copy of host values in a back end's memory. */
  static Slice of(Memory memory, float[] values) {
    Slice slice = zeros(memory, values.length);
    slice.copyFrom(values, 0);
    memory.push(slice);
    return slice;
  }

  /** Zeros in a back end's memory. */
  static Slice zeros(Memory memory, int length) {
    return Slice.of(memory.allocate(length));
  }
}
