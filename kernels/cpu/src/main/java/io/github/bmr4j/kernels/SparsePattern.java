package io.github.bmr4j.kernels;

/**
 * Which elements of a matrix are stored, in compressed rows (CSR): those of row i are numbers
 * {@code start(i)} to {@code start(i + 1) − 1}, in ascending order of their columns. The values lie
 * in a slice of their own, so that several matrices share one pattern. Immutable.
 */
public final class SparsePattern {

  private final int rows;
  private final int columns;
  private final int[] starts;
  private final int[] indices;

  private SparsePattern(int rows, int columns, int[] starts, int[] indices) {
    this.rows = rows;
    this.columns = columns;
    this.starts = starts;
    this.indices = indices;
  }

  /**
   * A pattern from its numbers, which are copied.
   *
   * @param rows of the matrix
   * @param columns of the matrix
   * @param starts rows + 1 numbers: 0, then for each row the number of elements up to its end
   * @param indices the column of each element, ascending in each row
   * @throws IllegalArgumentException if that is no pattern; names the first number that is wrong
   */
  public static SparsePattern of(int rows, int columns, int[] starts, int[] indices) {
    if (rows < 0 || columns < 0 || starts.length != rows + 1) {
      throw new IllegalArgumentException(
          "A pattern of "
              + rows
              + " x "
              + columns
              + " needs one start a row and the end, but has "
              + starts.length
              + " numbers");
    }
    if (starts[0] != 0 || starts[rows] != indices.length) {
      throw new IllegalArgumentException(
          "The starts of a pattern of "
              + indices.length
              + " elements must go from 0 to that number, but go from "
              + starts[0]
              + " to "
              + starts[rows]);
    }
    for (int row = 0; row < rows; row++) {
      if (starts[row + 1] < starts[row] || starts[row + 1] > indices.length) {
        throw new IllegalArgumentException(
            "The starts of a pattern must not fall, but row "
                + row
                + " goes from "
                + starts[row]
                + " to "
                + starts[row + 1]);
      }
      int least = 0;
      for (int p = starts[row]; p < starts[row + 1]; p++) {
        if (indices[p] < least || indices[p] >= columns) {
          throw new IllegalArgumentException(
              "Columns must ascend within a row and be below "
                  + columns
                  + ", but element "
                  + p
                  + " in row "
                  + row
                  + " has column "
                  + indices[p]);
        }
        least = indices[p] + 1;
      }
    }
    return new SparsePattern(rows, columns, starts.clone(), indices.clone());
  }

  /** The pattern of those elements of a matrix that are not 0. */
  public static SparsePattern ofNonZeros(MatrixView matrix) {
    int[] starts = new int[matrix.rows() + 1];
    for (int i = 0; i < matrix.rows(); i++) {
      starts[i + 1] = starts[i];
      for (int j = 0; j < matrix.columns(); j++) {
        starts[i + 1] += matrix.get(i, j) != 0 ? 1 : 0;
      }
    }
    int[] indices = new int[starts[matrix.rows()]];
    int p = 0;
    for (int i = 0; i < matrix.rows(); i++) {
      for (int j = 0; j < matrix.columns(); j++) {
        if (matrix.get(i, j) != 0) {
          indices[p] = j;
          p++;
        }
      }
    }
    return new SparsePattern(matrix.rows(), matrix.columns(), starts, indices);
  }

  /** The stored elements of a matrix, in their order. */
  public Slice gather(MatrixView matrix) {
    Checks.shape("gather", "matrix", matrix, rows, columns);
    float[] values = new float[count()];
    for (int i = 0; i < rows; i++) {
      for (int p = starts[i]; p < starts[i + 1]; p++) {
        values[p] = matrix.get(i, indices[p]);
      }
    }
    return Slice.of(values);
  }

  /** Rows of the matrix. */
  public int rows() {
    return rows;
  }

  /** Columns of the matrix. */
  public int columns() {
    return columns;
  }

  /** Stored elements. */
  public int count() {
    return indices.length;
  }

  /** Number of the first element of a row; for {@code rows()} the number of all elements. */
  public int start(int row) {
    return starts[row];
  }

  /** Column of an element. */
  public int column(int element) {
    return indices[element];
  }

  /** {@link #start} of all rows and the end, as a new array. */
  public int[] rowStarts() {
    return starts.clone();
  }

  /** {@link #column} of all elements, as a new array. */
  public int[] columnIndices() {
    return indices.clone();
  }

  /** {@link #start} of all rows; not a copy, so only for kernels. */
  int[] starts() {
    return starts;
  }

  /** {@link #column} of all elements; not a copy, so only for kernels. */
  int[] indices() {
    return indices;
  }

  @Override
  public String toString() {
    return "SparsePattern[" + rows + " x " + columns + ", " + count() + " elements]";
  }
}
