package io.github.bmr4j.engine.autodiff;

/** The operations on sequences in double, straight from their definitions. */
final class SequenceReference {

  private SequenceReference() {}

  static double[] normalize(double[] x, double[] scale, double[] shift) {
    int n = scale.length;
    double[] y = new double[x.length];
    for (int row = 0; row < x.length; row += n) {
      double sum = 0;
      double squares = 0;
      for (int j = 0; j < n; j++) {
        sum += x[row + j];
        squares += x[row + j] * x[row + j];
      }
      double mean = sum / n;
      double deviation = Math.sqrt(squares / n - mean * mean + 1e-5);
      for (int j = 0; j < n; j++) {
        y[row + j] = (x[row + j] - mean) / deviation * scale[j] + shift[j];
      }
    }
    return y;
  }

  static double[] softmax(double[] x, int n) {
    double[] y = new double[x.length];
    for (int row = 0; row < x.length; row += n) {
      double sum = 0;
      for (int j = 0; j < n; j++) {
        sum += Math.exp(x[row + j]);
      }
      for (int j = 0; j < n; j++) {
        y[row + j] = Math.exp(x[row + j]) / sum;
      }
    }
    return y;
  }

  /**
   * Queries, keys and values side by side, head by head; tokens of all examples below each other.
   */
  static double[] attention(double[] x, int examples, int tokens, int heads, int size) {
    int width = heads * size;
    double[] out = new double[examples * tokens * width];
    for (int pair = 0; pair < examples * heads; pair++) {
      int first = pair / heads * tokens;
      int column = pair % heads * size;
      double[][] parts = new double[3][tokens * size];
      for (int i = 0; i < tokens; i++) {
        for (int k = 0; k < size; k++) {
          for (int kind = 0; kind < 3; kind++) {
            parts[kind][i * size + k] = x[((first + i) * 3 + kind) * width + column + k];
          }
        }
      }
      double[] scores = product(parts[0], parts[1], 1, tokens, size, tokens, true);
      for (int i = 0; i < scores.length; i++) {
        scores[i] /= Math.sqrt(size);
      }
      double[] mixed = product(softmax(scores, tokens), parts[2], 1, tokens, tokens, size, false);
      for (int i = 0; i < tokens; i++) {
        System.arraycopy(mixed, i * size, out, (first + i) * width + column, size);
      }
    }
    return out;
  }

  static double[] product(
      double[] a, double[] b, int batch, int m, int k, int n, boolean transposed) {
    double[] c = new double[batch * m * n];
    for (int s = 0; s < batch; s++) {
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          for (int l = 0; l < k; l++) {
            double right = b[s * k * n + (transposed ? j * k + l : l * n + j)];
            c[(s * m + i) * n + j] += a[(s * m + i) * k + l] * right;
          }
        }
      }
    }
    return c;
  }
}
