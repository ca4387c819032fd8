package io.github.bmr4j.kernels;

/** Element by element as it is defined, in double and rounded once. */
final class ScalarElementwiseKernels implements ElementwiseKernels {

  @Override
  public void copy(Slice x, Slice y) {
    ElementwiseArguments.two("copy", "x", x, "y", y);
    for (int i = 0; i < y.length(); i++) {
      y.set(i, x.get(i));
    }
  }

  @Override
  public void fill(Slice y, float value) {
    for (int i = 0; i < y.length(); i++) {
      y.set(i, value);
    }
  }

  @Override
  public void add(Slice a, Slice b, Slice out) {
    ElementwiseArguments.three("add", "a", a, "b", b, "out", out);
    for (int i = 0; i < out.length(); i++) {
      out.set(i, a.get(i) + b.get(i));
    }
  }

  @Override
  public void subtract(Slice a, Slice b, Slice out) {
    ElementwiseArguments.three("subtract", "a", a, "b", b, "out", out);
    for (int i = 0; i < out.length(); i++) {
      out.set(i, a.get(i) - b.get(i));
    }
  }

  @Override
  public void multiply(Slice a, Slice b, Slice out) {
    ElementwiseArguments.three("multiply", "a", a, "b", b, "out", out);
    for (int i = 0; i < out.length(); i++) {
      out.set(i, a.get(i) * b.get(i));
    }
  }

  @Override
  public void divide(Slice a, Slice b, Slice out) {
    ElementwiseArguments.three("divide", "a", a, "b", b, "out", out);
    for (int i = 0; i < out.length(); i++) {
      out.set(i, a.get(i) / b.get(i));
    }
  }

  @Override
  public void scale(float alpha, Slice x, Slice y) {
    ElementwiseArguments.two("scale", "x", x, "y", y);
    for (int i = 0; i < y.length(); i++) {
      y.set(i, alpha * x.get(i));
    }
  }

  @Override
  public void addScaled(float alpha, Slice x, Slice y) {
    ElementwiseArguments.two("addScaled", "x", x, "y", y);
    for (int i = 0; i < y.length(); i++) {
      y.set(i, (float) (y.get(i) + (double) alpha * x.get(i)));
    }
  }

  @Override
  public void addProduct(Slice a, Slice b, Slice y) {
    ElementwiseArguments.three("addProduct", "a", a, "b", b, "y", y);
    for (int i = 0; i < y.length(); i++) {
      y.set(i, (float) (y.get(i) + (double) a.get(i) * b.get(i)));
    }
  }

  @Override
  public void apply(UnaryFunction f, Slice x, Slice y) {
    ElementwiseArguments.two("apply", "x", x, "y", y);
    for (int i = 0; i < y.length(); i++) {
      y.set(i, (float) ScalarMath.value(f, x.get(i)));
    }
  }

  @Override
  public void applyPullback(
      UnaryFunction f, Slice x, Slice y, Slice dy, Slice dx, boolean accumulate) {
    ElementwiseArguments.pullback(x, y, dy, dx);
    for (int i = 0; i < dx.length(); i++) {
      double gradient = ScalarMath.pullback(f, x.get(i), y.get(i), dy.get(i));
      dx.set(i, (float) (accumulate ? dx.get(i) + gradient : gradient));
    }
  }

  @Override
  public void addRow(Slice row, MatrixView m) {
    ElementwiseArguments.row(row, m);
    for (int i = 0; i < m.rows(); i++) {
      for (int j = 0; j < m.columns(); j++) {
        m.array()[m.offset() + i * m.stride() + j] += row.get(j);
      }
    }
  }
}
