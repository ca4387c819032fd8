package io.github.bmr4j.engine.inference;

import io.github.bmr4j.kernels.Philox;
import java.util.function.DoubleSupplier;

/**
 * Uniform numbers strictly between 0 and 1 that are a pure function of (seed, stream, step), for
 * draws on the host that need an unknown number of them.
 */
final class UniformWords implements DoubleSupplier {

  private final long seed;
  private final int stream;
  private final long step;
  private final int[] block = new int[4];
  private int counter;
  private int used = block.length;

  UniformWords(long seed, int stream, long step) {
    this.seed = seed;
    this.stream = stream;
    this.step = step;
  }

  @Override
  public double getAsDouble() {
    if (used == block.length) {
      Philox.block(
          (int) seed,
          (int) (seed >>> 32),
          counter++,
          stream,
          (int) step,
          (int) (step >>> 32),
          block,
          0);
      used = 0;
    }
    return ((block[used++] >>> 1) + 0.5) * 0x1p-31;
  }
}
