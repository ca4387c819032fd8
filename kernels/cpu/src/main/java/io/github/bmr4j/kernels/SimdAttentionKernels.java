package io.github.bmr4j.kernels;

/**
 * Attention on vectors: all that belongs to one example and one head is done by one thread, one
 * thing after the other, while its scores stay in the first or second level cache.
 */
final class SimdAttentionKernels implements AttentionKernels {

  private final WorkerPool pool;
  private final HeadTask task;

  SimdAttentionKernels(WorkerPool pool) {
    this.pool = pool;
    task = new HeadTask(pool);
  }

  @Override
  public void attend(
      AttentionShape shape, MatrixView projections, MatrixView out, Slice normalizers) {
    AttentionArguments.attend(shape, projections, out, normalizers);
    synchronized (pool) {
      task.run(shape, projections, out, normalizers);
    }
  }

  @Override
  public void attendPullback(
      AttentionShape shape,
      MatrixView projections,
      MatrixView out,
      Slice normalizers,
      MatrixView dOut,
      MatrixView dProjections,
      boolean accumulate) {
    AttentionArguments.attendPullback(shape, projections, out, normalizers, dOut, dProjections);
    synchronized (pool) {
      task.dOut = dOut;
      task.dProjections = dProjections;
      task.epilogue = accumulate ? Epilogue.ACCUMULATE : Epilogue.STORE;
      task.run(shape, projections, out, normalizers);
    }
  }

  /** What one thread has for itself. */
  private static final class Scratch {
    final PackedProduct product = new PackedProduct(new WorkerPool(1));
    final float[] lanes = new float[SimdSums.VIRTUAL_LANES];
    AttentionTile tile = new AttentionTile(1);
  }

  /** The heads of all examples; with gradients of the result the pullback. */
  private static final class HeadTask extends PairTask {

    /** Elements of a cache line. */
    private static final int CACHE_LINE = 16;

    private final Scratch[] scratch;
    private AttentionShape shape;
    private MatrixView projections;
    private MatrixView out;
    private Slice normalizers;
    private MatrixView dOut;
    private MatrixView dProjections;
    private Epilogue epilogue;

    HeadTask(WorkerPool pool) {
      super(pool);
      scratch = new Scratch[pool.threads()];
      for (int i = 0; i < scratch.length; i++) {
        scratch[i] = new Scratch();
      }
    }

    void run(AttentionShape shape, MatrixView projections, MatrixView out, Slice normalizers) {
      this.shape = shape;
      this.projections = projections;
      this.out = out;
      this.normalizers = normalizers;
      long scores = (long) shape.pairs() * shape.tokens() * shape.tokens();
      try {
        run(shape.pairs(), scores * shape.size());
      } finally {
        this.projections = this.out = dOut = dProjections = null;
        this.normalizers = null;
      }
    }

    @Override
    void run(int worker, int from, int to) {
      Scratch mine = scratch[worker];
      if (mine.tile.tokens() != shape.tokens()) {
        mine.tile = new AttentionTile(shape.tokens());
      }
      for (int pair = from; pair < to; pair++) {
        if (pair == from || pair % shape.heads() == 0) {
          bring(mine, pair / shape.heads());
        }
        if (dOut == null) {
          forward(mine, pair);
        } else {
          pullback(mine, pair);
        }
      }
    }

    /**
     * Reads an example from memory in one go. Its heads lie in pieces of each row, which would come
     * one by one, each waited for.
     */
    private void bring(Scratch mine, int example) {
      float sum = lines(projections, example);
      if (dOut != null) {
        sum += lines(out, example) + lines(dOut, example);
      }
      // The sum is not used, but without a store the compiler leaves the reads out.
      mine.lanes[0] = sum;
    }

    /** Something of each cache line of an example. */
    private float lines(MatrixView m, int example) {
      float[] array = m.array();
      int from = m.offset() + example * shape.tokens() * m.stride();
      int to = from + (shape.tokens() - 1) * m.stride() + m.columns();
      float sum = 0;
      for (int i = from; i < to; i += CACHE_LINE) {
        sum += array[i];
      }
      return sum;
    }

    private void forward(Scratch mine, int pair) {
      AttentionTile tile = mine.tile;
      scores(mine, pair);
      tile.normalize(shape.scale(), normalizers, normalizers(pair));
      int values = part(projections, pair, 2);
      int to = start(out, pair);
      // The tile has the transposed weights.
      Epilogue store = Epilogue.STORE;
      product(mine, Transposed.LEFT, tile.scores(), 0, projections, values, out, to, store);
    }

    private void pullback(Scratch mine, int pair) {
      AttentionTile tile = mine.tile;
      MatrixView x = projections;
      MatrixView dX = dProjections;
      int given = start(dOut, pair);
      int queries = part(x, pair, 0);
      int keys = part(x, pair, 1);
      int values = part(x, pair, 2);
      scores(mine, pair);
      tile.weigh(shape.scale(), normalizers, normalizers(pair));
      MatrixView p = tile.scores();
      MatrixView d = tile.gradients();
      product(mine, Transposed.NONE, p, 0, dOut, given, dX, part(dX, pair, 2), epilogue);
      product(mine, Transposed.RIGHT, x, values, dOut, given, d, 0, Epilogue.STORE);
      means(mine, pair);
      tile.pullback(shape.scale());
      product(mine, Transposed.LEFT, d, 0, x, keys, dX, part(dX, pair, 0), epilogue);
      product(mine, Transposed.NONE, d, 0, x, queries, dX, part(dX, pair, 1), epilogue);
    }

    /** K Qᵀ. */
    private void scores(Scratch mine, int pair) {
      int keys = part(projections, pair, 1);
      int queries = part(projections, pair, 0);
      MatrixView to = mine.tile.scores();
      MatrixView x = projections;
      product(mine, Transposed.RIGHT, x, keys, x, queries, to, 0, Epilogue.STORE);
    }

    /** Σ_j P_ij dP_ij, which is the row of out times its gradient. */
    private void means(Scratch mine, int pair) {
      int size = shape.size();
      int o = start(out, pair);
      int g = start(dOut, pair);
      for (int i = 0; i < shape.tokens(); i++) {
        double mean = 0;
        for (int k = 0; k < size; k += SimdSums.BLOCK) {
          int count = Math.min(SimdSums.BLOCK, size - k);
          mean += SimdSums.blockDot(out.array(), o + k, dOut.array(), g + k, count, mine.lanes, 0);
        }
        mine.tile.setMean(i, (float) mean);
        o += out.stride();
        g += dOut.stride();
      }
    }

    /** A product of parts of matrices; with a transposed second one it gives scores. */
    private void product(
        Scratch mine,
        Transposed transposed,
        MatrixView a,
        int aFrom,
        MatrixView b,
        int bFrom,
        MatrixView c,
        int to,
        Epilogue epilogue) {
      int tokens = shape.tokens();
      int size = shape.size();
      boolean square = transposed.right();
      int width = square ? tokens : size;
      int inner = square ? size : tokens;
      mine.product.compute(transposed, a, aFrom, b, bFrom, c, to, tokens, width, inner, epilogue);
    }

    private int normalizers(int pair) {
      return AttentionShape.NORMALIZERS * pair * shape.tokens();
    }

    /** Where a pair's part of out or its gradient begins. */
    private int start(MatrixView m, int pair) {
      int row = pair / shape.heads() * shape.tokens();
      return m.offset() + row * m.stride() + pair % shape.heads() * shape.size();
    }

    /** Where a pair's queries (0), keys (1) or values (2) begin. */
    private int part(MatrixView m, int pair, int kind) {
      return start(m, pair) + kind * shape.width();
    }
  }
}
