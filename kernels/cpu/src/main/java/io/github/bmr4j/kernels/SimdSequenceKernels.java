package io.github.bmr4j.kernels;

/**
 * Rows on vectors, a few to a part. Sums are those of {@link SimdSums}, everything else is element
 * by element, so the bits depend neither on threads nor on the vector width.
 */
final class SimdSequenceKernels implements SequenceKernels {

  private final WorkerPool pool;
  private final RowTask rows = new RowTask();
  private final PermuteTask permutation = new PermuteTask();

  SimdSequenceKernels(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public void normalize(MatrixView x, Slice scale, Slice shift, float epsilon, MatrixView out) {
    SequenceArguments.normalize(x, scale, shift, epsilon, out);
    synchronized (pool) {
      rows.scale = scale;
      rows.shift = shift;
      rows.epsilon = epsilon;
      rows.out = out;
      rows.run(pool, RowTask.RowWise.NORMALIZE, x);
    }
  }

  @Override
  public void normalizePullback(
      MatrixView x,
      Slice scale,
      float epsilon,
      MatrixView dOut,
      MatrixView dX,
      MatrixView products,
      boolean accumulate) {
    SequenceArguments.normalizePullback(x, scale, epsilon, dOut, dX, products);
    synchronized (pool) {
      rows.scale = scale;
      rows.epsilon = epsilon;
      rows.dOut = dOut;
      rows.out = dX;
      rows.products = products;
      rows.accumulate = accumulate;
      rows.run(pool, RowTask.RowWise.NORMALIZE_PULLBACK, x);
    }
  }

  @Override
  public void softmaxPullback(MatrixView p, MatrixView dP, MatrixView dX, boolean accumulate) {
    SequenceArguments.softmaxPullback(p, dP, dX);
    synchronized (pool) {
      rows.dOut = dP;
      rows.out = dX;
      rows.accumulate = accumulate;
      rows.run(pool, RowTask.RowWise.SOFTMAX_PULLBACK, p);
    }
  }

  @Override
  public void gatherRows(MatrixView table, Slice numbers, int first, MatrixView out) {
    synchronized (pool) {
      TableRows.gather(table, numbers, first, out);
    }
  }

  @Override
  public void permute(Permutation order, Slice x, Slice out, boolean accumulate) {
    SequenceArguments.permute(order, x, out);
    synchronized (pool) {
      permutation.run(pool, order, x, out, accumulate);
    }
  }

  /** What is computed row by row. */
  private static final class RowTask implements WorkerPool.Task {

    enum RowWise {
      NORMALIZE,
      NORMALIZE_PULLBACK,
      SOFTMAX_PULLBACK
    }

    /** Elements of one part. */
    private static final int PART = 8 * 1024;

    private RowWise operation;
    private MatrixView x;
    private int rowsOfPart;
    private Slice scale;
    private Slice shift;
    private float epsilon;
    private MatrixView dOut;
    private MatrixView out;
    private MatrixView products;
    private boolean accumulate;
    private float[] lanes = new float[0];

    void run(WorkerPool pool, RowWise operation, MatrixView x) {
      this.operation = operation;
      this.x = x;
      rowsOfPart = Math.max(1, PART / Math.max(1, x.columns()));
      int parts = Math.ceilDiv(x.rows(), rowsOfPart);
      if (lanes.length < parts * SimdSums.VIRTUAL_LANES) {
        lanes = new float[parts * SimdSums.VIRTUAL_LANES];
      }
      try {
        pool.run(parts, this);
      } finally {
        this.x = null;
        scale = null;
        shift = null;
        dOut = null;
        out = null;
        products = null;
      }
    }

    @Override
    public void run(int part) {
      int lo = part * SimdSums.VIRTUAL_LANES;
      int to = (int) Math.min((part + 1L) * rowsOfPart, x.rows());
      for (int row = part * rowsOfPart; row < to; row++) {
        switch (operation) {
          case NORMALIZE -> normalize(row, lo);
          case NORMALIZE_PULLBACK -> normalizePullback(row, lo);
          case SOFTMAX_PULLBACK -> softmaxPullback(row, lo);
        }
      }
    }

    private void normalize(int row, int lo) {
      int n = x.columns();
      float[] y = out.array();
      int to = at(out, row);
      float inverse = deviations(row, y, to, lo);
      float[] s = scale.array();
      float[] b = shift.array();
      SimdArithmetic.scale(inverse, y, to, y, to, n);
      SimdArithmetic.multiply(y, to, s, scale.offset(), y, to, n);
      SimdArithmetic.add(y, to, b, shift.offset(), y, to, n);
    }

    /** Writes x − mean and returns 1 / √(variance + ε). */
    private float deviations(int row, float[] y, int to, int lo) {
      int n = x.columns();
      float[] v = x.array();
      int at = at(x, row);
      float mean = (float) (SimdSums.sum(v, at, n, lanes, lo) / n);
      for (int j = 0; j < n; j++) {
        y[to + j] = v[at + j] - mean;
      }
      return (float) (1 / Math.sqrt(dot(y, to, y, to, n, lo) / n + epsilon));
    }

    private void normalizePullback(int row, int lo) {
      int n = x.columns();
      float[] z = products.array();
      int zAt = at(products, row);
      float inverse = deviations(row, z, zAt, lo);
      float[] d = dOut.array();
      int dAt = at(dOut, row);
      float[] s = scale.array();
      int sAt = scale.offset();
      float[] g = out.array();
      int to = at(out, row);
      SimdArithmetic.scale(inverse, z, zAt, z, zAt, n);
      float ofMean = (float) (dot(d, dAt, s, sAt, n, lo) / n);
      // Products are needed for the sum, and the normalised row afterwards.
      double sum = 0;
      for (int from = 0; from < n; from += SimdSums.BLOCK) {
        sum += weighted(d, dAt + from, s, sAt + from, z, zAt + from, n - from, lo);
      }
      float ofDeviation = (float) (sum / n);
      if (accumulate) {
        for (int j = 0; j < n; j++) {
          float share = d[dAt + j] * s[sAt + j] - ofMean - z[zAt + j] * ofDeviation;
          g[to + j] += inverse * share;
        }
      } else {
        for (int j = 0; j < n; j++) {
          g[to + j] = inverse * (d[dAt + j] * s[sAt + j] - ofMean - z[zAt + j] * ofDeviation);
        }
      }
      SimdArithmetic.multiply(d, dAt, z, zAt, z, zAt, n);
    }

    /** Σ d s z of one block, each lane in order, whatever the vector width. */
    private double weighted(
        float[] d, int dAt, float[] s, int sAt, float[] z, int zAt, int left, int lo) {
      int n = Math.min(left, SimdSums.BLOCK);
      SimdSequenceScratch scratch = SimdSequenceScratch.ofThread();
      SimdArithmetic.multiply(d, dAt, s, sAt, scratch.row, 0, n);
      return SimdSums.blockDot(scratch.row, 0, z, zAt, n, lanes, lo);
    }

    private void softmaxPullback(int row, int lo) {
      int n = x.columns();
      float[] p = x.array();
      int at = at(x, row);
      float[] d = dOut.array();
      int dAt = at(dOut, row);
      float[] g = out.array();
      int to = at(out, row);
      float mean = (float) dot(p, at, d, dAt, n, lo);
      if (accumulate) {
        for (int j = 0; j < n; j++) {
          g[to + j] += p[at + j] * (d[dAt + j] - mean);
        }
      } else {
        for (int j = 0; j < n; j++) {
          g[to + j] = p[at + j] * (d[dAt + j] - mean);
        }
      }
    }

    private double dot(float[] a, int aAt, float[] b, int bAt, int n, int lo) {
      double sum = 0;
      for (int i = 0; i < n; i += SimdSums.BLOCK) {
        int count = Math.min(SimdSums.BLOCK, n - i);
        sum += SimdSums.blockDot(a, aAt + i, b, bAt + i, count, lanes, lo);
      }
      return sum;
    }

    private static int at(MatrixView m, int row) {
      return m.offset() + row * m.stride();
    }
  }

  /** A part is one index of the result's outermost axis. */
  private static final class PermuteTask implements WorkerPool.Task {

    private Permutation order;
    private Slice x;
    private Slice out;
    private boolean accumulate;

    void run(WorkerPool pool, Permutation order, Slice x, Slice out, boolean accumulate) {
      this.order = order;
      this.x = x;
      this.out = out;
      this.accumulate = accumulate;
      try {
        pool.run(order.outermost(), this);
      } finally {
        this.order = null;
        this.x = null;
        this.out = null;
      }
    }

    @Override
    public void run(int part) {
      order.part(part, x.array(), x.offset(), out.array(), out.offset(), accumulate);
    }
  }
}
