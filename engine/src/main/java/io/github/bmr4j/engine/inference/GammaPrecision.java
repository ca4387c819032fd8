package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.distribution.Gamma;
import io.github.bmr4j.engine.distribution.KullbackLeibler;
import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Arrays;
import java.util.Map;

/**
 * Noise precisions τ with independent Gamma priors and Gamma posterior factors, whose logarithms of
 * shape and rate are trained. Networks see E τ and E ln τ. There are as many as outputs, so that
 * all is computed on the host, in double.
 */
public final class GammaPrecision {

  private final Backend backend;
  private final String name;
  private final Gamma prior;
  private final int size;
  private final Sampling sampling;

  /** ln of the shapes, then ln of the rates. */
  private final Slice parameters;

  private final Slice slope;
  private final Slice moment1;
  private final Slice moment2;

  /**
   * Factors that start as the prior.
   *
   * @param backend holds the parameters
   * @param name in files and messages
   * @param size number of precisions
   * @param prior of each
   * @param sampling that is told of changes
   */
  public GammaPrecision(Backend backend, String name, int size, Gamma prior, Sampling sampling) {
    this.backend = backend;
    this.name = name;
    this.prior = prior;
    this.size = size;
    this.sampling = sampling;
    this.parameters = allocate();
    this.slope = allocate();
    this.moment1 = allocate();
    this.moment2 = allocate();
    for (int i = 0; i < size; i++) {
      set(i, prior);
    }
  }

  private Slice allocate() {
    return new Slice(backend.memory().allocate(2 * size), 0, 2 * size);
  }

  /** Number of precisions. */
  public int size() {
    return size;
  }

  /** The posterior of precision {@code i}. */
  public Gamma posterior(int i) {
    backend.memory().pull(parameters);
    return new Gamma(Math.exp(parameters.get(i)), Math.exp(parameters.get(size + i)));
  }

  /** First moments of the gradients of ln shape, then of ln rate. */
  double[] firstMoments() {
    double[] moments = new double[2 * size];
    Arrays.setAll(moments, i -> moment1.get(i));
    return moments;
  }

  /** Sets the posterior of precision {@code i}. */
  public void set(int i, Gamma posterior) {
    parameters.set(i, (float) Math.log(posterior.shape()));
    parameters.set(size + i, (float) Math.log(posterior.rate()));
    backend.memory().push(parameters);
    sampling.invalidate();
  }

  /**
   * The exact best factors for what the rest of the model expects: Gamma(a + N/2, b + S/2).
   *
   * @param examples N
   * @param squares S: for each precision the expected sum of squared errors
   */
  public void coordinateUpdate(long examples, double[] squares) {
    for (int i = 0; i < size; i++) {
      set(i, new Gamma(prior.shape() + 0.5 * examples, prior.rate() + 0.5 * squares[i]));
    }
  }

  /** KL(q‖p) in nats. */
  public double klDivergence() {
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += KullbackLeibler.divergence(posterior(i), prior);
    }
    return sum;
  }

  /** A node of shape [2, size]: E τ, then E ln τ; trained with the graph that it is in. */
  public LatentNode expectations() {
    return new Expectations(true);
  }

  /** As {@link #expectations}, but the factors stay as they are. */
  public LatentNode fixedExpectations() {
    return new Expectations(false);
  }

  private final class Expectations extends LatentNode {

    private final boolean trained;

    Expectations(boolean trained) {
      super(Shape.of(2, size));
      this.trained = trained;
    }

    @Override
    protected void forward(Backend unused) {
      backend.memory().pull(parameters);
      Slice out = value().slice();
      for (int i = 0; i < size; i++) {
        double shape = Math.exp(parameters.get(i));
        double logRate = parameters.get(size + i);
        out.set(i, (float) (shape * Math.exp(-logRate)));
        out.set(size + i, (float) (SpecialFunctions.digamma(shape) - logRate));
      }
      backend.memory().push(out);
    }

    @Override
    protected void pullback(Backend unused) {}

    /**
     * With a, b shape and rate: ∂ ln a = a (∂Eτ / b + ∂E ln τ ψ′(a)), ∂ ln b = −∂Eτ a/b − ∂E ln τ,
     * and the divergence's.
     */
    @Override
    protected void update(VariationalStep step, UpdateRule rule) {
      if (!trained) {
        return;
      }
      Slice d = gradient().slice();
      backend.memory().pull(d);
      backend.memory().pull(parameters);
      for (int i = 0; i < size; i++) {
        double shape = Math.exp(parameters.get(i));
        double rate = Math.exp(parameters.get(size + i));
        double byMean = step.likelihoodWeight * d.get(i);
        double byLogarithm = step.likelihoodWeight * d.get(size + i);
        double curvature = SpecialFunctions.trigamma(shape);
        double klByShape = (shape - prior.shape()) * curvature + prior.rate() / rate - 1;
        double klByRate = prior.shape() / rate - prior.rate() * shape / (rate * rate);
        slope.set(
            i,
            (float)
                (shape * (byMean / rate + byLogarithm * curvature + step.klWeight * klByShape)));
        slope.set(
            size + i,
            (float) (rate * step.klWeight * klByRate - byMean * shape / rate - byLogarithm));
      }
      backend.memory().push(slope);
      backend.variational().updatePoint(parameters, slope, moment1, moment2, 1, rule);
    }

    @Override
    protected double klDivergence() {
      return GammaPrecision.this.klDivergence();
    }

    @Override
    protected String nonFinite() {
      int i = backend.reduction().firstNonFinite(parameters);
      return i < 0 ? null : "the posterior of " + name + "[" + i % size + "] is not finite";
    }

    @Override
    protected Map<String, Slice> state() {
      return Map.of(name, parameters, name + ".moment1", moment1, name + ".moment2", moment2);
    }

    @Override
    public String toString() {
      return "Expectations of " + name + shape();
    }
  }
}
