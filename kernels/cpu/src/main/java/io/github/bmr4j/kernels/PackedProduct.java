package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.MatrixTiles.COLUMNS;
import static io.github.bmr4j.kernels.MatrixTiles.ROWS;

/**
 * Matrix products in the manner of GotoBLAS and BLIS (see {@link MatrixTiles}): k is cut into
 * blocks; for each, the factors are packed into panels that tiles read in order, and the tiles of
 * the output are computed from them.
 *
 * <p>A strip is a row of tiles, a panel of b a column of them. While a strip is computed, its panel
 * of a and a group of panels of b stay in the second-level cache. The blocks of k depend on k alone
 * and the parts of a task share no element of the output, so the result depends neither on the
 * parts nor on the threads.
 *
 * <p>Used while the pool's monitor is held. Scratch memory grows to what the largest product needed
 * and stays.
 */
final class PackedProduct {

  /**
   * Longest block of k. A panel of a is then 48 kB and comes from the second-level cache, which has
   * bandwidth to spare; each pass over the output that a shorter block adds costs more.
   */
  private static final int DEPTH = 1024;

  /** Most rows of a, and columns of b, that a thread has packed at a time: 4 MB and 8 MB. */
  private static final int PACKED_ROWS = 1024 / ROWS * ROWS;

  private static final int PACKED_COLUMNS = 2048;

  /** Panels of b in a group: 128 columns, half of a second-level cache of 1 MB. */
  private static final int GROUP = 128 / COLUMNS;

  /** Multiplications below which waking other threads costs more than it gains: some 5 µs. */
  static final long SMALL = 400_000;

  private final WorkerPool pool;
  private final WorkerPool.Task computing = this::computePart;
  private final Scratch[] scratch;

  private MatrixView a;
  private MatrixView b;
  private MatrixView c;
  private Epilogue epilogue;
  private Transposed transposed;

  /** Where the factors and the output of the pair at hand begin. */
  private int startOfA;

  private int startOfB;
  private int startOfC;

  /** Rows of its output. */
  private int height;

  /** The block at hand: rows from row0, columns from column0, k from k0. */
  private int row0;

  private int rows;
  private int column0;
  private int columns;
  private int k0;
  private int depth;
  private boolean first;
  private boolean last;

  /** Numbers of the blocks of a and b, in the order of their use. */
  private long blockOfA;

  private long blockOfB;

  /** Tiles of one part, and parts side by side. */
  private int partStrips;

  private int partPanels;
  private int partColumns;

  /** What one thread has for itself. */
  private static final class Scratch {
    final PackedPanels left = new PackedPanels(ROWS);
    final PackedPanels right = new PackedPanels(COLUMNS);
    final float[] tile = new float[ROWS * COLUMNS];
  }

  PackedProduct(WorkerPool pool) {
    this.pool = pool;
    scratch = new Scratch[pool.threads()];
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] = new Scratch();
    }
  }

  /**
   * Computes c = epilogue(a b) for one of the pairs of {@link MatrixKernels#multiplyPairs}.
   *
   * @param pair its number, from 0
   */
  void compute(
      int pair,
      int pairs,
      Transposed transposed,
      MatrixView a,
      MatrixView b,
      MatrixView c,
      Epilogue epilogue) {
    compute(
        transposed,
        a,
        start(a, pair, pairs),
        b,
        start(b, pair, pairs),
        c,
        start(c, pair, pairs),
        c.rows() / pairs,
        c.columns(),
        transposed.inner(a, pairs),
        epilogue);
  }

  /**
   * Computes c = epilogue(a b) for parts of matrices.
   *
   * @param startOfA index of the first element of a's part in its array; likewise of b and c
   * @param height rows of c's part
   * @param width its columns
   * @param inner steps of k
   */
  void compute(
      Transposed transposed,
      MatrixView a,
      int startOfA,
      MatrixView b,
      int startOfB,
      MatrixView c,
      int startOfC,
      int height,
      int width,
      int inner,
      Epilogue epilogue) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.epilogue = epilogue;
    this.transposed = transposed;
    this.startOfA = startOfA;
    this.startOfB = startOfB;
    this.startOfC = startOfC;
    this.height = height;
    int step = blockOf(inner);
    try {
      for (column0 = 0; column0 < width; column0 += PACKED_COLUMNS) {
        columns = Math.min(PACKED_COLUMNS, width - column0);
        k0 = 0;
        do {
          depth = Math.min(step, inner - k0);
          first = k0 == 0;
          last = k0 + depth == inner;
          blockOfB++;
          computeRows();
          k0 += depth;
        } while (k0 < inner);
      }
    } finally {
      // The arrays of a network that was closed should not live on here.
      this.a = null;
      this.b = null;
      this.c = null;
      this.epilogue = null;
    }
  }

  private static int start(MatrixView x, int pair, int pairs) {
    return x.offset() + x.rows() / pairs * pair * x.stride();
  }

  /** Length of the blocks of k, about equal ones: a function of k alone. */
  static int blockOf(int inner) {
    int blocks = Math.ceilDiv(inner, DEPTH);
    return blocks <= 1 ? inner : Math.ceilDiv(Math.ceilDiv(inner, blocks), 16) * 16;
  }

  private void computeRows() {
    for (row0 = 0; row0 < height; row0 += PACKED_ROWS) {
      rows = Math.min(PACKED_ROWS, height - row0);
      blockOfA++;
      pool.run(divide(), computing);
    }
  }

  /**
   * Cuts the block into parts along its longer side, so that each panel of that side is packed
   * once, and along the other only where that gives too few parts.
   */
  private int divide() {
    int strips = Math.ceilDiv(rows, ROWS);
    int panels = Math.ceilDiv(columns, COLUMNS);
    boolean alone = pool.threads() == 1 || (long) rows * columns * depth < SMALL;
    // Four for each thread: no thread then waits long for another at the end.
    int wanted = alone ? 1 : 4 * pool.threads();
    if (columns >= rows) {
      partPanels = Math.ceilDiv(panels, wanted);
      partStrips = Math.ceilDiv(strips, Math.ceilDiv(wanted, Math.ceilDiv(panels, partPanels)));
    } else {
      partStrips = Math.ceilDiv(strips, wanted);
      partPanels = Math.ceilDiv(panels, Math.ceilDiv(wanted, Math.ceilDiv(strips, partStrips)));
    }
    partColumns = Math.ceilDiv(panels, partPanels);
    return Math.ceilDiv(strips, partStrips) * partColumns;
  }

  private void computePart(int part) {
    int strips = Math.ceilDiv(rows, ROWS);
    int panels = Math.ceilDiv(columns, COLUMNS);
    int fromStrip = part / partColumns * partStrips;
    int toStrip = Math.min(strips, fromStrip + partStrips);
    int fromPanel = part % partColumns * partPanels;
    int toPanel = Math.min(panels, fromPanel + partPanels);
    Scratch mine = scratch[pool.worker()];
    mine.left.use(blockOfA, strips, depth);
    mine.right.use(blockOfB, panels, depth);
    for (int panel = fromPanel; panel < toPanel; panel += GROUP) {
      int toGroup = Math.min(toPanel, panel + GROUP);
      for (int strip = fromStrip; strip < toStrip; strip++) {
        computeStrip(mine, strip, panel, toGroup);
      }
    }
    if (last) {
      int fromRow = row0 + fromStrip * ROWS;
      int toRow = row0 + Math.min(rows, toStrip * ROWS);
      int width = Math.min(columns, toPanel * COLUMNS) - fromPanel * COLUMNS;
      int at = startOfC + column0 + fromPanel * COLUMNS;
      activate(epilogue.activation(), c, at, fromRow, toRow, width);
    }
  }

  private void computeStrip(Scratch mine, int strip, int fromPanel, int toPanel) {
    int row = row0 + strip * ROWS;
    int tileRows = Math.min(ROWS, row0 + rows - row);
    int left = mine.left.at(strip, a, startOfA, !transposed.left(), row, tileRows, k0, depth);
    float[] packedA = mine.left.array();
    float[] packedB = mine.right.array();
    for (int panel = fromPanel; panel < toPanel; panel++) {
      int column = column0 + panel * COLUMNS;
      int tileColumns = Math.min(COLUMNS, column0 + columns - column);
      int right =
          mine.right.at(panel, b, startOfB, transposed.right(), column, tileColumns, k0, depth);
      int at = startOfC + row * c.stride() + column;
      if (isPlain() && tileRows == ROWS && tileColumns == COLUMNS) {
        MatrixTiles.multiply(
            packedA, left, packedB, right, depth, COLUMNS, c.array(), at, c.stride());
      } else {
        MatrixTiles.multiply(
            packedA, left, packedB, right, depth, tileColumns, mine.tile, 0, COLUMNS);
        store(mine.tile, tileRows, tileColumns, at, column);
      }
    }
  }

  /** Whether this block's products are stored as they are. */
  private boolean isPlain() {
    boolean finishes =
        last && (epilogue.bias() != null || epilogue.activation() == UnaryFunction.RELU);
    return first && !epilogue.accumulate() && !finishes;
  }

  private void store(float[] tile, int tileRows, int tileColumns, int at, int column) {
    Slice bias = last ? epilogue.bias() : null;
    ProductStore.store(
        tile,
        0,
        COLUMNS,
        tileRows,
        tileColumns,
        c.array(),
        at,
        c.stride(),
        !first || epilogue.accumulate(),
        bias == null ? null : bias.array(),
        bias == null ? 0 : bias.offset() + column,
        last && epilogue.activation() == UnaryFunction.RELU);
  }

  /**
   * Applies the activations that the store does not, to a rectangle of the finished output.
   *
   * @param start of the rectangle's first column in row 0
   */
  static void activate(
      UnaryFunction f, MatrixView c, int start, int fromRow, int toRow, int width) {
    if (f == UnaryFunction.IDENTITY || f == UnaryFunction.RELU) {
      return;
    }
    for (int i = fromRow; i < toRow; i++) {
      int at = start + i * c.stride();
      SimdUnary.apply(f, c.array(), at, c.array(), at, width);
    }
  }
}
