package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.ElementwiseKernels;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;

/**
 * The expected negative log likelihood of real targets with independent normal noise of precision
 * τ_m in output m, in nats per example: ½ Σ_m [E τ_m ((f_m − y_m)² + v_m) − E ln τ_m + ln 2π].
 *
 * <p>τ enters by its expectations, so that it may be known, a point, or have a posterior; v is the
 * variance of f where moments are propagated instead of samples, and absent else.
 */
public final class GaussianNegativeLogLikelihood extends Node {

  private final boolean uncertain;
  private final int outputs;
  private final float constants;

  /** Working memory: f − y, then s = (f − y)² + v; ∂τ-weighted; one number. */
  private Slice error;

  private Slice squares;
  private Slice weighted;
  private Slice one;
  private MatrixView squaresMatrix;
  private MatrixView weightedMatrix;
  private Slice logarithms;
  private MatrixView precisions;
  private MatrixView precisionRow;
  private MatrixView losses;
  private MatrixView lossGradients;
  private MatrixView precisionGradients;
  private Slice logarithmGradients;
  private MatrixView logarithmGradientColumn;

  /**
   * @param mean f, [batch, outputs]
   * @param variance v, [batch, outputs], or null for 0
   * @param targets y, [batch, outputs]; no gradient flows to them
   * @param precision [2, outputs]: E τ, then E ln τ
   */
  public GaussianNegativeLogLikelihood(Node mean, Node variance, Node targets, Node precision) {
    this(mean, variance, targets, precision, 1);
  }

  /**
   * @param mean f, [batch, outputs]
   * @param variance v, [batch, outputs], or null for 0
   * @param targets y, [batch, outputs]; no gradient flows to them
   * @param precision [2, outputs]: E τ, then E ln τ
   * @param constants how often −E ln τ + ln 2π counts: 1 for a likelihood; published code of
   *     Beckers et al. (2024) counts it once for each output, which doubles the τ that two outputs
   *     learn
   */
  public GaussianNegativeLogLikelihood(
      Node mean, Node variance, Node targets, Node precision, int constants) {
    super(
        shape(mean, variance, targets, precision),
        variance == null
            ? new Node[] {mean, targets, precision}
            : new Node[] {mean, targets, precision, variance});
    this.uncertain = variance != null;
    this.outputs = mean.shape().extent(1);
    this.constants = constants;
  }

  private static Shape shape(Node mean, Node variance, Node targets, Node precision) {
    Shape shape = mean.shape();
    require(
        shape.rank() == 2
            && shape.equals(targets.shape())
            && (variance == null || shape.equals(variance.shape())),
        "GaussianNegativeLogLikelihood needs means, variances and targets [batch, outputs], but got"
            + " %s, %s and %s",
        shape,
        variance == null ? "none" : variance.shape(),
        targets.shape());
    require(
        precision.shape().equals(Shape.of(2, shape.extent(1))),
        "GaussianNegativeLogLikelihood of %s needs a precision of shape [2, outputs], but got %s",
        shape,
        precision.shape());
    return Shape.of(shape.extent(0));
  }

  @Override
  protected void forward(Backend backend) {
    if (error == null) {
      plan(backend);
    }
    ElementwiseKernels arithmetic = backend.elementwise();
    arithmetic.subtract(input(0).slice(), input(1).slice(), error);
    arithmetic.multiply(error, error, squares);
    if (uncertain) {
      arithmetic.add(squares, input(3).slice(), squares);
    }
    backend.reduction().sumInto(logarithms, one);
    arithmetic.scale(-constants, one, one);
    arithmetic.fill(value().slice(), (float) (constants * outputs * Math.log(2 * Math.PI)));
    arithmetic.addRow(one, losses);
    backend.matrix().multiply(squaresMatrix, precisions, losses, Epilogue.ACCUMULATE);
    arithmetic.scale(0.5f, value().slice(), value().slice());
  }

  /** ∂f = g E τ (f − y), ∂v = ½ g E τ, ∂E τ = ½ Σ g s, ∂E ln τ = −½ Σ g. */
  @Override
  protected void pullback(Backend backend) {
    ElementwiseKernels arithmetic = backend.elementwise();
    backend.matrix().multiply(lossGradients, precisionRow, weightedMatrix, Epilogue.STORE);
    if (uncertain && inputGradient(3) != null) {
      Slice d = inputGradient(3).slice();
      if (accumulates(3)) {
        arithmetic.addScaled(0.5f, weighted, d);
      } else {
        arithmetic.scale(0.5f, weighted, d);
      }
    }
    Tensor dMean = inputGradient(0);
    if (dMean != null && accumulates(0)) {
      arithmetic.addProduct(weighted, error, dMean.slice());
    } else if (dMean != null) {
      arithmetic.multiply(weighted, error, dMean.slice());
    }
    if (inputGradient(2) != null) {
      pullbackPrecision(backend);
    }
  }

  private void pullbackPrecision(Backend backend) {
    ElementwiseKernels arithmetic = backend.elementwise();
    arithmetic.scale(0.5f, squares, squares);
    backend
        .matrix()
        .multiplyTransposedLeft(
            squaresMatrix,
            lossGradients,
            precisionGradients,
            accumulates(2) ? Epilogue.ACCUMULATE : Epilogue.STORE);
    backend.reduction().sumInto(gradient().slice(), one);
    arithmetic.scale(-0.5f * constants, one, one);
    if (!accumulates(2)) {
      arithmetic.fill(logarithmGradients, 0);
    }
    arithmetic.addRow(one, logarithmGradientColumn);
  }

  private void plan(Backend backend) {
    int batch = shape().extent(0);
    error = allocate(backend, batch * outputs);
    squares = allocate(backend, batch * outputs);
    weighted = allocate(backend, batch * outputs);
    one = allocate(backend, 1);
    squaresMatrix = squares.asMatrix(batch, outputs);
    weightedMatrix = weighted.asMatrix(batch, outputs);
    Slice precision = input(2).slice();
    precisions = precision.slice(0, outputs).asMatrix(outputs, 1);
    precisionRow = precision.slice(0, outputs).asMatrix(1, outputs);
    logarithms = precision.slice(outputs, outputs);
    losses = value().slice().asMatrix(batch, 1);
    if (gradient() != null) {
      lossGradients = gradient().slice().asMatrix(batch, 1);
    }
    if (inputGradient(2) != null) {
      Slice d = inputGradient(2).slice();
      precisionGradients = d.slice(0, outputs).asMatrix(outputs, 1);
      logarithmGradients = d.slice(outputs, outputs);
      logarithmGradientColumn = logarithmGradients.asMatrix(outputs, 1);
    }
  }

  private static Slice allocate(Backend backend, int n) {
    return new Slice(backend.memory().allocate(n), 0, n);
  }
}
