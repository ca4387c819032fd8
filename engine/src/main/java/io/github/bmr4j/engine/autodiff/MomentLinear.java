package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.ElementwiseKernels;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;

/**
 * Mean and variance of y = x Wᵀ + b for independent inputs, weights and biases: E y = E x Mᵀ + m_b
 * and Var y = (Var x + (E x)²) Vᵀ + Var x (M²)ᵀ + v_b (variance backpropagation; Haußmann et al.
 * 2019, Beckers et al. 2024).
 *
 * <p>Random vectors are packed: [2 batch, n], the means in the first half of the rows and the
 * variances in the second.
 */
public final class MomentLinear extends Node {

  private static final int X = 0;
  private static final int MEANS = 1;
  private static final int VARIANCES = 2;
  private static final int SQUARED = 3;
  private static final int BIAS_MEANS = 4;
  private static final int BIAS_VARIANCES = 5;

  private final boolean bias;
  private final int batch;
  private final int in;
  private final int out;

  private MatrixHalves x;
  private MatrixHalves dx;
  private MatrixHalves y;
  private MatrixHalves dy;
  private Slice secondMoments;
  private Slice squares;
  private Slice work;
  private MatrixView secondMomentMatrix;
  private MatrixView squareMatrix;
  private MatrixView inputWork;
  private MatrixView weightWork;
  private Slice inputWorkSlice;
  private Slice weightWorkSlice;
  private Epilogue meanStore = Epilogue.STORE;
  private Epilogue varianceStore = Epilogue.STORE;

  /**
   * @param x packed, [2 batch, in]
   * @param means M, [out, in]
   * @param variances V, [out, in]
   * @param biasMeans m_b, [out]; null if there is no bias
   * @param biasVariances v_b, [out]; null if there is no bias
   */
  public MomentLinear(Node x, Node means, Node variances, Node biasMeans, Node biasVariances) {
    this(x, means, variances, means, biasMeans, biasVariances);
  }

  /**
   * @param x packed, [2 batch, in]
   * @param means M, [out, in]
   * @param variances V, [out, in]
   * @param squared what stands in place of M in the variance, [out, in]: M itself, except in a cell
   *     as published that takes another gate's
   * @param biasMeans m_b, [out]; null if there is no bias
   * @param biasVariances v_b, [out]; null if there is no bias
   */
  public MomentLinear(
      Node x, Node means, Node variances, Node squared, Node biasMeans, Node biasVariances) {
    super(
        shape(x, means, variances, squared),
        biasMeans == null
            ? new Node[] {x, means, variances, squared}
            : new Node[] {x, means, variances, squared, biasMeans, biasVariances});
    this.bias = biasMeans != null;
    this.batch = x.shape().extent(0) / 2;
    this.in = x.shape().extent(1);
    this.out = means.shape().extent(0);
    require(
        !bias
            || (biasMeans.shape().equals(Shape.of(out))
                && biasVariances.shape().equals(Shape.of(out))),
        "MomentLinear with %d outputs needs biases [outputs], but got %s and %s",
        out,
        bias ? biasMeans.shape() : null,
        bias ? biasVariances.shape() : null);
  }

  private static Shape shape(Node x, Node means, Node variances, Node squared) {
    require(
        x.shape().rank() == 2
            && x.shape().extent(0) % 2 == 0
            && means.shape().rank() == 2
            && means.shape().equals(variances.shape())
            && means.shape().equals(squared.shape())
            && means.shape().extent(1) == x.shape().extent(1),
        "MomentLinear needs x [2 batch, in] and weights [out, in], but got %s, %s and %s",
        x.shape(),
        means.shape(),
        variances.shape());
    return Shape.of(x.shape().extent(0), means.shape().extent(0));
  }

  @Override
  protected void forward(Backend backend) {
    if (x == null) {
      plan(backend);
    }
    ElementwiseKernels arithmetic = backend.elementwise();
    arithmetic.copy(x.variances(), secondMoments);
    arithmetic.addProduct(x.means(), x.means(), secondMoments);
    arithmetic.apply(UnaryFunction.SQUARE, input(SQUARED).slice(), squares);
    backend
        .matrix()
        .multiplyTransposedRight(x.meanMatrix(), input(MEANS).matrix(), y.meanMatrix(), meanStore);
    backend
        .matrix()
        .multiplyTransposedRight(
            secondMomentMatrix, input(VARIANCES).matrix(), y.varianceMatrix(), varianceStore);
    backend
        .matrix()
        .multiplyTransposedRight(
            x.varianceMatrix(), squareMatrix, y.varianceMatrix(), Epilogue.ACCUMULATE);
  }

  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(MEANS) != null) {
      backend
          .matrix()
          .multiplyTransposedLeft(
              dy.meanMatrix(), x.meanMatrix(), inputGradient(MEANS).matrix(), epilogue(MEANS));
    }
    if (inputGradient(VARIANCES) != null) {
      backend
          .matrix()
          .multiplyTransposedLeft(
              dy.varianceMatrix(),
              secondMomentMatrix,
              inputGradient(VARIANCES).matrix(),
              epilogue(VARIANCES));
    }
    if (inputGradient(SQUARED) != null) {
      backend
          .matrix()
          .multiplyTransposedLeft(
              dy.varianceMatrix(), x.varianceMatrix(), weightWork, Epilogue.STORE);
      Slice d = inputGradient(SQUARED).slice();
      addTwice(backend, weightWorkSlice, input(SQUARED).slice(), d, accumulates(SQUARED));
    }
    if (bias && inputGradient(BIAS_MEANS) != null) {
      backend
          .reduction()
          .columnSums(dy.meanMatrix(), inputGradient(BIAS_MEANS).slice(), accumulates(BIAS_MEANS));
    }
    if (bias && inputGradient(BIAS_VARIANCES) != null) {
      backend
          .reduction()
          .columnSums(
              dy.varianceMatrix(),
              inputGradient(BIAS_VARIANCES).slice(),
              accumulates(BIAS_VARIANCES));
    }
    if (dx != null) {
      pullbackInput(backend);
    }
  }

  /** ∂E x = ∂m M + 2 E x (∂v V), ∂Var x = ∂v (V + M²). */
  private void pullbackInput(Backend backend) {
    Tensor variances = input(VARIANCES);
    backend.matrix().multiply(dy.meanMatrix(), input(MEANS).matrix(), dx.meanMatrix(), epilogue(X));
    backend.matrix().multiply(dy.varianceMatrix(), squareMatrix, dx.varianceMatrix(), epilogue(X));
    backend.matrix().multiply(dy.varianceMatrix(), variances.matrix(), inputWork, Epilogue.STORE);
    backend.elementwise().addScaled(1, inputWorkSlice, dx.variances());
    addTwice(backend, inputWorkSlice, x.means(), dx.means(), true);
  }

  /** out = 2 a b, or out = out + 2 a b; a is lost. */
  private static void addTwice(Backend backend, Slice a, Slice b, Slice out, boolean accumulate) {
    backend.elementwise().scale(2, a, a);
    if (accumulate) {
      backend.elementwise().addProduct(a, b, out);
    } else {
      backend.elementwise().multiply(a, b, out);
    }
  }

  private Epilogue epilogue(int i) {
    return accumulates(i) ? Epilogue.ACCUMULATE : Epilogue.STORE;
  }

  private void plan(Backend backend) {
    x = new MatrixHalves(input(X));
    y = new MatrixHalves(value());
    dy = gradient() == null ? null : new MatrixHalves(gradient());
    dx = inputGradient(X) == null ? null : new MatrixHalves(inputGradient(X));
    int largest = Math.max(batch * in, out * in);
    secondMoments = allocate(backend, batch * in);
    squares = allocate(backend, out * in);
    work = allocate(backend, largest);
    secondMomentMatrix = secondMoments.asMatrix(batch, in);
    squareMatrix = squares.asMatrix(out, in);
    inputWorkSlice = work.slice(0, batch * in);
    weightWorkSlice = work.slice(0, out * in);
    inputWork = inputWorkSlice.asMatrix(batch, in);
    weightWork = weightWorkSlice.asMatrix(out, in);
    if (bias) {
      meanStore = Epilogue.of(input(BIAS_MEANS).slice(), UnaryFunction.IDENTITY);
      varianceStore = Epilogue.of(input(BIAS_VARIANCES).slice(), UnaryFunction.IDENTITY);
    }
  }

  private static Slice allocate(Backend backend, int n) {
    return new Slice(backend.memory().allocate(n), 0, n);
  }
}
