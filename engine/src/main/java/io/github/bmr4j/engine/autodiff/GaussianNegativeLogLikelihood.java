package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.ElementwiseKernels;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The expected negative log likelihood of real targets with independent normal noise of precision
 * τ_m in output m, in nats per example: ½ Σ_m [E τ_m ((f_m − y_m)² + v_m) − E ln τ_m + ln 2π].
 *
 * <p>τ enters by its expectations, so that it may be known, a point, or have a posterior; v is the
 * variance of f where moments are propagated instead of samples, and absent else. Where the noise
 * is heteroscedastic, the precision of output m is τ_m ρ_m with a ρ of each example's own ({@link
 * RelativePrecision}).
 */
public final class GaussianNegativeLogLikelihood extends Node {

  /**
   * What an example's precisions differ by from τ: a factor ρ for each output, independent of f,
   * that enters by its expectations.
   *
   * @param expectation E ρ, [batch, outputs]
   * @param logarithm E ln ρ, [batch, outputs]
   */
  public record RelativePrecision(Node expectation, Node logarithm) {}

  private static final int MEAN = 0;
  private static final int TARGETS = 1;
  private static final int PRECISION = 2;

  /** Where v, E ρ and E ln ρ are among the inputs; −1 for what is absent. */
  private final int variance;

  private final int expectation;
  private final int logarithm;

  private final int outputs;
  private final float constants;

  /** Working memory: f − y; (f − y)² + v; that times E ρ; ∂τ-weighted; one number. */
  private Slice error;

  private Slice squares;
  private Slice scaled;
  private Slice weighted;
  private Slice one;

  /** −1 for each output: its products are sums over outputs, or copies for each of them. */
  private Slice negative;

  private MatrixView scaledMatrix;
  private MatrixView weightedMatrix;
  private Slice logarithms;
  private MatrixView precisions;
  private MatrixView precisionRow;
  private MatrixView losses;
  private MatrixView lossGradients;
  private MatrixView precisionGradients;
  private Slice logarithmGradients;
  private MatrixView logarithmGradientColumn;
  private MatrixView negativeColumn;
  private MatrixView negativeRow;
  private MatrixView relativeLogarithms;
  private MatrixView relativeLogarithmGradients;
  private Slice halfGradients;
  private MatrixView halfGradientColumn;

  /**
   * @param mean f, [batch, outputs]
   * @param variance v, [batch, outputs], or null for 0
   * @param targets y, [batch, outputs]; no gradient flows to them
   * @param precision [2, outputs]: E τ, then E ln τ
   */
  public GaussianNegativeLogLikelihood(Node mean, Node variance, Node targets, Node precision) {
    this(mean, variance, targets, precision, null, 1);
  }

  /**
   * @param mean f, [batch, outputs]
   * @param variance v, [batch, outputs], or null for 0
   * @param targets y, [batch, outputs]; no gradient flows to them
   * @param precision [2, outputs]: E τ, then E ln τ
   * @param relative ρ, or null for 1
   * @param constants how often −E ln τ + ln 2π counts: 1 for a likelihood; published code of
   *     Beckers et al. (2024) counts it once for each output, which doubles the τ that two outputs
   *     learn
   */
  public GaussianNegativeLogLikelihood(
      Node mean,
      Node variance,
      Node targets,
      Node precision,
      RelativePrecision relative,
      int constants) {
    super(
        shape(mean, variance, targets, precision, relative),
        inputs(mean, variance, targets, precision, relative));
    this.variance = variance == null ? -1 : PRECISION + 1;
    this.expectation = relative == null ? -1 : variance == null ? PRECISION + 1 : PRECISION + 2;
    this.logarithm = relative == null ? -1 : expectation + 1;
    this.outputs = mean.shape().extent(1);
    this.constants = constants;
  }

  private static Node[] inputs(
      Node mean, Node variance, Node targets, Node precision, RelativePrecision relative) {
    return Stream.of(
            mean,
            targets,
            precision,
            variance,
            relative == null ? null : relative.expectation(),
            relative == null ? null : relative.logarithm())
        .filter(Objects::nonNull)
        .toArray(Node[]::new);
  }

  private static Shape shape(
      Node mean, Node variance, Node targets, Node precision, RelativePrecision relative) {
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
    require(
        relative == null
            || (shape.equals(relative.expectation().shape())
                && shape.equals(relative.logarithm().shape())),
        "GaussianNegativeLogLikelihood of %s needs relative precisions of that shape, but got %s"
            + " and %s",
        shape,
        relative == null ? "none" : relative.expectation().shape(),
        relative == null ? "none" : relative.logarithm().shape());
    return Shape.of(shape.extent(0));
  }

  @Override
  protected void forward(Backend backend) {
    if (error == null) {
      plan(backend);
    }
    ElementwiseKernels arithmetic = backend.elementwise();
    arithmetic.subtract(input(MEAN).slice(), input(TARGETS).slice(), error);
    arithmetic.multiply(error, error, squares);
    if (variance >= 0) {
      arithmetic.add(squares, input(variance).slice(), squares);
    }
    backend.reduction().sumInto(logarithms, one);
    arithmetic.scale(-constants, one, one);
    arithmetic.fill(value().slice(), (float) (constants * outputs * Math.log(2 * Math.PI)));
    arithmetic.addRow(one, losses);
    if (expectation >= 0) {
      arithmetic.multiply(squares, input(expectation).slice(), scaled);
      backend.matrix().multiply(relativeLogarithms, negativeColumn, losses, Epilogue.ACCUMULATE);
    }
    backend.matrix().multiply(scaledMatrix, precisions, losses, Epilogue.ACCUMULATE);
    arithmetic.scale(0.5f, value().slice(), value().slice());
  }

  /**
   * With s = (f − y)² + v: ∂f = g E τ E ρ (f − y), ∂v = ½ g E τ E ρ, ∂E ρ = ½ g E τ s, ∂E ln ρ = −½
   * g, ∂E τ = ½ Σ g E ρ s, ∂E ln τ = −½ Σ g.
   */
  @Override
  protected void pullback(Backend backend) {
    ElementwiseKernels arithmetic = backend.elementwise();
    backend.matrix().multiply(lossGradients, precisionRow, weightedMatrix, Epilogue.STORE);
    if (expectation >= 0) {
      pullbackRelative(backend);
      arithmetic.multiply(weighted, input(expectation).slice(), weighted);
    }
    if (variance >= 0 && inputGradient(variance) != null) {
      Slice d = inputGradient(variance).slice();
      if (accumulates(variance)) {
        arithmetic.addScaled(0.5f, weighted, d);
      } else {
        arithmetic.scale(0.5f, weighted, d);
      }
    }
    addProduct(arithmetic, weighted, error, MEAN);
    if (inputGradient(PRECISION) != null) {
      pullbackPrecision(backend);
    }
  }

  /** The gradient of input i, where it has one, is or grows by the product. */
  private void addProduct(ElementwiseKernels arithmetic, Slice a, Slice b, int i) {
    Tensor d = inputGradient(i);
    if (d != null && accumulates(i)) {
      arithmetic.addProduct(a, b, d.slice());
    } else if (d != null) {
      arithmetic.multiply(a, b, d.slice());
    }
  }

  private void pullbackRelative(Backend backend) {
    ElementwiseKernels arithmetic = backend.elementwise();
    if (inputGradient(expectation) != null) {
      arithmetic.scale(0.5f, squares, squares);
      addProduct(arithmetic, weighted, squares, expectation);
    }
    if (inputGradient(logarithm) != null) {
      arithmetic.scale(0.5f, gradient().slice(), halfGradients);
      backend
          .matrix()
          .multiply(
              halfGradientColumn,
              negativeRow,
              relativeLogarithmGradients,
              accumulates(logarithm) ? Epilogue.ACCUMULATE : Epilogue.STORE);
    }
  }

  private void pullbackPrecision(Backend backend) {
    ElementwiseKernels arithmetic = backend.elementwise();
    arithmetic.scale(0.5f, scaled, scaled);
    backend
        .matrix()
        .multiplyTransposedLeft(
            scaledMatrix,
            lossGradients,
            precisionGradients,
            accumulates(PRECISION) ? Epilogue.ACCUMULATE : Epilogue.STORE);
    backend.reduction().sumInto(gradient().slice(), one);
    arithmetic.scale(-0.5f * constants, one, one);
    if (!accumulates(PRECISION)) {
      arithmetic.fill(logarithmGradients, 0);
    }
    arithmetic.addRow(one, logarithmGradientColumn);
  }

  private void plan(Backend backend) {
    int batch = shape().extent(0);
    error = allocate(backend, batch * outputs);
    squares = allocate(backend, batch * outputs);
    scaled = expectation < 0 ? squares : allocate(backend, batch * outputs);
    weighted = allocate(backend, batch * outputs);
    one = allocate(backend, 1);
    scaledMatrix = scaled.asMatrix(batch, outputs);
    weightedMatrix = weighted.asMatrix(batch, outputs);
    Slice precision = input(PRECISION).slice();
    precisions = precision.slice(0, outputs).asMatrix(outputs, 1);
    precisionRow = precision.slice(0, outputs).asMatrix(1, outputs);
    logarithms = precision.slice(outputs, outputs);
    losses = value().slice().asMatrix(batch, 1);
    if (gradient() != null) {
      lossGradients = gradient().slice().asMatrix(batch, 1);
    }
    if (inputGradient(PRECISION) != null) {
      Slice d = inputGradient(PRECISION).slice();
      precisionGradients = d.slice(0, outputs).asMatrix(outputs, 1);
      logarithmGradients = d.slice(outputs, outputs);
      logarithmGradientColumn = logarithmGradients.asMatrix(outputs, 1);
    }
    if (expectation >= 0) {
      planRelative(backend, batch);
    }
  }

  private void planRelative(Backend backend, int batch) {
    negative = allocate(backend, outputs);
    backend.elementwise().fill(negative, -1);
    negativeColumn = negative.asMatrix(outputs, 1);
    negativeRow = negative.asMatrix(1, outputs);
    relativeLogarithms = input(logarithm).slice().asMatrix(batch, outputs);
    halfGradients = allocate(backend, batch);
    halfGradientColumn = halfGradients.asMatrix(batch, 1);
    if (inputGradient(logarithm) != null) {
      relativeLogarithmGradients = inputGradient(logarithm).slice().asMatrix(batch, outputs);
    }
  }

  private static Slice allocate(Backend backend, int n) {
    return new Slice(backend.memory().allocate(n), 0, n);
  }
}
