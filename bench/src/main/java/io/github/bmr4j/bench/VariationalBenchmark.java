package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Memory;
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

  private Passes here;

  /** A posterior as after some training; nine weights in ten are active. */
  private static final class Passes {

    private final NormalFactors factors;
    private final Slice scale;
    private final Slice mask;
    private final Slice gradient;
    private final Slice drawn;
    private final VariationalStep step = new VariationalStep();
    private final UpdateRule rule =
        new UpdateRule(UpdateRule.Kind.ADABELIEF, 0.9f, 0.999f, 1e-16f, 1e-16f);

    Passes(Memory memory, int weights) {
      RandomNumbers random = new RandomNumbers(4);
      factors =
          new NormalFactors(
              Placement.of(memory, random.normal(weights, 1)),
              Placement.of(memory, random.uniform(weights, -4, 0)),
              Placement.of(memory, random.normal(weights, 1e-4)),
              Placement.of(memory, random.uniform(weights, 1e-8, 1e-7)),
              Placement.of(memory, random.normal(weights, 1e-4)),
              Placement.of(memory, random.uniform(weights, 1e-8, 1e-7)));
      scale = Placement.of(memory, new float[] {0.1f});
      float[] active = random.uniform(weights, 0, 1);
      for (int i = 0; i < weights; i++) {
        active[i] = active[i] < 0.9f ? 1 : 0;
      }
      mask = Placement.of(memory, active);
      gradient = Placement.of(memory, random.normal(weights, 1e-2));
      drawn = Placement.zeros(memory, weights);
      step.divergence = VariationalStep.Divergence.SAMPLED;
      step.likelihoodWeight = 1f / 120;
      step.klWeight = 1f / 60_000;
      step.seed = SEED;
      step.stream = STREAM;
      step.step = 0;
    }

    Slice sample(VariationalKernels variational, Elements work) {
      variational.sample(factors, scale, mask, SEED, STREAM, step.step++, drawn);
      work.elements += drawn.length();
      return drawn;
    }

    /** μ. */
    Slice update(VariationalKernels variational, Elements work) {
      step.step++;
      rule.advance(step.step, LEARNING_RATE);
      variational.update(factors, gradient, scale, mask, step, rule);
      work.elements += drawn.length();
      return factors.mean();
    }
  }

  /** Puts the posterior into the host's memory. */
  @Setup
  public void fill() {
    here = new Passes(Memory.HOST, weights);
  }

  /** The posterior on an OpenCL device; launch and waiting are part of what is measured there. */
  @State(Scope.Benchmark)
  public static class OnDevice {

    private Passes passes;

    /** Puts it there. */
    @Setup
    public void fill(VariationalBenchmark benchmark, OpenClDevice device) {
      passes = new Passes(device.backend.memory(), benchmark.weights);
    }
  }

  /** w = s γ (μ + σ ε). */
  @Benchmark
  public Slice sampleScalar(ScalarBackend scalar, Elements work) {
    return here.sample(scalar.backend.variational(), work);
  }

  /** w = s γ (μ + σ ε). */
  @Benchmark
  public Slice sampleSimd(SimdBackend simd, Elements work) {
    return here.sample(simd.backend.variational(), work);
  }

  /** w = s γ (μ + σ ε). */
  @Benchmark
  public Slice sampleOpenCl(OnDevice there, OpenClDevice device, Elements work) {
    return device.await(there.passes.sample(device.backend.variational(), work));
  }

  /** The fused update. */
  @Benchmark
  public Slice updateScalar(ScalarBackend scalar, Elements work) {
    return here.update(scalar.backend.variational(), work);
  }

  /** The fused update. */
  @Benchmark
  public Slice updateSimd(SimdBackend simd, Elements work) {
    return here.update(simd.backend.variational(), work);
  }

  /** The fused update. */
  @Benchmark
  public Slice updateOpenCl(OnDevice there, OpenClDevice device, Elements work) {
    return device.await(there.passes.update(device.backend.variational(), work));
  }
}
