package io.github.bmr4j.kernels;

/**
 * Reductions on vectors. Sums are those of {@link SimdSums}, the totals of blocks added in double
 * in the order of the blocks, whoever computed them.
 */
final class SimdReductionKernels implements ReductionKernels {

  private final WorkerPool pool;
  private final BlockTask blocks = new BlockTask();
  private final ColumnTask columns = new ColumnTask();
  private final RowTask rows = new RowTask();

  SimdReductionKernels(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public double sum(Slice x) {
    synchronized (pool) {
      blocks.run(pool, BlockTask.BlockWise.SUM, x, x);
      return blocks.sum();
    }
  }

  @Override
  public double dot(Slice a, Slice b) {
    Checks.sameLength("dot", "a", a, "b", b);
    synchronized (pool) {
      blocks.run(pool, BlockTask.BlockWise.DOT, a, b);
      return blocks.sum();
    }
  }

  @Override
  public void sumInto(Slice x, Slice out) {
    ReductionArguments.scalarOutput("sumInto", out);
    out.set(0, (float) sum(x));
  }

  @Override
  public void dotInto(Slice a, Slice b, Slice out) {
    ReductionArguments.scalarOutput("dotInto", out);
    out.set(0, (float) dot(a, b));
  }

  @Override
  public int firstNonFinite(Slice x) {
    synchronized (pool) {
      blocks.run(pool, BlockTask.BlockWise.FIRST_NON_FINITE, x, x);
      return blocks.first();
    }
  }

  @Override
  public void rowSums(MatrixView m, Slice out) {
    ReductionArguments.perRow("rowSums", m, "out", out);
    synchronized (pool) {
      rows.values = out;
      rows.run(pool, RowTask.RowWise.SUM, m);
    }
  }

  @Override
  public void columnSums(MatrixView m, Slice out, boolean accumulate) {
    ReductionArguments.perColumn("columnSums", m, "out", out);
    synchronized (pool) {
      columns.run(pool, m, out, accumulate);
    }
  }

  @Override
  public void logSumExp(MatrixView x, Slice out) {
    ReductionArguments.perRow("logSumExp", x, "out", out);
    synchronized (pool) {
      rows.values = out;
      rows.run(pool, RowTask.RowWise.LOG_SUM_EXP, x);
    }
  }

  @Override
  public void softmax(MatrixView x, MatrixView out) {
    ReductionArguments.sameShape("softmax", "x", x, "out", out);
    synchronized (pool) {
      rows.out = out;
      rows.run(pool, RowTask.RowWise.SOFTMAX, x);
    }
  }

  @Override
  public void softmaxCrossEntropy(MatrixView logits, Slice labels, Slice losses) {
    ReductionArguments.crossEntropy(logits, labels, losses);
    synchronized (pool) {
      rows.labels = labels;
      rows.values = losses;
      rows.run(pool, RowTask.RowWise.CROSS_ENTROPY, logits);
    }
  }

  @Override
  public void softmaxCrossEntropyPullback(
      MatrixView logits, Slice labels, Slice dLosses, MatrixView dLogits, boolean accumulate) {
    ReductionArguments.crossEntropyPullback(logits, labels, dLosses, dLogits);
    synchronized (pool) {
      rows.labels = labels;
      rows.values = dLosses;
      rows.out = dLogits;
      rows.accumulate = accumulate;
      rows.run(pool, RowTask.RowWise.CROSS_ENTROPY_PULLBACK, logits);
    }
  }

  /** One number for each block of a slice or of a pair of slices. */
  private static final class BlockTask implements WorkerPool.Task {

    enum BlockWise {
      SUM,
      DOT,
      FIRST_NON_FINITE
    }

    /** Blocks of one part. */
    private static final int PART = 16;

    private BlockWise operation;
    private Slice a;
    private Slice b;
    private int blocks;
    private double[] results = new double[PART];
    private float[] lanes = new float[SimdSums.VIRTUAL_LANES];

    void run(WorkerPool pool, BlockWise operation, Slice a, Slice b) {
      this.operation = operation;
      this.a = a;
      this.b = b;
      blocks = Math.ceilDiv(a.length(), SimdSums.BLOCK);
      int parts = Math.ceilDiv(blocks, PART);
      if (results.length < blocks) {
        results = new double[blocks];
        lanes = new float[parts * SimdSums.VIRTUAL_LANES];
      }
      try {
        pool.run(parts, this);
      } finally {
        this.a = null;
        this.b = null;
      }
    }

    /** The numbers added up in the order of the blocks. */
    double sum() {
      double sum = 0;
      for (int block = 0; block < blocks; block++) {
        sum += results[block];
      }
      return sum;
    }

    /** The first number that is not negative, or −1. */
    int first() {
      for (int block = 0; block < blocks; block++) {
        if (results[block] >= 0) {
          return (int) results[block];
        }
      }
      return -1;
    }

    @Override
    public void run(int part) {
      int lo = part * SimdSums.VIRTUAL_LANES;
      for (int block = part * PART; block < Math.min((part + 1) * PART, blocks); block++) {
        int from = block * SimdSums.BLOCK;
        int n = Math.min(SimdSums.BLOCK, a.length() - from);
        int ao = a.offset() + from;
        results[block] =
            switch (operation) {
              case SUM -> SimdSums.blockSum(a.array(), ao, n, lanes, lo);
              case DOT ->
                  SimdSums.blockDot(a.array(), ao, b.array(), b.offset() + from, n, lanes, lo);
              case FIRST_NON_FINITE -> {
                int first = SimdSums.firstNonFinite(a.array(), ao, n);
                yield first < 0 ? -1 : from + first;
              }
            };
      }
    }
  }

  /** Sums over the rows: a part is some strips of columns, walked down in blocks of rows. */
  private static final class ColumnTask implements WorkerPool.Task {

    /** Columns of which a part has a multiple, but for the last. */
    private static final int STRIP = 64;

    /** Rows that are added up in float. */
    private static final int ROWS = 64;

    private MatrixView m;
    private Slice out;
    private boolean accumulate;
    private int columnsOfPart;
    private double[] sums = new double[0];
    private float[] block = new float[0];

    void run(WorkerPool pool, MatrixView m, Slice out, boolean accumulate) {
      this.m = m;
      this.out = out;
      this.accumulate = accumulate;
      int strips = Math.ceilDiv(m.columns(), STRIP);
      if (sums.length < strips * STRIP) {
        sums = new double[strips * STRIP];
        block = new float[strips * STRIP];
      }
      // No column's sum depends on the others, so parts may be as wide as threads allow: memory
      // is read along the rows.
      columnsOfPart = Math.max(1, Math.ceilDiv(strips, pool.threads())) * STRIP;
      int parts = Math.ceilDiv(m.columns(), columnsOfPart);
      try {
        pool.run(parts, this);
      } finally {
        this.m = null;
        this.out = null;
      }
    }

    @Override
    public void run(int part) {
      int from = part * columnsOfPart;
      int width = Math.min(columnsOfPart, m.columns() - from);
      for (int j = from; j < from + width; j++) {
        sums[j] = accumulate ? out.array()[out.offset() + j] : 0;
      }
      for (int row = 0; row < m.rows(); row += ROWS) {
        int count = Math.min(ROWS, m.rows() - row);
        int at = m.offset() + row * m.stride() + from;
        SimdSums.columns(m.array(), at, m.stride(), count, width, block, from);
        for (int j = from; j < from + width; j++) {
          sums[j] += block[j];
        }
      }
      for (int j = from; j < from + width; j++) {
        out.array()[out.offset() + j] = (float) sums[j];
      }
    }
  }

  /** What is computed row by row; a part is a few rows. */
  private static final class RowTask implements WorkerPool.Task {

    enum RowWise {
      SUM,
      LOG_SUM_EXP,
      SOFTMAX,
      CROSS_ENTROPY,
      CROSS_ENTROPY_PULLBACK
    }

    /** Elements of one part. */
    private static final int PART = 8 * 1024;

    private RowWise operation;
    private MatrixView x;
    private int rowsOfPart;

    /** Sums, losses or gradients of the losses: one for each row. */
    private Slice values;

    private Slice labels;
    private MatrixView out;
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
        values = null;
        labels = null;
        out = null;
      }
    }

    @Override
    public void run(int part) {
      int from = part * rowsOfPart;
      int to = (int) Math.min((part + 1L) * rowsOfPart, x.rows());
      if (operation != RowWise.SUM && SimdShortRows.fits(x)) {
        shortRows(from, to);
      } else {
        rows(part, from, to);
      }
    }

    private void shortRows(int from, int to) {
      SimdShortRows tile = SimdShortRows.ofThread();
      for (int row = from; row < to; row += SimdShortRows.ROWS) {
        tile.load(x, row, Math.min(SimdShortRows.ROWS, to - row));
        switch (operation) {
          case SUM -> throw new AssertionError("sums are taken row by row");
          case LOG_SUM_EXP -> tile.logSumExp(x, values);
          case SOFTMAX -> tile.softmax(out);
          case CROSS_ENTROPY -> tile.crossEntropy(labels, values);
          case CROSS_ENTROPY_PULLBACK -> tile.crossEntropyPullback(labels, values, out, accumulate);
        }
      }
    }

    private void rows(int part, int from, int to) {
      int lo = part * SimdSums.VIRTUAL_LANES;
      SimdSoftmax scratch = SimdSoftmax.ofThread();
      for (int row = from; row < to; row++) {
        int at = x.offset() + row * x.stride();
        switch (operation) {
          case SUM -> value(row, SimdSums.sum(x.array(), at, x.columns(), lanes, lo));
          case LOG_SUM_EXP -> logSumExp(row, at, scratch);
          case SOFTMAX -> softmax(row, at, scratch);
          case CROSS_ENTROPY -> crossEntropy(row, at, scratch);
          case CROSS_ENTROPY_PULLBACK -> crossEntropyPullback(row, at, scratch);
        }
      }
    }

    private void value(int row, double value) {
      values.array()[values.offset() + row] = (float) value;
    }

    private void logSumExp(int row, int at, SimdSoftmax scratch) {
      float max = SimdSoftmax.max(x.array(), at, x.columns());
      value(row, Float.isInfinite(max) ? max : max + logSum(at, max, scratch));
    }

    private void softmax(int row, int at, SimdSoftmax scratch) {
      float[] p = out.array();
      int to = out.offset() + row * out.stride();
      float max = SimdSoftmax.max(x.array(), at, x.columns());
      float inverse = (float) (1 / sumExp(at, max, scratch));
      scratch.scaledExp(x.array(), at, x.columns(), max, inverse, p, to, false);
    }

    private void crossEntropy(int row, int at, SimdSoftmax scratch) {
      float max = SimdSoftmax.max(x.array(), at, x.columns());
      double target = x.array()[at + label(row)];
      // The two large numbers first: their difference is exact.
      value(row, (max - target) + logSum(at, max, scratch));
    }

    private void crossEntropyPullback(int row, int at, SimdSoftmax scratch) {
      float[] d = out.array();
      int to = out.offset() + row * out.stride();
      int label = label(row);
      float dLoss = values.array()[values.offset() + row];
      float max = SimdSoftmax.max(x.array(), at, x.columns());
      float inverse = (float) (1 / sumExp(at, max, scratch));
      float old = accumulate ? d[to + label] : 0f;
      float p = FloatMath.exp(x.array()[at + label] - max) * inverse;
      float factor = inverse * dLoss;
      scratch.scaledExp(x.array(), at, x.columns(), max, factor, d, to, accumulate);
      d[to + label] = Math.fma(dLoss, p - 1f, old);
    }

    private int label(int row) {
      return (int) labels.array()[labels.offset() + row];
    }

    private double sumExp(int at, float max, SimdSoftmax scratch) {
      return scratch.sumExp(x.array(), at, x.columns(), max);
    }

    /** In StrictMath, so that every machine computes the same bits. */
    private double logSum(int at, float max, SimdSoftmax scratch) {
      return StrictMath.log(sumExp(at, max, scratch));
    }
  }
}
