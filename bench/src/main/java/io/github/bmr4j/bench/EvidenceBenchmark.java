package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.EvidenceKernels;
import io.github.bmr4j.kernels.MatrixView;
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

  private Slice mean;
  private Slice deviation;
  private Slice deltaF;
  private Slice bestCandidate;
  private MatrixView meanMatrix;
  private MatrixView deviationMatrix;
  private Slice rowSums;
  private Slice columnSums;

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

  /** A posterior with clear and unclear cases. */
  @Setup
  public void fill() {
    RandomNumbers random = new RandomNumbers(5);
    mean = random.normalSlice(WEIGHTS, 0.3);
    deviation = random.uniformSlice(WEIGHTS, 0.05, 0.9);
    deltaF = Slice.allocate(WEIGHTS);
    bestCandidate = Slice.allocate(WEIGHTS);
    meanMatrix = mean.asMatrix(ROWS, COLUMNS);
    deviationMatrix = deviation.asMatrix(ROWS, COLUMNS);
    rowSums = Slice.allocate(ROWS);
    columnSums = Slice.allocate(COLUMNS);
  }

  /** ΔF of each weight under the spike. */
  @Benchmark
  public Slice deltaFScalar(ScalarBackend scalar, Elements work) {
    return deltaF(scalar.backend.evidence(), work);
  }

  /** ΔF of each weight under the spike. */
  @Benchmark
  public Slice deltaFSimd(SimdBackend simd, Elements work) {
    return deltaF(simd.backend.evidence(), work);
  }

  private Slice deltaF(EvidenceKernels evidence, Elements work) {
    evidence.deltaF(mean, deviation, PRIOR_VARIANCE, 0, deltaF);
    work.elements += WEIGHTS;
    return deltaF;
  }

  /** Sums for each candidate. */
  @Benchmark
  public double[] sumsScalar(Candidates reduced, ScalarBackend scalar, Elements work) {
    return sums(scalar.backend.evidence(), reduced, work);
  }

  /** Sums for each candidate. */
  @Benchmark
  public double[] sumsSimd(Candidates reduced, SimdBackend simd, Elements work) {
    return sums(simd.backend.evidence(), reduced, work);
  }

  private double[] sums(EvidenceKernels evidence, Candidates reduced, Elements work) {
    evidence.deltaFSums(mean, deviation, PRIOR_VARIANCE, reduced.variances, reduced.sums);
    work.elements += WEIGHTS;
    return reduced.sums;
  }

  /** Sums, and the best candidate of each weight. */
  @Benchmark
  public Slice bestScalar(Candidates reduced, ScalarBackend scalar, Elements work) {
    return best(scalar.backend.evidence(), reduced, work);
  }

  /** Sums, and the best candidate of each weight. */
  @Benchmark
  public Slice bestSimd(Candidates reduced, SimdBackend simd, Elements work) {
    return best(simd.backend.evidence(), reduced, work);
  }

  private Slice best(EvidenceKernels evidence, Candidates reduced, Elements work) {
    evidence.deltaFBest(
        mean, deviation, PRIOR_VARIANCE, reduced.variances, reduced.sums, deltaF, bestCandidate);
    work.elements += WEIGHTS;
    return bestCandidate;
  }

  /** Evidence of removing each row and each column of a 1,000 × 1,000 matrix. */
  @Benchmark
  public Slice groupSumsScalar(ScalarBackend scalar, Elements work) {
    return groupSums(scalar.backend.evidence(), work);
  }

  /** Evidence of removing each row and each column of a 1,000 × 1,000 matrix. */
  @Benchmark
  public Slice groupSumsSimd(SimdBackend simd, Elements work) {
    return groupSums(simd.backend.evidence(), work);
  }

  private Slice groupSums(EvidenceKernels evidence, Elements work) {
    evidence.spikeGroupSums(meanMatrix, deviationMatrix, PRIOR_VARIANCE, rowSums, columnSums);
    work.elements += WEIGHTS;
    return rowSums;
  }
}
