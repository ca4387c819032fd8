package io.github.bmr4j.engine.reduction;

/**
 * The little dense linear algebra that reductions need, on double[row][column]: for matrices of the
 * size of one row of weights, not for speed.
 */
final class Dense {

  private Dense() {}

  /** Largest asymmetry that counts as rounding, relative to the diagonal. */
  private static final double ASYMMETRY = 1e-9;

  private static final int JACOBI_SWEEPS = 60;

  /** The eigenvalues and, in the columns of vectors, the eigenvectors of a symmetric matrix. */
  record Eigen(double[] values, double[][] vectors) {}

  /** Throws unless the matrix has the given shape and finite entries. */
  static void checkShape(String name, double[][] matrix, int rows, int columns) {
    ReductionArguments.length(name + " (rows)", matrix.length, rows);
    for (int i = 0; i < rows; i++) {
      ReductionArguments.length(name + "[" + i + "]", matrix[i].length, columns);
      ReductionArguments.finite(name + "[" + i + "]", matrix[i]);
    }
  }

  /** Throws unless the matrix is square, finite and symmetric. */
  static void checkSymmetric(String name, double[][] matrix, int size) {
    checkShape(name, matrix, size, size);
    for (int i = 0; i < size; i++) {
      for (int k = 0; k < i; k++) {
        double scale = Math.sqrt(Math.abs(matrix[i][i]) * Math.abs(matrix[k][k]));
        if (Math.abs(matrix[i][k] - matrix[k][i]) > ASYMMETRY * scale) {
          throw new IllegalArgumentException(
              name
                  + " must be symmetric, but ["
                  + i
                  + "]["
                  + k
                  + "] = "
                  + matrix[i][k]
                  + " and ["
                  + k
                  + "]["
                  + i
                  + "] = "
                  + matrix[k][i]);
        }
      }
    }
  }

  /**
   * The lower triangle L with LLᵀ = matrix, from its lower triangle.
   *
   * @throws IllegalArgumentException naming the pivot, if the matrix is not positive definite
   */
  static double[][] cholesky(String name, double[][] matrix) {
    int n = matrix.length;
    double[][] lower = new double[n][n];
    for (int j = 0; j < n; j++) {
      double pivot = matrix[j][j];
      for (int k = 0; k < j; k++) {
        pivot -= lower[j][k] * lower[j][k];
      }
      if (!(pivot > 0 && pivot < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            name + " must be positive definite, but pivot " + j + " of its factor is " + pivot);
      }
      lower[j][j] = Math.sqrt(pivot);
      for (int i = j + 1; i < n; i++) {
        double sum = matrix[i][j];
        for (int k = 0; k < j; k++) {
          sum -= lower[i][k] * lower[j][k];
        }
        lower[i][j] = sum / lower[j][j];
      }
    }
    return lower;
  }

  /** The log determinant of LLᵀ. */
  static double logDeterminant(double[][] lower) {
    double sum = 0;
    for (int i = 0; i < lower.length; i++) {
      sum += 2 * Math.log(lower[i][i]);
    }
    return sum;
  }

  /** The solution x of LLᵀx = b. */
  static double[] solve(double[][] lower, double[] b) {
    int n = lower.length;
    double[] x = b.clone();
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < i; k++) {
        x[i] -= lower[i][k] * x[k];
      }
      x[i] /= lower[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) {
        x[i] -= lower[k][i] * x[k];
      }
      x[i] /= lower[i][i];
    }
    return x;
  }

  /** The product of a matrix and a vector. */
  static double[] multiply(double[][] matrix, double[] vector) {
    double[] product = new double[matrix.length];
    for (int i = 0; i < product.length; i++) {
      for (int k = 0; k < vector.length; k++) {
        product[i] += matrix[i][k] * vector[k];
      }
    }
    return product;
  }

  /** Eigenvalues and eigenvectors of a symmetric matrix, by cyclic Jacobi rotations. */
  static Eigen eigen(double[][] symmetric) {
    int n = symmetric.length;
    double[][] a = new double[n][];
    double[][] vectors = new double[n][n];
    for (int i = 0; i < n; i++) {
      a[i] = symmetric[i].clone();
      vectors[i][i] = 1;
    }
    for (int sweep = 0; sweep < JACOBI_SWEEPS; sweep++) {
      boolean rotated = false;
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          rotated |= rotate(a, vectors, p, q);
        }
      }
      if (!rotated) {
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
          values[i] = a[i][i];
        }
        return new Eigen(values, vectors);
      }
    }
    throw new IllegalArgumentException(
        "Jacobi's method did not settle in "
            + JACOBI_SWEEPS
            + " sweeps of a "
            + n
            + " by "
            + n
            + " matrix; it is not symmetric and finite");
  }

  /** Zeroes a[p][q] by a plane rotation; false if it is zero to rounding already. */
  private static boolean rotate(double[][] a, double[][] vectors, int p, int q) {
    double off = a[p][q];
    // Relative to both diagonal entries, which keeps the digits of small eigenvalues.
    if (Math.abs(off) <= 0x1p-54 * Math.sqrt(Math.abs(a[p][p]) * Math.abs(a[q][q]))) {
      return false;
    }
    double theta = (a[q][q] - a[p][p]) / (2 * off);
    double tangent = Math.copySign(1, theta) / (Math.abs(theta) + Math.hypot(1, theta));
    double cosine = 1 / Math.hypot(1, tangent);
    double sine = tangent * cosine;
    a[p][p] -= tangent * off;
    a[q][q] += tangent * off;
    a[p][q] = 0;
    a[q][p] = 0;
    for (int k = 0; k < a.length; k++) {
      if (k != p && k != q) {
        double x = a[k][p];
        double y = a[k][q];
        a[k][p] = cosine * x - sine * y;
        a[k][q] = sine * x + cosine * y;
        a[p][k] = a[k][p];
        a[q][k] = a[k][q];
      }
      double x = vectors[k][p];
      double y = vectors[k][q];
      vectors[k][p] = cosine * x - sine * y;
      vectors[k][q] = sine * x + cosine * y;
    }
    return true;
  }
}
