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

/**
 * What {@link EvidenceBenchmark} and {@link VariationalBenchmark} measure, with the same numbers,
 * on an OpenCL device; nanoseconds a weight, launch and waiting included.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class OpenClBenchmark {

  private static final float PRIOR_VARIANCE = 1;
  private static final int CANDIDATES = 8;
  private static final float LEARNING_RATE = 1e-6f;

  /** Number of weights. */
  @Param({"1000000", "10000000"})
  public int weights;

  private Slice mean;
  private Slice deviation;
  private Slice deltaF;
  private NormalFactors factors;
  private Slice gradient;
  private final float[] variances = new float[CANDIDATES];
  private final double[] sums = new double[CANDIDATES];
  private final VariationalStep step = new VariationalStep();
  private final UpdateRule rule =
      new UpdateRule(UpdateRule.Kind.ADABELIEF, 0.9f, 0.999f, 1e-16f, 1e-16f);

  /** A posterior on the device. */
  @Setup
  public void fill(OpenClDevice device) {
    RandomNumbers random = new RandomNumbers(5);
    mean = device.put(random.normal(weights, 0.3));
    deviation = device.put(random.uniform(weights, 0.05, 0.9));
    deltaF = device.put(new float[weights]);
    for (int i = 0; i < CANDIDATES; i++) {
      variances[i] = PRIOR_VARIANCE * i / CANDIDATES;
    }
    factors =
        new NormalFactors(
            device.put(random.normal(weights, 1)),
            device.put(random.uniform(weights, -4, 0)),
            device.put(random.normal(weights, 1e-4)),
            device.put(random.uniform(weights, 1e-8, 1e-7)),
            device.put(random.normal(weights, 1e-4)),
            device.put(random.uniform(weights, 1e-8, 1e-7)));
    gradient = device.put(random.normal(weights, 1e-2));
    step.divergence = VariationalStep.Divergence.SAMPLED;
    step.likelihoodWeight = 1f / 120;
    step.klWeight = 1f / 60_000;
  }

  /** ΔF of each weight under the spike. */
  @Benchmark
  public Slice deltaFOpenCl(OpenClDevice device, Elements work) {
    device.backend.evidence().deltaF(mean, deviation, PRIOR_VARIANCE, 0, deltaF);
    device.await(deltaF);
    work.elements += weights;
    return deltaF;
  }

  /** Sums for eight candidates. */
  @Benchmark
  public double[] sumsOpenCl(OpenClDevice device, Elements work) {
    device.backend.evidence().deltaFSums(mean, deviation, PRIOR_VARIANCE, variances, sums);
    work.elements += weights;
    return sums;
  }

  /** The fused update. */
  @Benchmark
  public NormalFactors updateOpenCl(OpenClDevice device, Elements work) {
    step.step++;
    rule.advance(step.step, LEARNING_RATE);
    device.backend.variational().update(factors, gradient, null, null, step, rule);
    device.await(factors.mean());
    work.elements += weights;
    return factors;
  }
}
