package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;

/**
 * An operation on packed moments [2 batch, n] that works element by element, in double on the host:
 * its operands are small beside the products around it. A subclass computes one element's moments,
 * and, in the same place, their partial derivatives.
 */
abstract class MomentElementwise extends Node {

  private final int operands;
  private final int half;

  /** One element: the operands' means and variances, in turns; then the result's. */
  private final double[] at;

  private final double[] result = new double[2];

  /**
   * ∂ mean/∂ operand moment, then ∂ variance/∂ operand moment, each in the order of {@link #at}.
   */
  private final double[] partials;

  /** Memory of the operands' values and gradients. */
  private final float[][] arrays;

  private final float[][] slopes;
  private final int[] offsets;
  private final int[] slopeOffsets;

  MomentElementwise(Node... packed) {
    super(shape(packed), packed);
    operands = packed.length;
    half = shape().size() / 2;
    at = new double[2 * operands];
    partials = new double[4 * operands];
    arrays = new float[operands][];
    slopes = new float[operands][];
    offsets = new int[operands];
    slopeOffsets = new int[operands];
  }

  private static Shape shape(Node... packed) {
    Shape shape = packed[0].shape();
    for (Node node : packed) {
      require(
          node.shape().equals(shape) && shape.rank() >= 1 && shape.extent(0) % 2 == 0,
          "Packed moments need one shape [2 batch, …], but are %s and %s",
          shape,
          node.shape());
    }
    return shape;
  }

  /**
   * Mean and variance of one element.
   *
   * @param at mean and variance of each operand, in turns
   * @param result takes mean and variance
   */
  abstract void moments(double[] at, double[] result);

  /**
   * The partial derivatives of one element's mean and variance.
   *
   * @param at mean and variance of each operand, in turns
   * @param d takes ∂ mean by each of them, then ∂ variance by each of them
   */
  abstract void partials(double[] at, double[] d);

  @Override
  protected final void forward(Backend backend) {
    resolve();
    for (int k = 0; k < operands; k++) {
      backend.memory().pull(input(k).slice());
    }
    float[] out = value().slice().array();
    int offset = value().slice().offset();
    for (int i = 0; i < half; i++) {
      gather(i);
      moments(at, result);
      out[offset + i] = (float) result[0];
      out[offset + half + i] = (float) result[1];
    }
    backend.memory().push(value().slice());
  }

  @Override
  protected final void pullback(Backend backend) {
    backend.memory().pull(gradient().slice());
    for (int k = 0; k < operands; k++) {
      if (inputGradient(k) != null) {
        Slice d = inputGradient(k).slice();
        if (!accumulates(k)) {
          backend.elementwise().fill(d, 0);
        }
        backend.memory().pull(d);
      }
    }
    float[] g = gradient().slice().array();
    int offset = gradient().slice().offset();
    int row = 2 * operands;
    for (int i = 0; i < half; i++) {
      gather(i);
      partials(at, partials);
      float byMean = g[offset + i];
      float byVariance = g[offset + half + i];
      for (int k = 0; k < operands; k++) {
        float[] d = slopes[k];
        if (d != null) {
          int to = slopeOffsets[k] + i;
          int j = 2 * k;
          d[to] += (float) (byMean * partials[j] + byVariance * partials[row + j]);
          d[to + half] += (float) (byMean * partials[j + 1] + byVariance * partials[row + j + 1]);
        }
      }
    }
    for (int k = 0; k < operands; k++) {
      if (inputGradient(k) != null) {
        backend.memory().push(inputGradient(k).slice());
      }
    }
  }

  /** Finds the arrays once, since they are asked for in each element. */
  private void resolve() {
    if (arrays[0] != null) {
      return;
    }
    for (int k = 0; k < operands; k++) {
      arrays[k] = input(k).slice().array();
      offsets[k] = input(k).slice().offset();
      if (inputGradient(k) != null) {
        slopes[k] = inputGradient(k).slice().array();
        slopeOffsets[k] = inputGradient(k).slice().offset();
      }
    }
  }

  private void gather(int i) {
    for (int k = 0; k < operands; k++) {
      float[] array = arrays[k];
      int from = offsets[k] + i;
      at[2 * k] = array[from];
      at[2 * k + 1] = array[from + half];
    }
  }
}
