package io.github.bmr4j.kernels;

/** One block of a row for each thread. */
final class SimdSequenceScratch {

  private static final ThreadLocal<SimdSequenceScratch> OF_THREAD =
      ThreadLocal.withInitial(SimdSequenceScratch::new);

  /** As long as a block of a sum. */
  final float[] row = new float[SimdSums.BLOCK];

  private SimdSequenceScratch() {}

  static SimdSequenceScratch ofThread() {
    return OF_THREAD.get();
  }
}
