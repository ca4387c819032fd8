package io.github.bmr4j.kernels;

/** Reductions as they are defined: one loop each, added up in double. */
final class ScalarReductionKernels implements ReductionKernels {

  @Override
  public double sum(Slice x) {
    double sum = 0;
    for (int i = 0; i < x.length(); i++) {
      sum += x.get(i);
    }
    return sum;
  }

  @Override
  public double dot(Slice a, Slice b) {
    Checks.sameLength("dot", "a", a, "b", b);
    double sum = 0;
    for (int i = 0; i < a.length(); i++) {
      sum += (double) a.get(i) * b.get(i);
    }
    return sum;
  }

  @Override
  public void sumInto(Slice x, Slice out) {
    ReductionArguments.scalarOutput("sumInto", out);
    out.set(0, (float) sum(x));
  }

  @Override
  public void dotInto(Slice a, Slice b, Slice out) {
    ReductionArguments.scalarOutput("dotInto", out);
    out.set(0, (float) dot(a, b));
  }

  @Override
  public int firstNonFinite(Slice x) {
    for (int i = 0; i < x.length(); i++) {
      if (!Float.isFinite(x.get(i))) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public void rowSums(MatrixView m, Slice out) {
    ReductionArguments.perRow("rowSums", m, "out", out);
    for (int i = 0; i < m.rows(); i++) {
      double sum = 0;
      for (int j = 0; j < m.columns(); j++) {
        sum += m.get(i, j);
      }
      out.set(i, (float) sum);
    }
  }

  @Override
  public void columnSums(MatrixView m, Slice out, boolean accumulate) {
    ReductionArguments.perColumn("columnSums", m, "out", out);
    for (int j = 0; j < m.columns(); j++) {
      double sum = accumulate ? out.get(j) : 0;
      for (int i = 0; i < m.rows(); i++) {
        sum += m.get(i, j);
      }
      out.set(j, (float) sum);
    }
  }

  @Override
  public void logSumExp(MatrixView x, Slice out) {
    ReductionArguments.perRow("logSumExp", x, "out", out);
    for (int i = 0; i < x.rows(); i++) {
      out.set(i, (float) logSumExp(x, i));
    }
  }

  @Override
  public void softmax(MatrixView x, MatrixView out) {
    ReductionArguments.sameShape("softmax", "x", x, "out", out);
    for (int i = 0; i < x.rows(); i++) {
      double normaliser = logSumExp(x, i);
      for (int j = 0; j < x.columns(); j++) {
        set(out, i, j, Math.exp(x.get(i, j) - normaliser));
      }
    }
  }

  @Override
  public void softmaxCrossEntropy(MatrixView logits, Slice labels, Slice losses) {
    ReductionArguments.crossEntropy(logits, labels, losses);
    for (int i = 0; i < logits.rows(); i++) {
      losses.set(i, (float) (logSumExp(logits, i) - logits.get(i, (int) labels.get(i))));
    }
  }

  @Override
  public void softmaxCrossEntropyPullback(
      MatrixView logits, Slice labels, Slice dLosses, MatrixView dLogits, boolean accumulate) {
    ReductionArguments.crossEntropyPullback(logits, labels, dLosses, dLogits);
    for (int i = 0; i < logits.rows(); i++) {
      double normaliser = logSumExp(logits, i);
      for (int j = 0; j < logits.columns(); j++) {
        double target = j == (int) labels.get(i) ? 1 : 0;
        double d = dLosses.get(i) * (Math.exp(logits.get(i, j) - normaliser) - target);
        set(dLogits, i, j, accumulate ? dLogits.get(i, j) + d : d);
      }
    }
  }

  /** ln Σ exp of row i; an infinite maximum is the result itself. */
  private static double logSumExp(MatrixView x, int i) {
    double max = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < x.columns(); j++) {
      max = Math.max(max, x.get(i, j));
    }
    if (Double.isInfinite(max)) {
      return max;
    }
    double sum = 0;
    for (int j = 0; j < x.columns(); j++) {
      sum += Math.exp(x.get(i, j) - max);
    }
    return max + Math.log(sum);
  }

  private static void set(MatrixView m, int i, int j, double value) {
    m.array()[m.offset() + i * m.stride() + j] = (float) value;
  }
}
