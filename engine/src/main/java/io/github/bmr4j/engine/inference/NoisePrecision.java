package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Map;

/**
 * Precisions τ = exp(θ) of the observation noise of real targets, learned as points by maximum
 * likelihood together with the posterior of the weights.
 */
public final class NoisePrecision {

  private final Backend backend;
  private final Slice logarithms;
  private final Slice moment1;
  private final Slice moment2;
  private final Slice share;

  /**
   * @param backend holds the parameters
   * @param outputs number of targets of an example
   * @param start τ at the start, positive
   */
  public NoisePrecision(Backend backend, int outputs, double start) {
    if (!(start > 0 && start < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "A precision must be positive and finite, but is " + start);
    }
    this.backend = backend;
    this.logarithms = allocate(outputs);
    this.moment1 = allocate(outputs);
    this.moment2 = allocate(outputs);
    this.share = allocate(outputs);
    logarithms.fill((float) Math.log(start));
    backend.memory().push(logarithms);
  }

  private Slice allocate(int n) {
    return new Slice(backend.memory().allocate(n), 0, n);
  }

  /** [2, outputs]: τ, then ln τ, as the likelihood of real targets wants them. */
  public Node node() {
    return new Expectations();
  }

  /**
   * The noise's standard deviation τ^(−½) of a target.
   *
   * @param output which
   */
  public double standardDeviation(int output) {
    backend.memory().pull(logarithms);
    return Math.exp(-0.5 * logarithms.get(output));
  }

  private final class Expectations extends LatentNode {

    Expectations() {
      super(Shape.of(2, logarithms.length()));
    }

    @Override
    protected void forward(Backend unused) {
      Slice out = value().slice();
      backend.memory().pull(logarithms);
      for (int m = 0; m < logarithms.length(); m++) {
        out.set(m, (float) Math.exp(logarithms.get(m)));
        out.set(logarithms.length() + m, logarithms.get(m));
      }
      backend.memory().push(out);
    }

    @Override
    protected void pullback(Backend unused) {}

    @Override
    protected void update(VariationalStep step, UpdateRule rule) {
      Slice d = gradient().slice();
      Slice out = value().slice();
      backend.memory().pull(d);
      int n = logarithms.length();
      for (int m = 0; m < n; m++) {
        share.set(m, step.likelihoodWeight * (d.get(m) * out.get(m) + d.get(n + m)));
      }
      backend.memory().push(share);
      backend.variational().updatePoint(logarithms, share, moment1, moment2, 1, rule);
    }

    @Override
    protected double klDivergence() {
      return 0;
    }

    @Override
    protected String nonFinite() {
      return backend.reduction().firstNonFinite(logarithms) < 0
          ? null
          : "the noise precision is not finite";
    }

    @Override
    protected Map<String, Slice> state() {
      return Map.of("noise", logarithms, "noise.moment1", moment1, "noise.moment2", moment2);
    }
  }
}
