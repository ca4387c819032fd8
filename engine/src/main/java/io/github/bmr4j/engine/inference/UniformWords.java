package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.random.PhiloxWords;
import java.util.function.DoubleSupplier;

/**
 * Uniform numbers strictly between 0 and 1 that are a pure function of (seed, stream, step), for
 * draws on the host that need an unknown number of them.
 */
final class UniformWords implements DoubleSupplier {

  private final PhiloxWords words;

  UniformWords(long seed, int stream, long step) {
    words = new PhiloxWords(seed, stream);
    words.restart(step);
  }

  @Override
  public double getAsDouble() {
    return ((words.next() >>> 1) + 0.5) * 0x1p-31;
  }
}
