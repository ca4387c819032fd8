package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * Sparse products with the examples of a batch in the lanes: x is transposed into panels of up to
 * 64 examples, in which a stored weight meets a run of memory; outputs are computed sixteen units
 * at a time and transposed back. A single example goes without, four units side by side.
 */
final class SimdSparseKernels implements SparseKernels {

  /** Most examples that go one by one: two cost as much as a panel of sixteen. */
  private static final int FEW = 1;

  /** Examples in a panel. */
  private static final int PANEL = 64;

  /** Most panels that are in scratch memory at a time. */
  private static final int PANELS = 16;

  /** Output units of a tile. */
  private static final int UNITS = 16;

  /** Multiply-adds of a part: a few microseconds. */
  private static final int PART_SIZE = 1 << 17;

  /** Elements of x that one part transposes. */
  private static final int PACKED_SIZE = 1 << 14;

  private final WorkerPool pool;
  private final WorkerPool.Task packing = this::packPart;
  private final WorkerPool.Task computing = this::computePart;
  private final WorkerPool.Task single = this::singlePart;
  private final float[][] tiles;
  private float[] packed = {};

  private MatrixView x;
  private MatrixView y;
  private SparsePattern pattern;
  private Slice values;
  private Slice bias;
  private UnaryFunction activation;

  /** The examples at hand: from which on, in panels of how many, up to which. */
  private int from;

  private int width;
  private int to;

  /** How the work is cut: columns of a part that packs, units of one that computes. */
  private int partColumns;

  private int partUnits;
  private int parts;

  SimdSparseKernels(WorkerPool pool) {
    this.pool = pool;
    tiles = new float[pool.threads()][UNITS * PANEL];
  }

  @Override
  public void linear(
      MatrixView x,
      SparsePattern pattern,
      Slice values,
      Slice bias,
      UnaryFunction activation,
      MatrixView y) {
    SparseArguments.linear(x, pattern, values, bias, y);
    if (y.rows() == 0 || y.columns() == 0) {
      return;
    }
    synchronized (pool) {
      this.x = x;
      this.y = y;
      this.pattern = pattern;
      this.values = values;
      this.bias = bias;
      this.activation = activation;
      try {
        if (y.rows() <= FEW) {
          cut(y.rows());
          pool.run(parts, single);
        } else {
          panels();
        }
      } finally {
        this.x = null;
        this.y = null;
        this.pattern = null;
        this.values = null;
        this.bias = null;
      }
    }
  }

  /** Cuts the units into parts, given how many examples each meets; whole tiles each. */
  private void cut(int examples) {
    long work = (long) pattern.count() * examples + (long) y.columns() * examples;
    long tileCount = Math.ceilDiv(y.columns(), UNITS);
    long wanted = Math.clamp(work / PART_SIZE, 1L, tileCount);
    partUnits = (int) Math.ceilDiv(tileCount, wanted) * UNITS;
    parts = Math.ceilDiv(y.columns(), partUnits);
  }

  private void panels() {
    width = Math.min(PANEL, Math.ceilDiv(y.rows(), 16) * 16);
    int block = Math.min(PANELS, Math.ceilDiv(y.rows(), width)) * width;
    long size = (long) block * pattern.columns() + MatrixPacking.SLACK;
    if (packed.length < size) {
      packed = new float[Math.toIntExact(size)];
    }
    partColumns = Math.max(64, PACKED_SIZE / width);
    cut(width);
    for (from = 0; from < y.rows(); from += block) {
      to = Math.min(y.rows(), from + block);
      int count = Math.ceilDiv(to - from, width);
      pool.run(count * Math.ceilDiv(pattern.columns(), partColumns), packing);
      pool.run(count * parts, computing);
    }
  }

  private void packPart(int part) {
    int columnParts = Math.ceilDiv(pattern.columns(), partColumns);
    int panel = part / columnParts;
    int column = part % columnParts * partColumns;
    int first = from + panel * width;
    MatrixPacking.rows(
        x.array(),
        x.offset() + first * x.stride() + column,
        x.stride(),
        Math.min(width, to - first),
        Math.min(partColumns, pattern.columns() - column),
        packed,
        (panel * pattern.columns() + column) * width,
        width);
  }

  private void computePart(int part) {
    int panel = part / parts;
    int first = from + panel * width;
    int count = Math.min(width, to - first);
    int start = panel * pattern.columns() * width;
    int unit = part % parts * partUnits;
    int end = Math.min(y.columns(), unit + partUnits);
    float[] tile = tiles[pool.worker()];
    int tileStride = width;
    for (; unit < end; unit += UNITS) {
      int units = Math.min(UNITS, end - unit);
      sums(start, unit, units, count, tile);
      SimdUnary.apply(activation, tile, 0, tile, 0, units * width);
      int at = y.offset() + first * y.stride() + unit;
      if (units == UNITS) {
        MatrixPacking.rows(tile, 0, tileStride, units, count, y.array(), at, y.stride());
      } else {
        store(tile, width, units, count, y.array(), at, y.stride());
      }
    }
  }

  private static void store(
      float[] tile, int width, int units, int count, float[] y, int at, int stride) {
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < units; j++) {
        y[at + i * stride + j] = tile[j * width + i];
      }
    }
  }

  /** The units' sums with their biases, a row of the tile each. */
  private void sums(int start, int unit, int units, int count, float[] tile) {
    int[] starts = pattern.starts();
    int[] indices = pattern.indices();
    for (int j = 0; j < units; j++) {
      int p = starts[unit + j];
      int end = starts[unit + j + 1];
      float b = bias.array()[bias.offset() + unit + j];
      int i = 0;
      for (; i <= count - 3 * LANES - 1; i += 4 * LANES) {
        fourVectors(
            values.array(),
            values.offset(),
            indices,
            p,
            end,
            packed,
            start + i,
            width,
            b,
            tile,
            j * width + i);
      }
      for (; i < count; i += LANES) {
        oneVector(
            values.array(),
            values.offset(),
            indices,
            p,
            end,
            packed,
            start + i,
            width,
            b,
            tile,
            j * width + i);
      }
    }
  }

  private static void fourVectors(
      float[] w,
      int offset,
      int[] indices,
      int from,
      int to,
      float[] x,
      int start,
      int width,
      float bias,
      float[] out,
      int at) {
    FloatVector s0 = FloatVector.zero(FLOAT);
    FloatVector s1 = FloatVector.zero(FLOAT);
    FloatVector s2 = FloatVector.zero(FLOAT);
    FloatVector s3 = FloatVector.zero(FLOAT);
    for (int p = from; p < to; p++) {
      FloatVector weight = FloatVector.broadcast(FLOAT, w[offset + p]);
      int k = start + indices[p] * width;
      s0 = weight.fma(FloatVector.fromArray(FLOAT, x, k), s0);
      s1 = weight.fma(FloatVector.fromArray(FLOAT, x, k + LANES), s1);
      s2 = weight.fma(FloatVector.fromArray(FLOAT, x, k + 2 * LANES), s2);
      s3 = weight.fma(FloatVector.fromArray(FLOAT, x, k + 3 * LANES), s3);
    }
    s0.add(bias).intoArray(out, at);
    s1.add(bias).intoArray(out, at + LANES);
    s2.add(bias).intoArray(out, at + 2 * LANES);
    s3.add(bias).intoArray(out, at + 3 * LANES);
  }

  private static void oneVector(
      float[] w,
      int offset,
      int[] indices,
      int from,
      int to,
      float[] x,
      int start,
      int width,
      float bias,
      float[] out,
      int at) {
    FloatVector s = FloatVector.zero(FLOAT);
    for (int p = from; p < to; p++) {
      FloatVector weight = FloatVector.broadcast(FLOAT, w[offset + p]);
      s = weight.fma(FloatVector.fromArray(FLOAT, x, start + indices[p] * width), s);
    }
    s.add(bias).intoArray(out, at);
  }

  private void singlePart(int part) {
    int unit = part * partUnits;
    int end = Math.min(y.columns(), unit + partUnits);
    float[] b = bias.array();
    for (int i = 0; i < y.rows(); i++) {
      int at = y.offset() + i * y.stride();
      int row = x.offset() + i * x.stride();
      int j = unit;
      for (; j <= end - 4; j += 4) {
        four(x.array(), row, values.array(), values.offset(), pattern, j, y.array(), at + j);
      }
      for (; j < end; j++) {
        y.array()[at + j] =
            chain(
                x.array(),
                row,
                values.array(),
                values.offset(),
                pattern.indices(),
                pattern.start(j),
                pattern.start(j + 1),
                0);
      }
      for (j = unit; j < end; j++) {
        y.array()[at + j] += b[bias.offset() + j];
      }
      SimdUnary.apply(activation, y.array(), at + unit, y.array(), at + unit, end - unit);
    }
  }

  /** Four units side by side, so that no chain waits for its own last step. */
  private static void four(
      float[] x, int row, float[] w, int offset, SparsePattern pattern, int j, float[] y, int at) {
    int[] starts = pattern.starts();
    int[] indices = pattern.indices();
    int p0 = starts[j];
    int p1 = starts[j + 1];
    int p2 = starts[j + 2];
    int p3 = starts[j + 3];
    int p4 = starts[j + 4];
    int common = Math.min(Math.min(p1 - p0, p2 - p1), Math.min(p3 - p2, p4 - p3));
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    for (int p = 0; p < common; p++) {
      s0 = Math.fma(x[row + indices[p0 + p]], w[offset + p0 + p], s0);
      s1 = Math.fma(x[row + indices[p1 + p]], w[offset + p1 + p], s1);
      s2 = Math.fma(x[row + indices[p2 + p]], w[offset + p2 + p], s2);
      s3 = Math.fma(x[row + indices[p3 + p]], w[offset + p3 + p], s3);
    }
    y[at] = chain(x, row, w, offset, indices, p0 + common, p1, s0);
    y[at + 1] = chain(x, row, w, offset, indices, p1 + common, p2, s1);
    y[at + 2] = chain(x, row, w, offset, indices, p2 + common, p3, s2);
    y[at + 3] = chain(x, row, w, offset, indices, p3 + common, p4, s3);
  }

  private static float chain(
      float[] x, int row, float[] w, int offset, int[] indices, int from, int to, float sum) {
    float s = sum;
    for (int p = from; p < to; p++) {
      s = Math.fma(x[row + indices[p]], w[offset + p], s);
    }
    return s;
  }
}
