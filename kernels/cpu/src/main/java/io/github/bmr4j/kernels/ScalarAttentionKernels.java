package io.github.bmr4j.kernels;

/** Plain loops in double: the specification. */
final class ScalarAttentionKernels implements AttentionKernels {

  @Override
  public void attend(
      AttentionShape shape, MatrixView projections, MatrixView out, Slice normalizers) {
    AttentionArguments.attend(shape, projections, out, normalizers);
    double[] weights = new double[shape.tokens()];
    for (int pair = 0; pair < shape.pairs(); pair++) {
      Pair of = new Pair(shape, pair);
      for (int i = 0; i < shape.tokens(); i++) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < shape.tokens(); j++) {
          weights[j] = of.score(projections, i, j);
          largest = Math.max(largest, weights[j]);
        }
        double sum = 0;
        for (int j = 0; j < shape.tokens(); j++) {
          weights[j] = Math.exp(weights[j] - largest);
          sum += weights[j];
        }
        int at = AttentionShape.NORMALIZERS * pair * shape.tokens() + i;
        normalizers.set(at, (float) largest);
        normalizers.set(at + shape.tokens(), (float) (1 / sum));
        for (int k = 0; k < shape.size(); k++) {
          double value = 0;
          for (int j = 0; j < shape.tokens(); j++) {
            value += weights[j] * of.get(projections, j, Pair.VALUES, k);
          }
          of.set(out, i, 0, k, value / sum, false);
        }
      }
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
    int n = shape.tokens();
    double[][] weights = new double[n][n];
    double[][] dScores = new double[n][n];
    for (int pair = 0; pair < shape.pairs(); pair++) {
      Pair of = new Pair(shape, pair);
      for (int i = 0; i < n; i++) {
        int at = AttentionShape.NORMALIZERS * pair * n + i;
        double mean = 0;
        for (int k = 0; k < shape.size(); k++) {
          mean += of.get(dOut, i, 0, k) * of.get(out, i, 0, k);
        }
        for (int j = 0; j < n; j++) {
          double score = of.score(projections, i, j);
          weights[i][j] = Math.exp(score - normalizers.get(at)) * normalizers.get(at + n);
          double dWeight = 0;
          for (int k = 0; k < shape.size(); k++) {
            dWeight += of.get(dOut, i, 0, k) * of.get(projections, j, Pair.VALUES, k);
          }
          dScores[i][j] = weights[i][j] * (dWeight - mean) * shape.scale();
        }
      }
      for (int i = 0; i < n; i++) {
        for (int k = 0; k < shape.size(); k++) {
          double dQuery = 0;
          double dKey = 0;
          double dValue = 0;
          for (int j = 0; j < n; j++) {
            dQuery += dScores[i][j] * of.get(projections, j, Pair.KEYS, k);
            dKey += dScores[j][i] * of.get(projections, j, Pair.QUERIES, k);
            dValue += weights[j][i] * of.get(dOut, j, 0, k);
          }
          of.set(dProjections, i, Pair.QUERIES, k, dQuery, accumulate);
          of.set(dProjections, i, Pair.KEYS, k, dKey, accumulate);
          of.set(dProjections, i, Pair.VALUES, k, dValue, accumulate);
        }
      }
    }
  }

  /** The rows and columns of one example and one head. */
  private record Pair(AttentionShape shape, int pair) {

    static final int QUERIES = 0;
    static final int KEYS = 1;
    static final int VALUES = 2;

    /** Element k of a token's query, key or value; of a matrix that has only one kind, kind 0. */
    double get(MatrixView m, int token, int kind, int k) {
      return m.array()[at(m, token, kind, k)];
    }

    void set(MatrixView m, int token, int kind, int k, double value, boolean accumulate) {
      int at = at(m, token, kind, k);
      m.array()[at] = (float) (accumulate ? m.array()[at] + value : value);
    }

    double score(MatrixView projections, int i, int j) {
      double sum = 0;
      for (int k = 0; k < shape.size(); k++) {
        sum += get(projections, i, QUERIES, k) * get(projections, j, KEYS, k);
      }
      return sum * shape.scale();
    }

    private int at(MatrixView m, int token, int kind, int k) {
      int row = pair / shape.heads() * shape.tokens() + token;
      int column = kind * shape.width() + pair % shape.heads() * shape.size() + k;
      return m.offset() + row * m.stride() + column;
    }
  }
}
