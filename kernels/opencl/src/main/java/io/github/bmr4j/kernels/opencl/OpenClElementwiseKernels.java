package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.ElementwiseArguments;
import io.github.bmr4j.kernels.ElementwiseKernels;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.opencl.kernel.ArithmeticNumbers;

/** Element by element on the device, one work item each. */
final class OpenClElementwiseKernels implements ElementwiseKernels {

  private final Work work;
  private final Launch binary;
  private final Launch scale;
  private final Launch apply;
  private final Launch pullback;
  private final Launch addRow;

  OpenClElementwiseKernels(Work work) {
    this.work = work;
    binary = new Launch(work, "Binary", "@a, @b, @out, n, operation");
    scale = new Launch(work, "Scale", "alpha, @x, @y, n, accumulate");
    apply = new Launch(work, "Apply", "function, @x, @y, n");
    pullback = new Launch(work, "ApplyPullback", "function, @x, @y, @dy, @dx, n, accumulate");
    addRow = new Launch(work, "AddRow", "@row, #m, rows, columns");
  }

  @Override
  public void copy(Slice x, Slice y) {
    ElementwiseArguments.two("copy", "x", x, "y", y);
    synchronized (work.context()) {
      long from = work.memory().buffer(x.array());
      long to = work.memory().buffer(y.array());
      if (from != to || x.offset() != y.offset()) {
        work.context().copy(from, x.offset(), to, y.offset(), y.length());
      }
    }
  }

  @Override
  public void fill(Slice y, float value) {
    synchronized (work.context()) {
      work.context().fill(work.memory().buffer(y.array()), y.offset(), y.length(), value);
    }
  }

  @Override
  public void add(Slice a, Slice b, Slice out) {
    binary("add", ArithmeticNumbers.ADD, a, b, out);
  }

  @Override
  public void subtract(Slice a, Slice b, Slice out) {
    binary("subtract", ArithmeticNumbers.SUBTRACT, a, b, out);
  }

  @Override
  public void multiply(Slice a, Slice b, Slice out) {
    binary("multiply", ArithmeticNumbers.MULTIPLY, a, b, out);
  }

  @Override
  public void divide(Slice a, Slice b, Slice out) {
    binary("divide", ArithmeticNumbers.DIVIDE, a, b, out);
  }

  @Override
  public void addProduct(Slice a, Slice b, Slice y) {
    binary("addProduct", ArithmeticNumbers.ADD_PRODUCT, a, b, y);
  }

  private void binary(String name, int operation, Slice a, Slice b, Slice out) {
    ElementwiseArguments.three(name, "a", a, "b", b, "the output", out);
    synchronized (work.context()) {
      binary.start().slice(a).slice(b).slice(out).number(out.length()).number(operation);
      binary.run(out.length());
    }
  }

  @Override
  public void scale(float alpha, Slice x, Slice y) {
    ElementwiseArguments.two("scale", "x", x, "y", y);
    scaled(alpha, x, y, false);
  }

  @Override
  public void addScaled(float alpha, Slice x, Slice y) {
    ElementwiseArguments.two("addScaled", "x", x, "y", y);
    scaled(alpha, x, y, true);
  }

  private void scaled(float alpha, Slice x, Slice y, boolean accumulate) {
    synchronized (work.context()) {
      scale.start().number(alpha).slice(x).slice(y).number(y.length()).flag(accumulate);
      scale.run(y.length());
    }
  }

  @Override
  public void apply(UnaryFunction f, Slice x, Slice y) {
    ElementwiseArguments.two("apply", "x", x, "y", y);
    synchronized (work.context()) {
      apply.start().function(f).slice(x).slice(y).number(y.length()).run(y.length());
    }
  }

  @Override
  public void applyPullback(
      UnaryFunction f, Slice x, Slice y, Slice dy, Slice dx, boolean accumulate) {
    ElementwiseArguments.pullback(x, y, dy, dx);
    synchronized (work.context()) {
      pullback.start().function(f).slice(x).slice(y).slice(dy).slice(dx);
      pullback.number(dx.length()).flag(accumulate).run(dx.length());
    }
  }

  @Override
  public void addRow(Slice row, MatrixView m) {
    ElementwiseArguments.row(row, m);
    synchronized (work.context()) {
      addRow.start().slice(row).matrix(m).number(m.rows()).number(m.columns());
      addRow.run((long) m.rows() * m.columns());
    }
  }
}
