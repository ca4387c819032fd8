package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Slice;
import java.util.SplittableRandom;

/** Seeded inputs: the same in every fork. */
final class RandomNumbers {

  private final SplittableRandom random;

  RandomNumbers(long seed) {
    random = new SplittableRandom(seed);
  }

  /** Normal numbers with mean 0. */
  float[] normal(int length, double deviation) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return values;
  }

  /** Numbers uniform in [low, high). */
  float[] uniform(int length, double low, double high) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextDouble(low, high);
    }
    return values;
  }

  /** As {@link #normal}, as a slice. */
  Slice normalSlice(int length, double deviation) {
    return Slice.of(normal(length, deviation));
  }

  /** As {@link #uniform}, as a slice. */
  Slice uniformSlice(int length, double low, double high) {
    return Slice.of(uniform(length, low, high));
  }

  /** Class indices uniform in 0 … classes − 1. */
  int[] labels(int length, int classes) {
    int[] labels = new int[length];
    for (int i = 0; i < length; i++) {
      labels[i] = random.nextInt(classes);
    }
    return labels;
  }
}
