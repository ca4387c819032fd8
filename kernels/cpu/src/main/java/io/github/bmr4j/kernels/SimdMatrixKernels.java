package io.github.bmr4j.kernels;

/**
 * Matrix products on the CPU's vector units: {@link PackedProduct}, {@link ThinProduct} for few
 * rows. Of as many pairs as there are threads, or more, each is a packed product on one thread.
 */
final class SimdMatrixKernels implements MatrixKernels {

  private final WorkerPool pool;
  private final PackedProduct packed;
  private final ThinProduct thin;
  private final PairTask task;

  SimdMatrixKernels(WorkerPool pool) {
    this.pool = pool;
    packed = new PackedProduct(pool);
    thin = new ThinProduct(pool);
    task = new PairTask(pool);
  }

  @Override
  public void multiplyPairs(
      int pairs,
      Transposed transposed,
      MatrixView a,
      MatrixView b,
      MatrixView c,
      Epilogue epilogue) {
    Checks.product(pairs, transposed, a, b, c, epilogue);
    if (c.rows() == 0 || c.columns() == 0) {
      return;
    }
    synchronized (pool) {
      if (pairs == 1 && c.rows() <= ThinProduct.MOST_ROWS) {
        thin.compute(a, transposed, b, c, epilogue);
      } else if (pairs > 1 && pairs >= pool.threads()) {
        task.run(pairs, transposed, a, b, c, epilogue);
      } else {
        for (int pair = 0; pair < pairs; pair++) {
          packed.compute(pair, pairs, transposed, a, b, c, epilogue);
        }
      }
    }
  }

  /** The pairs in runs, a few for each thread. */
  private static final class PairTask implements WorkerPool.Task {

    private final WorkerPool pool;

    /** Of each thread. */
    private final PackedProduct[] products;

    private int parts;
    private int pairs;
    private Transposed transposed;
    private MatrixView a;
    private MatrixView b;
    private MatrixView c;
    private Epilogue epilogue;

    PairTask(WorkerPool pool) {
      this.pool = pool;
      products = new PackedProduct[pool.threads()];
      for (int i = 0; i < products.length; i++) {
        products[i] = new PackedProduct(new WorkerPool(1));
      }
    }

    void run(
        int pairs,
        Transposed transposed,
        MatrixView a,
        MatrixView b,
        MatrixView c,
        Epilogue epilogue) {
      this.pairs = pairs;
      this.transposed = transposed;
      this.a = a;
      this.b = b;
      this.c = c;
      this.epilogue = epilogue;
      long inner = transposed.inner(a, pairs);
      boolean alone = inner * c.rows() * c.columns() < PackedProduct.SMALL;
      parts = alone ? 1 : Math.min(pairs, 4 * pool.threads());
      try {
        pool.run(parts, this);
      } finally {
        this.a = this.b = this.c = null;
        this.epilogue = null;
      }
    }

    @Override
    public void run(int part) {
      PackedProduct mine = products[pool.worker()];
      int to = (int) ((part + 1L) * pairs / parts);
      for (int pair = (int) ((long) part * pairs / parts); pair < to; pair++) {
        mine.compute(pair, pairs, transposed, a, b, c, epilogue);
      }
    }
  }
}
