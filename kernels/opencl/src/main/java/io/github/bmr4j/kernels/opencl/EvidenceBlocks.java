package io.github.bmr4j.kernels.opencl;

/**
 * How sums over n factors are shared: in blocks of a length that depends on n alone, one group
 * each. The host adds the blocks' sums up in their order, so that a sum has the same bits whether
 * all blocks were computed at once or chunk by chunk.
 *
 * @param length factors of a block; the last may have fewer
 * @param count of blocks; one without factors where there are none
 */
record EvidenceBlocks(int length, int count) {

  private static final int LEAST = 1024;
  private static final int MOST_BLOCKS = 4096;

  static EvidenceBlocks of(int n) {
    int length = LEAST * Math.max(1, Math.ceilDiv(n, LEAST * MOST_BLOCKS));
    return new EvidenceBlocks(length, Math.max(1, Math.ceilDiv(n, length)));
  }
}
