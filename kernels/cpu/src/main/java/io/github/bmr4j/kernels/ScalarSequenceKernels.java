package io.github.bmr4j.kernels;

/** Plain loops in double: the specification. */
final class ScalarSequenceKernels implements SequenceKernels {

  @Override
  public void normalize(MatrixView x, Slice scale, Slice shift, float epsilon, MatrixView out) {
    SequenceArguments.normalize(x, scale, shift, epsilon, out);
    for (int i = 0; i < x.rows(); i++) {
      double mean = mean(x, i);
      double inverse = inverseDeviation(x, i, mean, epsilon);
      for (int j = 0; j < x.columns(); j++) {
        set(out, i, j, (x.get(i, j) - mean) * inverse * scale.get(j) + shift.get(j));
      }
    }
  }

  @Override
  public void normalizePullback(
      MatrixView x,
      Slice scale,
      float epsilon,
      MatrixView dOut,
      MatrixView dX,
      MatrixView products,
      boolean accumulate) {
    SequenceArguments.normalizePullback(x, scale, epsilon, dOut, dX, products);
    for (int i = 0; i < x.rows(); i++) {
      double mean = mean(x, i);
      double inverse = inverseDeviation(x, i, mean, epsilon);
      double ofMean = 0;
      double ofDeviation = 0;
      for (int j = 0; j < x.columns(); j++) {
        double normalized = (x.get(i, j) - mean) * inverse;
        double d = (double) dOut.get(i, j) * scale.get(j);
        ofMean += d;
        ofDeviation += d * normalized;
        set(products, i, j, dOut.get(i, j) * normalized);
      }
      ofMean /= x.columns();
      ofDeviation /= x.columns();
      for (int j = 0; j < x.columns(); j++) {
        double normalized = (x.get(i, j) - mean) * inverse;
        double d = (double) dOut.get(i, j) * scale.get(j);
        double share = inverse * (d - ofMean - normalized * ofDeviation);
        set(dX, i, j, accumulate ? dX.get(i, j) + share : share);
      }
    }
  }

  @Override
  public void softmaxPullback(MatrixView p, MatrixView dP, MatrixView dX, boolean accumulate) {
    SequenceArguments.softmaxPullback(p, dP, dX);
    for (int i = 0; i < p.rows(); i++) {
      double mean = 0;
      for (int j = 0; j < p.columns(); j++) {
        mean += (double) p.get(i, j) * dP.get(i, j);
      }
      for (int j = 0; j < p.columns(); j++) {
        double share = p.get(i, j) * (dP.get(i, j) - mean);
        set(dX, i, j, accumulate ? dX.get(i, j) + share : share);
      }
    }
  }

  @Override
  public void gatherRows(MatrixView table, Slice numbers, int first, MatrixView out) {
    TableRows.gather(table, numbers, first, out);
  }

  @Override
  public void permute(Permutation order, Slice x, Slice out, boolean accumulate) {
    SequenceArguments.permute(order, x, out);
    for (int i = 0; i < order.outermost(); i++) {
      order.part(i, x.array(), x.offset(), out.array(), out.offset(), accumulate);
    }
  }

  private static double mean(MatrixView x, int i) {
    double sum = 0;
    for (int j = 0; j < x.columns(); j++) {
      sum += x.get(i, j);
    }
    return sum / x.columns();
  }

  private static double inverseDeviation(MatrixView x, int i, double mean, float epsilon) {
    double sum = 0;
    for (int j = 0; j < x.columns(); j++) {
      double d = x.get(i, j) - mean;
      sum += d * d;
    }
    return 1 / Math.sqrt(sum / x.columns() + epsilon);
  }

  private static void set(MatrixView m, int i, int j, double value) {
    m.array()[m.offset() + i * m.stride() + j] = (float) value;
  }
}
