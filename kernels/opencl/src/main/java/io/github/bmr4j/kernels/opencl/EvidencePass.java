package io.github.bmr4j.kernels.opencl;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The kernel that adds ΔF up for n factors × k candidates, which takes eight candidates at a time:
 * what a resident posterior and one that streams through share.
 */
final class EvidencePass {

  /** Candidates of one run of the kernel. */
  private static final int CANDIDATES = 8;

  private static final int GROUP = OpenClReductionKernels.GROUP;

  /** Buffers and places of the arrays of a run. */
  record Places(
      long mean, int meanAt, long sd, int sdAt, long best, int bestAt, long which, int whichAt) {}

  private final Work work;
  private final Launch sums;
  private long ratios;
  private int ratiosLength;

  EvidencePass(Work work) {
    this.work = work;
    sums =
        new Launch(
            work,
            "EvidenceSums",
            "rootPrecision, @mean, @sd, n, block, ratios, ratiosAt, candidates, firstCandidate,"
                + " wantsBest, @best, @candidate, firstPair, partials, highs, lows");
  }

  /** Hands the candidates of the runs that follow over. */
  void candidates(float priorVariance, float[] reducedVariances) {
    int k = reducedVariances.length;
    int length = Math.max(1, 2 * CANDIDATES * Math.ceilDiv(k, CANDIDATES));
    float[] values = new float[length];
    for (int j = 0; j < k; j++) {
      double ratio = (double) reducedVariances[j] / priorVariance;
      int at = 2 * CANDIDATES * (j / CANDIDATES) + j % CANDIDATES;
      values[at] = (float) ratio;
      values[at + CANDIDATES] = (float) (1 - ratio);
    }
    if (length > ratiosLength) {
      if (ratiosLength > 0) {
        work.context().releaseBuffer(ratios, ratiosLength);
      }
      ratiosLength = 0;
      ratios = work.context().createBuffer(length);
      ratiosLength = length;
    }
    work.context().write(MemorySegment.ofArray(values), 0, ratios, 0, length);
  }

  /**
   * Enqueues all runs over some blocks. Sum j of block g of them becomes pair {@code j blocks + g}.
   *
   * @param n factors
   * @param block length of a block
   * @param k candidates
   * @param wantsBest whether the best candidates are wanted, too
   * @param partials room for k pairs of floats a block
   */
  void run(
      float rootPrecision, Places at, int n, int block, int k, boolean wantsBest, long partials) {
    int groups = Math.max(1, Math.ceilDiv(n, block));
    for (int first = 0; first < k; first += CANDIDATES) {
      int count = Math.min(CANDIDATES, k - first);
      sums.start().number(rootPrecision);
      sums.buffer(at.mean).number(at.meanAt).buffer(at.sd).number(at.sdAt).number(n).number(block);
      sums.buffer(ratios).number(2 * first).number(count).number(first).flag(wantsBest);
      sums.buffer(at.best).number(at.bestAt).buffer(at.which).number(at.whichAt);
      sums.number(first * groups).buffer(partials).local(GROUP).local(GROUP);
      sums.runGroups(groups, GROUP);
    }
  }

  /** Adds the pairs that {@link #run} left to the sums, block by block. */
  static void add(MemorySegment pairs, int groups, double[] sums) {
    for (int j = 0; j < sums.length; j++) {
      double sum = sums[j];
      for (int i = 2 * j * groups; i < 2 * (j + 1) * groups; i++) {
        sum += pairs.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      }
      sums[j] = sum;
    }
  }
}
