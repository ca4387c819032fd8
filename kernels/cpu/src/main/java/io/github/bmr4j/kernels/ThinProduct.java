package io.github.bmr4j.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products with very few rows, down to one (a single example through a layer), where each element
 * of b is used so seldom that packing it would cost more than computing with it.
 *
 * <p>Where b is as it stands, rows of b are scaled and added, with the same blocks of k and the
 * same bits as {@link PackedProduct}. Where b is transposed, both factors run along k: each output
 * is 16 partial sums, partial sum l over the k with k mod 16 = l, added up in a fixed order; so the
 * result does not depend on the vector width.
 *
 * <p>Used while the pool's monitor is held.
 */
final class ThinProduct {

  /** Most rows that are computed this way. */
  static final int MOST_ROWS = 3;

  private static final VectorSpecies<Float> FLOAT = SimdSpecies.FLOAT;
  private static final int LANES = SimdSpecies.LANES;

  /** Columns of a block: four chains of multiply-adds hide their latency. */
  private static final int BLOCK = 64;

  /** Partial sums of a dot product, on every width. */
  private static final int SUMS = 16;

  /** Scratch of one part: a block of outputs, and the partial sums of four dot products. */
  private static final int SCRATCH = BLOCK + 4 * SUMS;

  /** Multiplications for each part: some microseconds, for memory is the limit here. */
  private static final int PART_SIZE = 1 << 17;

  private final WorkerPool pool;
  private final WorkerPool.Task computing = this::computePart;

  /** The rows of a, one after the other. */
  private float[] left = {};

  private float[] scratch = {};

  private MatrixView b;
  private MatrixView c;
  private Epilogue epilogue;
  private boolean rightTransposed;
  private int inner;
  private int partColumns;

  ThinProduct(WorkerPool pool) {
    this.pool = pool;
  }

  /** As {@link PackedProduct#compute}, for a single pair. */
  void compute(MatrixView a, Transposed transposed, MatrixView b, MatrixView c, Epilogue epilogue) {
    this.b = b;
    this.c = c;
    this.epilogue = epilogue;
    rightTransposed = transposed.right();
    inner = transposed.inner(a, 1);
    gather(a, transposed.left(), c.rows());
    int blocks = Math.max(1, PART_SIZE / Math.max(1, inner) / c.rows() / BLOCK);
    partColumns = (int) Math.min(c.columns(), (long) blocks * BLOCK);
    int parts = Math.ceilDiv(c.columns(), partColumns);
    if (scratch.length < parts * SCRATCH) {
      scratch = new float[parts * SCRATCH];
    }
    try {
      pool.run(parts, computing);
    } finally {
      this.b = null;
      this.c = null;
      this.epilogue = null;
    }
  }

  private void gather(MatrixView a, boolean transposed, int rows) {
    if (left.length < rows * inner) {
      left = new float[rows * inner];
    }
    for (int i = 0; i < rows; i++) {
      if (transposed) {
        for (int k = 0; k < inner; k++) {
          left[i * inner + k] = a.get(k, i);
        }
      } else {
        System.arraycopy(a.array(), a.offset() + i * a.stride(), left, i * inner, inner);
      }
    }
  }

  private void computePart(int part) {
    int from = part * partColumns;
    int to = Math.min(c.columns(), from + partColumns);
    for (int i = 0; i < c.rows(); i++) {
      for (int j = from; j < to; j += BLOCK) {
        int width = Math.min(BLOCK, to - j);
        if (rightTransposed) {
          dots(i, j, width, part * SCRATCH);
        } else {
          sums(i, j, width, part * SCRATCH);
        }
      }
    }
    PackedProduct.activate(epilogue.activation(), c, c.offset() + from, 0, c.rows(), to - from);
  }

  private void store(int i, int j, int width, int at, boolean first, boolean last) {
    Slice bias = last ? epilogue.bias() : null;
    ProductStore.store(
        scratch,
        at,
        BLOCK,
        1,
        width,
        c.array(),
        c.offset() + i * c.stride() + j,
        c.stride(),
        !first || epilogue.accumulate(),
        bias == null ? null : bias.array(),
        bias == null ? 0 : bias.offset() + j,
        last && epilogue.activation() == UnaryFunction.RELU);
  }

  /** Columns j … j + width − 1 of row i, as sums of scaled rows of b. */
  private void sums(int i, int j, int width, int at) {
    int step = PackedProduct.blockOf(inner);
    int k = 0;
    do {
      int depth = Math.min(step, inner - k);
      int start = b.offset() + k * b.stride() + j;
      int done = 0;
      for (; done <= width - 4 * LANES; done += 4 * LANES) {
        fourVectors(
            left, i * inner + k, depth, b.array(), start + done, b.stride(), scratch, at + done);
      }
      for (; done <= width - LANES; done += LANES) {
        oneVector(
            left, i * inner + k, depth, b.array(), start + done, b.stride(), scratch, at + done);
      }
      for (; done < width; done++) {
        scratch[at + done] = chain(left, i * inner + k, depth, b.array(), start + done, b.stride());
      }
      store(i, j, width, at, k == 0, k + depth == inner);
      k += depth;
    } while (k < inner);
  }

  private static void fourVectors(
      float[] a, int aStart, int depth, float[] b, int bStart, int stride, float[] out, int at) {
    FloatVector s0 = FloatVector.zero(FLOAT);
    FloatVector s1 = FloatVector.zero(FLOAT);
    FloatVector s2 = FloatVector.zero(FLOAT);
    FloatVector s3 = FloatVector.zero(FLOAT);
    for (int k = 0; k < depth; k++) {
      FloatVector x = FloatVector.broadcast(FLOAT, a[aStart + k]);
      int p = bStart + k * stride;
      s0 = x.fma(FloatVector.fromArray(FLOAT, b, p), s0);
      s1 = x.fma(FloatVector.fromArray(FLOAT, b, p + LANES), s1);
      s2 = x.fma(FloatVector.fromArray(FLOAT, b, p + 2 * LANES), s2);
      s3 = x.fma(FloatVector.fromArray(FLOAT, b, p + 3 * LANES), s3);
    }
    s0.intoArray(out, at);
    s1.intoArray(out, at + LANES);
    s2.intoArray(out, at + 2 * LANES);
    s3.intoArray(out, at + 3 * LANES);
  }

  private static void oneVector(
      float[] a, int aStart, int depth, float[] b, int bStart, int stride, float[] out, int at) {
    FloatVector s = FloatVector.zero(FLOAT);
    for (int k = 0; k < depth; k++) {
      FloatVector x = FloatVector.broadcast(FLOAT, a[aStart + k]);
      s = x.fma(FloatVector.fromArray(FLOAT, b, bStart + k * stride), s);
    }
    s.intoArray(out, at);
  }

  private static float chain(float[] a, int aStart, int depth, float[] b, int bStart, int stride) {
    float s = 0;
    for (int k = 0; k < depth; k++) {
      s = Math.fma(a[aStart + k], b[bStart + k * stride], s);
    }
    return s;
  }

  /** Columns j … j + width − 1 of row i, as dot products with rows of b. */
  private void dots(int i, int j, int width, int at) {
    int a = i * inner;
    int sums = at + BLOCK;
    int full = inner / SUMS * SUMS;
    for (int done = 0; done < width; done += 4) {
      int start = b.offset() + (j + done) * b.stride();
      int rows = Math.min(4, width - done);
      for (int lane = 0; lane < SUMS; lane += LANES) {
        if (rows == 4) {
          fourDots(left, a + lane, full, b.array(), start + lane, b.stride(), scratch, sums + lane);
        } else {
          for (int r = 0; r < rows; r++) {
            int row = start + r * b.stride() + lane;
            oneDot(left, a + lane, full, b.array(), row, scratch, sums + r * SUMS + lane);
          }
        }
      }
      for (int r = 0; r < rows; r++) {
        int row = start + r * b.stride();
        int partial = sums + r * SUMS;
        for (int k = full; k < inner; k++) {
          int l = partial + k - full;
          scratch[l] = Math.fma(left[a + k], b.array()[row + k], scratch[l]);
        }
        scratch[at + done + r] = total(scratch, partial);
      }
    }
    store(i, j, width, at, true, true);
  }

  /** One vector of partial sums of a with each of four rows of b, every 16th k onwards. */
  private static void fourDots(
      float[] a, int aStart, int depth, float[] b, int bStart, int stride, float[] out, int at) {
    FloatVector s0 = FloatVector.zero(FLOAT);
    FloatVector s1 = FloatVector.zero(FLOAT);
    FloatVector s2 = FloatVector.zero(FLOAT);
    FloatVector s3 = FloatVector.zero(FLOAT);
    for (int k = 0; k < depth; k += SUMS) {
      FloatVector x = FloatVector.fromArray(FLOAT, a, aStart + k);
      int p = bStart + k;
      s0 = x.fma(FloatVector.fromArray(FLOAT, b, p), s0);
      s1 = x.fma(FloatVector.fromArray(FLOAT, b, p + stride), s1);
      s2 = x.fma(FloatVector.fromArray(FLOAT, b, p + 2 * stride), s2);
      s3 = x.fma(FloatVector.fromArray(FLOAT, b, p + 3 * stride), s3);
    }
    s0.intoArray(out, at);
    s1.intoArray(out, at + SUMS);
    s2.intoArray(out, at + 2 * SUMS);
    s3.intoArray(out, at + 3 * SUMS);
  }

  private static void oneDot(
      float[] a, int aStart, int depth, float[] b, int bStart, float[] out, int at) {
    FloatVector s = FloatVector.zero(FLOAT);
    for (int k = 0; k < depth; k += SUMS) {
      FloatVector x = FloatVector.fromArray(FLOAT, a, aStart + k);
      s = x.fma(FloatVector.fromArray(FLOAT, b, bStart + k), s);
    }
    s.intoArray(out, at);
  }

  /** The sum of 16 partial sums, halved four times. */
  private static float total(float[] sums, int at) {
    for (int half = SUMS / 2; half > 0; half /= 2) {
      for (int l = 0; l < half; l++) {
        sums[at + l] += sums[at + l + half];
      }
    }
    return sums[at];
  }
}
