package io.github.bmr4j.kernels;

import java.util.Arrays;

/**
 * What a block has of a slice, for loops on whole vectors: the slice's own memory, or a copy,
 * followed by zeros, where the block is no whole number of vectors.
 */
final class BlockPart {

  /** Where the elements are. */
  float[] array;

  /** Index of the first. */
  int at;

  private final float[] copy = new float[VariationalBlock.SIZE];
  private float[] source;
  private int sourceAt;
  private int count;
  private boolean copied;

  /**
   * Takes a run of a slice.
   *
   * @param from its first element in the slice
   * @param count of elements, at most {@link VariationalBlock#SIZE}
   * @return this
   */
  BlockPart of(Slice slice, int from, int count) {
    source = array = slice.array();
    sourceAt = at = slice.offset() + from;
    this.count = count;
    copied = VariationalBlock.whole(count) != count;
    if (copied) {
      System.arraycopy(source, sourceAt, copy, 0, count);
      int end = Math.min(count + SimdSums.VIRTUAL_LANES, copy.length);
      Arrays.fill(copy, count, end, 0);
      array = copy;
      at = 0;
    }
    return this;
  }

  /** Takes a run of a mask, or of ones if there is none. */
  BlockPart ofMask(Slice mask, int from, int count) {
    if (mask != null) {
      return of(mask, from, count);
    }
    array = VariationalBlock.ONES;
    at = 0;
    return this;
  }

  /** Puts the elements back, if they are in a copy. */
  void store() {
    if (copied) {
      System.arraycopy(copy, 0, source, sourceAt, count);
    }
  }

  /** Lets go of the caller's array. */
  void release() {
    source = array = copy;
  }
}
