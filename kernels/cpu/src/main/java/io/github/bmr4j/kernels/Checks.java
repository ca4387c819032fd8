package io.github.bmr4j.kernels;

/**
 * The argument checks at the public face of every kernel: shapes that must agree, and outputs that
 * must not lie on inputs. A check that passes allocates nothing.
 */
public final class Checks {

  private Checks() {}

  /** Fails unless two slices have the same length. */
  public static void sameLength(String operation, String xName, Slice x, String yName, Slice y) {
    if (x.length() != y.length()) {
      throw new IllegalArgumentException(
          operation
              + ": all slices must have the same length, but "
              + xName
              + " has "
              + x.length()
              + " elements and "
              + yName
              + " has "
              + y.length());
    }
  }

  /** Fails unless a slice has the given length. */
  public static void length(String operation, String name, Slice x, int expected) {
    if (x.length() != expected) {
      throw new IllegalArgumentException(
          operation
              + ": "
              + name
              + " must have "
              + expected
              + " elements, but has "
              + x.length()
              + "; pass a slice of that length");
    }
  }

  /** Fails unless a matrix has the given shape. */
  public static void shape(String operation, String name, MatrixView x, int rows, int columns) {
    if (x.rows() != rows || x.columns() != columns) {
      throw new IllegalArgumentException(
          operation
              + ": "
              + name
              + " must be "
              + rows
              + " x "
              + columns
              + " to fit the other arguments, but is "
              + x.rows()
              + " x "
              + x.columns());
    }
  }

  /** Fails if two slices share elements. */
  public static void disjoint(String operation, String xName, Slice x, String yName, Slice y) {
    if (oneArray(x.array(), y.array())
        && x.offset() < y.offset() + y.length()
        && y.offset() < x.offset() + x.length()) {
      throw overlap(operation, xName, x, yName, y);
    }
  }

  /** Fails if two slices share some elements but are not the same run. */
  public static void sameOrDisjoint(
      String operation, String xName, Slice x, String yName, Slice y) {
    if (x.offset() != y.offset() || x.length() != y.length()) {
      disjoint(operation, xName, x, yName, y);
    }
  }

  /**
   * Fails if two matrices share elements. Blocks of columns of one larger matrix are told apart;
   * matrices of different strides in one array must not overlap as ranges.
   */
  public static void disjoint(
      String operation, String xName, MatrixView x, String yName, MatrixView y) {
    if (!oneArray(x.array(), y.array())) {
      return;
    }
    long xEnd = x.offset() + extent(x);
    long yEnd = y.offset() + extent(y);
    if (x.offset() >= yEnd || y.offset() >= xEnd) {
      return;
    }
    if (x.stride() == y.stride()) {
      int between = Math.floorMod(y.offset() - x.offset(), x.stride());
      if (between >= x.columns() && between + y.columns() <= x.stride()) {
        return;
      }
    }
    throw overlap(operation, xName, x, yName, y);
  }

  @SuppressWarnings("ReferenceEquality") // storage, not content
  private static boolean oneArray(float[] x, float[] y) {
    return x == y;
  }

  /** Fails if a slice and a matrix share elements; allocates only where that looks possible. */
  public static void disjoint(String operation, String xName, Slice x, String yName, MatrixView y) {
    if (oneArray(x.array(), y.array())
        && x.offset() < y.offset() + extent(y)
        && y.offset() < x.offset() + x.length()) {
      disjoint(operation, xName, x.asMatrix(1, x.length()), yName, y);
    }
  }

  /** Number of elements from the first to the last of a matrix, gaps included. */
  private static long extent(MatrixView x) {
    boolean empty = x.rows() == 0 || x.columns() == 0;
    return empty ? 0 : (long) (x.rows() - 1) * x.stride() + x.columns();
  }

  private static IllegalArgumentException overlap(
      String operation, String xName, Object x, String yName, Object y) {
    return new IllegalArgumentException(
        operation
            + ": "
            + xName
            + " and "
            + yName
            + " must not share elements, but "
            + x
            + " and "
            + y
            + " overlap in one array; give the output memory of its own");
  }

  /** Fails unless the matrices fit as {@link MatrixKernels#multiplyPairs} says. */
  public static void product(
      int pairs,
      Transposed transposed,
      MatrixView a,
      MatrixView b,
      MatrixView c,
      Epilogue epilogue) {
    String operation = pairs == 1 ? transposed.operation() : "multiplyPairs";
    if (pairs < 1) {
      throw new IllegalArgumentException(
          operation + ": there must be at least 1 pair, but there are " + pairs);
    }
    wholePairs(operation, "a", a, pairs);
    wholePairs(operation, "b", b, pairs);
    wholePairs(operation, "c", c, pairs);
    int aRows = a.rows() / pairs;
    int bRows = b.rows() / pairs;
    int m = transposed.left() ? a.columns() : aRows;
    int k = transposed.inner(a, pairs);
    int n = transposed.right() ? bRows : b.columns();
    int bInner = transposed.right() ? b.columns() : bRows;
    if (k != bInner) {
      throw new IllegalArgumentException(
          operation
              + ": the inner dimensions must agree, but are "
              + k
              + " (a is "
              + aRows
              + " x "
              + a.columns()
              + ") and "
              + bInner
              + " (b is "
              + bRows
              + " x "
              + b.columns()
              + ")");
    }
    shape(operation, "c", c, pairs * m, n);
    if (epilogue.bias() != null) {
      length(operation, "bias", epilogue.bias(), n);
    }
    disjoint(operation, "a", a, "c", c);
    disjoint(operation, "b", b, "c", c);
  }

  private static void wholePairs(String operation, String name, MatrixView x, int pairs) {
    if (x.rows() % pairs != 0) {
      throw new IllegalArgumentException(
          operation
              + ": the rows of "
              + name
              + " must be a multiple of the pairs, but are "
              + x.rows()
              + " for "
              + pairs);
    }
  }
}
