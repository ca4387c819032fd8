package io.github.bmr4j.bench;

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

/** Evidence of n posteriors under k reduced priors; the time is of all of them. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
public class EvidenceBenchmark {

  private static final int COLUMNS = 500;

  /** Posteriors, a multiple of 500. */
  @Param({"2500", "1000000"})
  public int n;

  /** Candidate reduced priors. */
  @Param({"1", "8"})
  public int candidates;

  private Slice mean;
  private Slice deviation;
  private Slice deltaF;
  private Slice best;
  private MatrixView meanMatrix;
  private MatrixView deviationMatrix;
  private Slice rowSums;
  private Slice columnSums;
  private float[] variances;
  private double[] sums;

  /** Allocates posteriors and results. */
  @Setup
  public void allocate(Kernels k) {
    mean = k.normal(n, 1);
    deviation = Slice.allocate(n);
    deviation.fill(0.3f);
    deltaF = Slice.allocate(n);
    best = Slice.allocate(n);
    meanMatrix = mean.asMatrix(n / COLUMNS, COLUMNS);
    deviationMatrix = deviation.asMatrix(n / COLUMNS, COLUMNS);
    rowSums = Slice.allocate(n / COLUMNS);
    columnSums = Slice.allocate(COLUMNS);
    variances = new float[candidates];
    for (int i = 0; i < candidates; i++) {
      variances[i] = (float) i / candidates;
    }
    sums = new double[candidates];
  }

  /** ΔF of the spike, one for each posterior. */
  @Benchmark
  public Slice spike(Kernels k) {
    k.kernels.evidence().deltaF(mean, deviation, 1, 0, deltaF);
    return deltaF;
  }

  /** Σ ΔF for each candidate. */
  @Benchmark
  public double[] sums(Kernels k) {
    k.kernels.evidence().deltaFSums(mean, deviation, 1, variances, sums);
    return sums;
  }

  /** Σ ΔF, and the best candidate of each posterior. */
  @Benchmark
  public Slice best(Kernels k) {
    k.kernels.evidence().deltaFBest(mean, deviation, 1, variances, sums, deltaF, best);
    return best;
  }

  /** ΔF of the spike, summed over rows and columns. */
  @Benchmark
  public Slice groups(Kernels k) {
    k.kernels.evidence().spikeGroupSums(meanMatrix, deviationMatrix, 1, rowSums, columnSums);
    return rowSums;
  }
}
