package io.github.bmr4j.kernels;

/**
 * When a layer is faster with {@link SparseKernels} than with the dense product over the zeros: the
 * one place where that is decided. The densities are where both took the same time in interleaved
 * runs, with some reserve (docs/performance.md, "Sparse inference").
 */
public final class SparseChoice {

  /** Crossover of a single example, which the dense product reads through at memory speed. */
  private static final double SINGLE = 0.04;

  /** Crossover of two or three examples, for which the dense product has its thin form. */
  private static final double THIN = 0.10;

  /** Crossover of four examples and more. */
  private static final double BATCH = 0.30;

  private SparseChoice() {}

  /**
   * Whether the sparse product is the faster one.
   *
   * @param pattern of the weights
   * @param batch examples at a time
   */
  public static boolean isFaster(SparsePattern pattern, int batch) {
    double crossover = batch == 1 ? SINGLE : batch <= 3 ? THIN : BATCH;
    return pattern.count() < crossover * pattern.rows() * pattern.columns();
  }
}
