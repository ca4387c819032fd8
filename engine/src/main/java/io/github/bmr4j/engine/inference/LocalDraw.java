package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Linear;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.ElementwiseKernels;
import io.github.bmr4j.kernels.NoiseKernels;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;

/**
 * The local reparameterisation (Kingma, Salimans, Welling 2015): y = m + √v ε with noise of its own
 * for each element, where m and v are the moments of a sum over random weights. The estimate of the
 * gradient has less variance than with one draw of the weights for the whole batch.
 *
 * <p>The pullback draws the noise again: ∂m = ∂y, ∂v = ∂y ε / (2 √v).
 */
public final class LocalDraw extends Node {

  private final Sampling sampling;
  private final int index;
  private final boolean shared;
  private Slice deviations;

  /** Of noise that is shared: one row of it, and the share of a gradient that is added to. */
  private Slice row;

  private Slice share;

  /**
   * @param mean m, any shape
   * @param variance v, the same shape, at least 0
   * @param sampling which draw
   * @param index of the noise stream, unique in the model
   */
  public LocalDraw(Node mean, Node variance, Sampling sampling, int index) {
    this(mean, variance, sampling, index, false);
  }

  /**
   * @param mean m, [batch, n] if noise is shared, else any shape
   * @param variance v, the same shape, at least 0
   * @param sampling which draw
   * @param index of the noise stream, unique in the model
   * @param shared whether all examples have the same noise, one number a column: so do the steps of
   *     a sequence, whose weights are the same
   */
  public LocalDraw(Node mean, Node variance, Sampling sampling, int index, boolean shared) {
    super(mean.shape(), mean, variance);
    require(
        mean.shape().equals(variance.shape()),
        "A local draw needs means and variances of one shape, but got %s and %s",
        mean.shape(),
        variance.shape());
    this.sampling = sampling;
    this.index = index;
    this.shared = shared;
  }

  /**
   * A linear layer y = x Wᵀ + b under the local reparameterisation: m = x Mᵀ + m_b, v = x² Vᵀ +
   * v_b. The noise comes from the weights' own stream.
   *
   * @param x [batch, in]
   * @param moments of the weights, [out, in] row-major and then the bias [out]
   * @param outputs number of output units
   */
  public static LocalDraw linear(Node x, Moments moments, int outputs) {
    int inputs = x.shape().extent(-1);
    Shape weights = Shape.of(outputs, inputs);
    Shape bias = Shape.of(outputs);
    Node mean = new Linear(x, moments.means(0, weights), moments.means(weights.size(), bias));
    Node variance =
        new Linear(
            new Apply(UnaryFunction.SQUARE, x),
            moments.variances(0, weights),
            moments.variances(weights.size(), bias));
    MeanFieldNormal latent = moments.latent();
    return new LocalDraw(mean, variance, latent.sampling(), latent.index());
  }

  /**
   * A draw with the noise of some weights' own stream, the same for all examples.
   *
   * @param mean m, [batch, n]
   * @param variance v, [batch, n], at least 0
   * @param weights whose stream it is
   */
  public static LocalDraw shared(Node mean, Node variance, MeanFieldNormal weights) {
    return new LocalDraw(mean, variance, weights.sampling(), weights.index(), true);
  }

  @Override
  protected void forward(Backend backend) {
    Slice mean = input(0).slice();
    Slice out = value().slice();
    Slice variance = input(1).slice();
    if (sampling.isMean()) {
      backend.elementwise().copy(mean, out);
      return;
    }
    if (deviations == null) {
      deviations = allocate(backend, shape().size());
    }
    if (shared) {
      drawShared(backend, mean, variance, out);
    } else {
      backend
          .noise()
          .localDraw(
              mean,
              variance,
              sampling.seed(),
              sampling.stream(index),
              sampling.step(),
              deviations,
              out);
    }
  }

  private void drawShared(Backend backend, Slice mean, Slice variance, Slice out) {
    ElementwiseKernels arithmetic = backend.elementwise();
    arithmetic.fill(deviations, NoiseKernels.LEAST_VARIANCE);
    arithmetic.add(deviations, variance, deviations);
    arithmetic.apply(UnaryFunction.SQRT, deviations, deviations);
    drawRows(backend, out);
    arithmetic.multiply(out, deviations, out);
    arithmetic.add(out, mean, out);
  }

  @Override
  protected void pullback(Backend backend) {
    Tensor dMean = inputGradient(0);
    Tensor dVariance = inputGradient(1);
    Slice dy = gradient().slice();
    ElementwiseKernels arithmetic = backend.elementwise();
    if (dMean != null && accumulates(0)) {
      arithmetic.addScaled(1, dy, dMean.slice());
    } else if (dMean != null) {
      arithmetic.copy(dy, dMean.slice());
    }
    if (dVariance == null) {
      return;
    }
    if (sampling.isMean()) {
      if (!accumulates(1)) {
        arithmetic.fill(dVariance.slice(), 0);
      }
      return;
    }
    if (shared) {
      pullbackShared(backend, dy, dVariance.slice());
    } else {
      backend
          .noise()
          .localDrawPullback(
              dy,
              deviations,
              sampling.seed(),
              sampling.stream(index),
              sampling.step(),
              dVariance.slice(),
              accumulates(1));
    }
  }

  private void pullbackShared(Backend backend, Slice dy, Slice dVariance) {
    if (accumulates(1) && share == null) {
      share = allocate(backend, shape().size());
    }
    ElementwiseKernels arithmetic = backend.elementwise();
    Slice d = accumulates(1) ? share : dVariance;
    drawRows(backend, d);
    arithmetic.multiply(d, dy, d);
    arithmetic.divide(d, deviations, d);
    arithmetic.scale(0.5f, d, d);
    if (accumulates(1)) {
      arithmetic.addScaled(1, d, dVariance);
    }
  }

  /** The same noise for each example. */
  private void drawRows(Backend backend, Slice out) {
    int columns = shape().extent(-1);
    if (row == null) {
      row = allocate(backend, columns);
    }
    backend.noise().normal(sampling.seed(), sampling.stream(index), sampling.step(), row);
    backend.elementwise().fill(out, 0);
    backend.elementwise().addRow(row, out.asMatrix(out.length() / columns, columns));
  }

  private static Slice allocate(Backend backend, int n) {
    return new Slice(backend.memory().allocate(n), 0, n);
  }
}
