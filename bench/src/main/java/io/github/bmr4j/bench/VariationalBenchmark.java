package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalKernels;
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

/**
 * The passes of variational inference over all weights: drawing them, and the fused update (noise
 * again, divergence, gradients of μ and ρ, moments, new μ and ρ) with AdaBelief and the sampled
 * divergence, as the method of Marković, Friston and Kiebel trains.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class VariationalBenchmark {

  private static final long SEED = 137;
  private static final int STREAM = 3;

  /** Small, so that the posterior stays where it was set up, however many steps fit into a run. */
  private static final float LEARNING_RATE = 1e-6f;

  /** Number of weights: a layer 784 → 500 with biases, a million, and more than any cache holds. */
  @Param({"392500", "1000000", "10000000"})
  public int weights;

  private NormalFactors factors;
  private Slice scale;
  private Slice mask;
  private Slice gradient;
  private Slice drawn;
  private final VariationalStep step = new VariationalStep();
  private final UpdateRule rule =
      new UpdateRule(UpdateRule.Kind.ADABELIEF, 0.9f, 0.999f, 1e-16f, 1e-16f);

  /** A posterior as after some training; nine weights in ten are active. */
  @Setup
  public void fill() {
    RandomNumbers random = new RandomNumbers(4);
    factors =
        new NormalFactors(
            random.normalSlice(weights, 1),
            random.uniformSlice(weights, -4, 0),
            random.normalSlice(weights, 1e-4),
            random.uniformSlice(weights, 1e-8, 1e-7),
            random.normalSlice(weights, 1e-4),
            random.uniformSlice(weights, 1e-8, 1e-7));
    scale = Slice.of(0.1f);
    mask = random.uniformSlice(weights, 0, 1);
    for (int i = 0; i < weights; i++) {
      mask.set(i, mask.get(i) < 0.9f ? 1 : 0);
    }
    gradient = random.normalSlice(weights, 1e-2);
    drawn = Slice.allocate(weights);
    step.divergence = VariationalStep.Divergence.SAMPLED;
    step.likelihoodWeight = 1f / 120;
    step.klWeight = 1f / 60_000;
    step.seed = SEED;
    step.stream = STREAM;
    step.step = 0;
  }

  /** w = s γ (μ + σ ε). */
  @Benchmark
  public Slice sampleScalar(ScalarBackend scalar, Elements work) {
    return sample(scalar.backend.variational(), work);
  }

  /** w = s γ (μ + σ ε). */
  @Benchmark
  public Slice sampleSimd(SimdBackend simd, Elements work) {
    return sample(simd.backend.variational(), work);
  }

  private Slice sample(VariationalKernels variational, Elements work) {
    variational.sample(factors, scale, mask, SEED, STREAM, step.step++, drawn);
    work.elements += weights;
    return drawn;
  }

  /** The fused update. */
  @Benchmark
  public NormalFactors updateScalar(ScalarBackend scalar, Elements work) {
    return update(scalar.backend.variational(), work);
  }

  /** The fused update. */
  @Benchmark
  public NormalFactors updateSimd(SimdBackend simd, Elements work) {
    return update(simd.backend.variational(), work);
  }

  private NormalFactors update(VariationalKernels variational, Elements work) {
    step.step++;
    rule.advance(step.step, LEARNING_RATE);
    variational.update(factors, gradient, scale, mask, step, rule);
    work.elements += weights;
    return factors;
  }
}
