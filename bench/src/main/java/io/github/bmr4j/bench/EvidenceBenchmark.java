package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.EvidenceKernels;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Memory;
import io.github.bmr4j.kernels.Slice;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Evidence of a million weights under reduced priors; nanoseconds a weight, not a candidate. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class EvidenceBenchmark {

  private static final int ROWS = 1_000;
  private static final int COLUMNS = 1_000;
  private static final int WEIGHTS = ROWS * COLUMNS;
  private static final float PRIOR_VARIANCE = 1;

  private final Posterior posterior = new Posterior(Memory.HOST);

  /** A posterior with clear and unclear cases, and room for what is computed from it. */
  private static final class Posterior {

    private final Slice mean;
    private final Slice deviation;
    private final Slice deltaF;
    private final Slice bestCandidate;
    private final MatrixView meanMatrix;
    private final MatrixView deviationMatrix;
    private final Slice rowSums;
    private final Slice columnSums;

    Posterior(Memory memory) {
      RandomNumbers random = new RandomNumbers(5);
      mean = Placement.of(memory, random.normal(WEIGHTS, 0.3));
      deviation = Placement.of(memory, random.uniform(WEIGHTS, 0.05, 0.9));
      deltaF = Placement.zeros(memory, WEIGHTS);
      bestCandidate = Placement.zeros(memory, WEIGHTS);
      meanMatrix = mean.asMatrix(ROWS, COLUMNS);
      deviationMatrix = deviation.asMatrix(ROWS, COLUMNS);
      rowSums = Placement.zeros(memory, ROWS);
      columnSums = Placement.zeros(memory, COLUMNS);
    }
  }

  /** The posterior on an OpenCL device; launch and waiting are part of what is measured there. */
  @State(Scope.Benchmark)
  public static class OnDevice {

    private Posterior posterior;

    /** Puts it there. */
    @Setup
    public void fill(OpenClDevice device) {
      posterior = new Posterior(device.backend.memory());
    }
  }

  /** The reduced priors. */
  @State(Scope.Benchmark)
  public static class Candidates {

    /** How many. */
    @Param({"1", "8"})
    public int candidates;

    private float[] variances;
    private double[] sums;

    /** Variances from the spike, 0, towards that of the full prior. */
    @Setup
    public void fill() {
      variances = new float[candidates];
      for (int i = 0; i < candidates; i++) {
        variances[i] = PRIOR_VARIANCE * i / candidates;
      }
      sums = new double[candidates];
    }
  }

  /** ΔF of each weight under the spike. */
  @Benchmark
  public Slice deltaFScalar(ScalarBackend scalar, Elements work) {
    return deltaF(scalar.backend.evidence(), posterior, work);
  }

  /** ΔF of each weight under the spike. */
  @Benchmark
  public Slice deltaFSimd(SimdBackend simd, Elements work) {
    return deltaF(simd.backend.evidence(), posterior, work);
  }

  /** ΔF of each weight under the spike. */
  @Benchmark
  public Slice deltaFOpenCl(OnDevice there, OpenClDevice device, Elements work) {
    return device.await(deltaF(device.backend.evidence(), there.posterior, work));
  }

  private static Slice deltaF(EvidenceKernels evidence, Posterior q, Elements work) {
    evidence.deltaF(q.mean, q.deviation, PRIOR_VARIANCE, 0, q.deltaF);
    work.elements += WEIGHTS;
    return q.deltaF;
  }

  /** Sums for each candidate. */
  @Benchmark
  public double[] sumsScalar(Candidates reduced, ScalarBackend scalar, Elements work) {
    return sums(scalar.backend.evidence(), posterior, reduced, work);
  }

  /** Sums for each candidate. */
  @Benchmark
  public double[] sumsSimd(Candidates reduced, SimdBackend simd, Elements work) {
    return sums(simd.backend.evidence(), posterior, reduced, work);
  }

  /** Sums for each candidate. */
  @Benchmark
  public double[] sumsOpenCl(
      Candidates reduced, OnDevice there, OpenClDevice device, Elements work) {
    return sums(device.backend.evidence(), there.posterior, reduced, work);
  }

  private static double[] sums(
      EvidenceKernels evidence, Posterior q, Candidates reduced, Elements work) {
    evidence.deltaFSums(q.mean, q.deviation, PRIOR_VARIANCE, reduced.variances, reduced.sums);
    work.elements += WEIGHTS;
    return reduced.sums;
  }

  /** Sums, and the best candidate of each weight. */
  @Benchmark
  public Slice bestScalar(Candidates reduced, ScalarBackend scalar, Elements work) {
    return best(scalar.backend.evidence(), posterior, reduced, work);
  }

  /** Sums, and the best candidate of each weight. */
  @Benchmark
  public Slice bestSimd(Candidates reduced, SimdBackend simd, Elements work) {
    return best(simd.backend.evidence(), posterior, reduced, work);
  }

  /** Sums, and the best candidate of each weight. */
  @Benchmark
  public Slice bestOpenCl(Candidates reduced, OnDevice there, OpenClDevice device, Elements work) {
    return device.await(best(device.backend.evidence(), there.posterior, reduced, work));
  }

  private static Slice best(
      EvidenceKernels evidence, Posterior q, Candidates reduced, Elements work) {
    evidence.deltaFBest(
        q.mean,
        q.deviation,
        PRIOR_VARIANCE,
        reduced.variances,
        reduced.sums,
        q.deltaF,
        q.bestCandidate);
    work.elements += WEIGHTS;
    return q.bestCandidate;
  }

  /** Evidence of removing each row and each column of a 1,000 × 1,000 matrix. */
  @Benchmark
  public Slice groupSumsScalar(ScalarBackend scalar, Elements work) {
    return groupSums(scalar.backend.evidence(), posterior, work);
  }

  /** Evidence of removing each row and each column of a 1,000 × 1,000 matrix. */
  @Benchmark
  public Slice groupSumsSimd(SimdBackend simd, Elements work) {
    return groupSums(simd.backend.evidence(), posterior, work);
  }

  /** Evidence of removing each row and each column of a 1,000 × 1,000 matrix. */
  @Benchmark
  public Slice groupSumsOpenCl(OnDevice there, OpenClDevice device, Elements work) {
    return device.await(groupSums(device.backend.evidence(), there.posterior, work));
  }

  private static Slice groupSums(EvidenceKernels evidence, Posterior q, Elements work) {
    evidence.spikeGroupSums(
        q.meanMatrix, q.deviationMatrix, PRIOR_VARIANCE, q.rowSums, q.columnSums);
    work.elements += WEIGHTS;
    return q.rowSums;
  }
}
