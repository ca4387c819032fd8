package io.github.bmr4j.kernels;

/**
 * Matrix products on the CPU's vector units: {@link PackedProduct}, {@link ThinProduct} for few
 * rows. Of as many pairs as there are threads, or more, each is a packed product on one thread.
 */
final class SimdMatrixKernels implements MatrixKernels {

  private final WorkerPool pool;
  private final PackedProduct packed;
  private final ThinProduct thin;
  private final ProductTask task;

  SimdMatrixKernels(WorkerPool pool) {
    this.pool = pool;
    packed = new PackedProduct(pool);
    thin = new ThinProduct(pool);
    task = new ProductTask(pool);
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

  /** A product for each pair. */
  private static final class ProductTask extends PairTask {

    /** Of each thread. */
    private final PackedProduct[] products;

    private int pairs;
    private Transposed transposed;
    private MatrixView a;
    private MatrixView b;
    private MatrixView c;
    private Epilogue epilogue;

    ProductTask(WorkerPool pool) {
      super(pool);
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
      try {
        run(pairs, inner * c.rows() * c.columns());
      } finally {
        this.a = this.b = this.c = null;
        this.epilogue = null;
      }
    }

    @Override
    void run(int worker, int from, int to) {
      PackedProduct mine = products[worker];
      for (int pair = from; pair < to; pair++) {
        mine.compute(pair, pairs, transposed, a, b, c, epilogue);
      }
    }
  }
}
