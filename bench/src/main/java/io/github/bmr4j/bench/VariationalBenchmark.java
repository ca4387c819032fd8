package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The passes of variational inference over all weights; the time is of a whole slice. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
public class VariationalBenchmark {

  /** Weights: a small layer, the first of the Fashion-MNIST network, and beyond the caches. */
  @Param({"6501", "392500", "1000000"})
  public int n;

  private final UpdateRule rule =
      new UpdateRule(UpdateRule.Kind.ADABELIEF, 0.9f, 0.999f, 1e-16f, 1e-16f);
  private final VariationalStep step = new VariationalStep();
  private NormalFactors factors;
  private Slice weights;
  private Slice gradient;
  private Slice mask;
  private Slice scale;

  /** Allocates parameters, mask and gradient. */
  @Setup
  public void allocate(Kernels k) {
    factors = k.factors(n);
    weights = Slice.allocate(n);
    gradient = k.normal(n, 3);
    mask = Slice.allocate(n);
    mask.fill(1);
    scale = Slice.of(0.1f);
    step.likelihoodWeight = 1f / 120;
    step.klWeight = 1f / 60_000;
  }

  /** w = s γ (μ + σ ε). */
  @Benchmark
  public Slice sample(Kernels k) {
    k.kernels.variational().sample(factors, scale, mask, 1, 2, step.step++, weights);
    return weights;
  }

  /** Noise again, gradients, AdaBelief on μ and ρ. */
  @Benchmark
  public NormalFactors update(Kernels k) {
    step.step++;
    rule.advance(step.step, 1e-6f);
    k.kernels.variational().update(factors, gradient, scale, mask, step, rule);
    return factors;
  }

  /** KL from the prior. */
  @Benchmark
  public double divergence(Kernels k) {
    return k.kernels.variational().klDivergence(factors.mean(), factors.rho(), mask, 1);
  }
}
