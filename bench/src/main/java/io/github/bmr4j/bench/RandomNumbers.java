package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Slice;
import java.util.SplittableRandom;

/** Seeded inputs: the same in every fork. */
public final class RandomNumbers {

  private final SplittableRandom random;

  /** The same numbers for the same seed. */
  public RandomNumbers(long seed) {
    random = new SplittableRandom(seed);
  }

  /** Normal numbers with mean 0. */
  public float[] normal(int length, double deviation) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return values;
  }

  /** Numbers uniform in [low, high). */
  public float[] uniform(int length, double low, double high) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextDouble(low, high);
    }
    return values;
  }

  /** As {@link #normal}, as a slice. */
  public Slice normalSlice(int length, double deviation) {
    return Slice.of(normal(length, deviation));
  }

  /** As {@link #uniform}, as a slice. */
  public Slice uniformSlice(int length, double low, double high) {
    return Slice.of(uniform(length, low, high));
  }

  /** Class indices uniform in 0 … classes − 1. */
  public int[] labels(int length, int classes) {
    int[] labels = new int[length];
    for (int i = 0; i < length; i++) {
      labels[i] = random.nextInt(classes);
    }
    return labels;
  }
}
