package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Scales γ of a regularised horseshoe from the logarithms of its Gamma variables (Piironen and
 * Vehtari 2017; in the form of Marković, Friston and Kiebel, arXiv 2309.12095):
 *
 * <pre>γ = (1/ν² + c⁻²)^(−½),   ν² = τ₀² ∏ numerators / ∏ denominators</pre>
 *
 * <p>There are few of them beside the weights, so they are computed on the host, in double: ν²
 * spans many orders of magnitude.
 */
public final class HorseshoeScale extends Node {

  private final double logGlobalVariance;
  private final int rows;
  private final int columns;
  private final boolean slab;

  /** +1 for numerators and −1 for denominators, in the order of the inputs behind the slab. */
  private final int[] signs;

  /** ω: the share of 1/ν² in γ⁻², from forward to pullback. */
  private final double[] localShare;

  private final double[][] shares;

  /**
   * @param globalScale τ₀, positive
   * @param slab ln c⁻², one element; null for c⁻² = 0
   * @param numerators logarithms of the numerators: one element, one a row, or one an element
   * @param denominators of the denominators, likewise
   * @param rows how many rows the elements make
   * @param columns of each row; then, behind all rows, one bias a row if {@code bias}
   * @param bias see {@code columns}; with no columns this is one scale a row
   */
  public HorseshoeScale(
      double globalScale,
      Node slab,
      List<Node> numerators,
      List<Node> denominators,
      int rows,
      int columns,
      boolean bias) {
    super(
        Shape.of(Math.multiplyExact(rows, columns + (bias ? 1 : 0))),
        operands(slab, numerators, denominators));
    require(
        globalScale > 0 && globalScale < Double.POSITIVE_INFINITY,
        "The global scale of a horseshoe must be positive and finite, but is %s",
        globalScale);
    this.logGlobalVariance = 2 * Math.log(globalScale);
    this.rows = rows;
    this.columns = columns;
    this.slab = slab != null;
    this.signs = new int[numerators.size() + denominators.size()];
    int elements = shape().size();
    for (int k = 0; k < signs.length; k++) {
      signs[k] = k < numerators.size() ? 1 : -1;
      int size = inputs().get(first() + k).shape().size();
      require(
          size == 1 || size == rows || size == elements,
          "A horseshoe of %d rows and %d elements takes 1, %d or %d values, but got %d",
          rows,
          elements,
          rows,
          elements,
          size);
    }
    require(
        slab == null || slab.shape().size() == 1,
        "The slab of a horseshoe is one value, but has %s",
        slab == null ? null : slab.shape());
    this.localShare = new double[elements];
    this.shares = new double[inputs().size()][];
    for (int k = 0; k < shares.length; k++) {
      shares[k] = new double[inputs().get(k).shape().size()];
    }
  }

  private static Node[] operands(Node slab, List<Node> numerators, List<Node> denominators) {
    List<Node> all = new ArrayList<>();
    if (slab != null) {
      all.add(slab);
    }
    all.addAll(numerators);
    all.addAll(denominators);
    return all.toArray(new Node[0]);
  }

  private int first() {
    return slab ? 1 : 0;
  }

  /** Where element i of the matrix [rows, columns], or of the biases behind it, finds its value. */
  private int place(int size, int i) {
    if (size == 1 || size == localShare.length) {
      return size == 1 ? 0 : i;
    }
    return i < rows * columns ? i / columns : i - rows * columns;
  }

  @Override
  protected void forward(Backend backend) {
    for (int k = 0; k < inputs().size(); k++) {
      backend.memory().pull(input(k).slice());
    }
    double slabLogarithm = slab ? input(0).slice().get(0) : Double.NEGATIVE_INFINITY;
    for (int i = 0; i < localShare.length; i++) {
      double local = -logGlobalVariance;
      for (int k = 0; k < signs.length; k++) {
        Tensor x = input(first() + k);
        local -= signs[k] * (double) x.slice().get(place(x.size(), i));
      }
      double larger = Math.max(local, slabLogarithm);
      double precision = larger + Math.log1p(Math.exp(Math.min(local, slabLogarithm) - larger));
      localShare[i] = Math.exp(local - precision);
      value().slice().set(i, (float) Math.exp(-0.5 * precision));
    }
    backend.memory().push(value().slice());
  }

  /**
   * ∂ ln γ is ω/2 by a numerator's logarithm, −ω/2 by a denominator's, −(1 − ω)/2 by the slab's.
   */
  @Override
  protected void pullback(Backend backend) {
    backend.memory().pull(gradient().slice());
    backend.memory().pull(value().slice());
    for (double[] share : shares) {
      Arrays.fill(share, 0);
    }
    for (int i = 0; i < localShare.length; i++) {
      double half = 0.5 * gradient().slice().get(i) * value().slice().get(i);
      if (slab) {
        shares[0][0] -= half * (1 - localShare[i]);
      }
      for (int k = 0; k < signs.length; k++) {
        double[] share = shares[first() + k];
        share[place(share.length, i)] += signs[k] * half * localShare[i];
      }
    }
    for (int k = 0; k < shares.length; k++) {
      Tensor dx = inputGradient(k);
      if (dx == null) {
        continue;
      }
      if (accumulates(k)) {
        backend.memory().pull(dx.slice());
      }
      for (int i = 0; i < shares[k].length; i++) {
        double before = accumulates(k) ? dx.slice().get(i) : 0;
        dx.slice().set(i, (float) (before + shares[k][i]));
      }
      backend.memory().push(dx.slice());
    }
  }
}
