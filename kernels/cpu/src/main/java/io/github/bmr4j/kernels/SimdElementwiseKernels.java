package io.github.bmr4j.kernels;

import java.util.Arrays;

/**
 * Element by element on vectors, in parts of fixed size. No element's value depends on where it
 * lies in a vector or in a part, so neither threads nor width change a bit.
 */
final class SimdElementwiseKernels implements ElementwiseKernels {

  /** Elements of one part: large beside the cost of handing it to another thread. */
  private static final int PART = 16 * 1024;

  private final WorkerPool pool;
  private final Task task = new Task();

  SimdElementwiseKernels(WorkerPool pool) {
    this.pool = pool;
  }

  private enum Operation {
    COPY,
    FILL,
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    SCALE,
    ADD_SCALED,
    ADD_PRODUCT,
    APPLY,
    PULLBACK,
    ADD_ROW
  }

  @Override
  public void copy(Slice x, Slice y) {
    ElementwiseArguments.two("copy", "x", x, "y", y);
    synchronized (pool) {
      task.inputs(x, x, x);
      task.run(pool, Operation.COPY, y);
    }
  }

  @Override
  public void fill(Slice y, float value) {
    synchronized (pool) {
      task.inputs(y, y, y);
      task.alpha = value;
      task.run(pool, Operation.FILL, y);
    }
  }

  @Override
  public void add(Slice a, Slice b, Slice out) {
    ElementwiseArguments.three("add", "a", a, "b", b, "out", out);
    arithmetic(Operation.ADD, a, b, out);
  }

  @Override
  public void subtract(Slice a, Slice b, Slice out) {
    ElementwiseArguments.three("subtract", "a", a, "b", b, "out", out);
    arithmetic(Operation.SUBTRACT, a, b, out);
  }

  @Override
  public void multiply(Slice a, Slice b, Slice out) {
    ElementwiseArguments.three("multiply", "a", a, "b", b, "out", out);
    arithmetic(Operation.MULTIPLY, a, b, out);
  }

  @Override
  public void divide(Slice a, Slice b, Slice out) {
    ElementwiseArguments.three("divide", "a", a, "b", b, "out", out);
    arithmetic(Operation.DIVIDE, a, b, out);
  }

  @Override
  public void addProduct(Slice a, Slice b, Slice y) {
    ElementwiseArguments.three("addProduct", "a", a, "b", b, "y", y);
    arithmetic(Operation.ADD_PRODUCT, a, b, y);
  }

  private void arithmetic(Operation operation, Slice a, Slice b, Slice out) {
    synchronized (pool) {
      task.inputs(a, b, b);
      task.run(pool, operation, out);
    }
  }

  @Override
  public void scale(float alpha, Slice x, Slice y) {
    ElementwiseArguments.two("scale", "x", x, "y", y);
    synchronized (pool) {
      task.inputs(x, x, x);
      task.alpha = alpha;
      task.run(pool, Operation.SCALE, y);
    }
  }

  @Override
  public void addScaled(float alpha, Slice x, Slice y) {
    ElementwiseArguments.two("addScaled", "x", x, "y", y);
    synchronized (pool) {
      task.inputs(x, x, x);
      task.alpha = alpha;
      task.run(pool, Operation.ADD_SCALED, y);
    }
  }

  @Override
  public void apply(UnaryFunction f, Slice x, Slice y) {
    ElementwiseArguments.two("apply", "x", x, "y", y);
    synchronized (pool) {
      task.inputs(x, x, x);
      task.function = f;
      task.run(pool, Operation.APPLY, y);
    }
  }

  @Override
  public void applyPullback(
      UnaryFunction f, Slice x, Slice y, Slice dy, Slice dx, boolean accumulate) {
    ElementwiseArguments.pullback(x, y, dy, dx);
    synchronized (pool) {
      task.inputs(x, y, dy);
      task.function = f;
      task.accumulate = accumulate;
      task.run(pool, Operation.PULLBACK, dx);
    }
  }

  @Override
  public void addRow(Slice row, MatrixView m) {
    ElementwiseArguments.row(row, m);
    if (m.rows() == 0 || m.columns() == 0) {
      return;
    }
    synchronized (pool) {
      task.inputs(row, row, row);
      task.matrix = m;
      task.run(pool, Operation.ADD_ROW, m.rows(), Math.max(1, PART / m.columns()));
    }
  }

  /** One operation, filled in by whoever holds the pool's monitor. */
  private static final class Task implements WorkerPool.Task {

    private Operation operation;
    private UnaryFunction function;
    private float alpha;
    private boolean accumulate;
    private Slice a;
    private Slice b;
    private Slice c;
    private Slice out;
    private MatrixView matrix;

    /** Elements, or rows, of all and of a part. */
    private int length;

    private int partLength;

    void inputs(Slice first, Slice second, Slice third) {
      a = first;
      b = second;
      c = third;
    }

    void run(WorkerPool pool, Operation operation, Slice out) {
      this.out = out;
      run(pool, operation, out.length(), PART);
    }

    void run(WorkerPool pool, Operation operation, int length, int partLength) {
      this.operation = operation;
      this.length = length;
      this.partLength = partLength;
      try {
        pool.run(Math.ceilDiv(length, partLength), this);
      } finally {
        // A back end outlives its arrays.
        a = null;
        b = null;
        c = null;
        out = null;
        matrix = null;
      }
    }

    @Override
    public void run(int part) {
      int from = part * partLength;
      int n = Math.min(partLength, length - from);
      if (operation == Operation.ADD_ROW) {
        addRow(from, n);
      } else {
        run(from, n);
      }
    }

    private void addRow(int from, int rows) {
      float[] m = matrix.array();
      for (int i = from; i < from + rows; i++) {
        int at = matrix.offset() + i * matrix.stride();
        SimdArithmetic.add(m, at, a.array(), a.offset(), m, at, matrix.columns());
      }
    }

    private void run(int from, int n) {
      float[] x = a.array();
      float[] y = b.array();
      float[] z = out.array();
      int xo = a.offset() + from;
      int yo = b.offset() + from;
      int zo = out.offset() + from;
      switch (operation) {
        case COPY -> System.arraycopy(x, xo, z, zo, n);
        case FILL -> Arrays.fill(z, zo, zo + n, alpha);
        case ADD -> SimdArithmetic.add(x, xo, y, yo, z, zo, n);
        case SUBTRACT -> SimdArithmetic.subtract(x, xo, y, yo, z, zo, n);
        case MULTIPLY -> SimdArithmetic.multiply(x, xo, y, yo, z, zo, n);
        case DIVIDE -> SimdArithmetic.divide(x, xo, y, yo, z, zo, n);
        case SCALE -> SimdArithmetic.scale(alpha, x, xo, z, zo, n);
        case ADD_SCALED -> SimdArithmetic.addScaled(alpha, x, xo, z, zo, n);
        case ADD_PRODUCT -> SimdArithmetic.addProduct(x, xo, y, yo, z, zo, n);
        case APPLY -> SimdUnary.apply(function, x, xo, z, zo, n);
        case PULLBACK ->
            SimdUnary.pullback(
                function, x, xo, y, yo, c.array(), c.offset() + from, z, zo, n, accumulate);
        case ADD_ROW -> throw new AssertionError("rows are added one by one");
      }
    }
  }
}
