package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.ReductionKernels;
import io.github.bmr4j.kernels.Slice;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Sums and the loss, at the sizes of a training step. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReductionBenchmark {

  private static final int BATCH = 120;
  private static final int UNITS = 500;
  private static final int CLASSES = 10;
  private static final int SUMMANDS = 1_000_000;

  private Slice summands;
  private MatrixView activations;
  private Slice columnSums;
  private MatrixView logits;
  private MatrixView logitGradients;
  private Slice labels;
  private Slice losses;
  private Slice lossGradients;

  /** Fills the inputs. */
  @Setup
  public void fill() {
    RandomNumbers random = new RandomNumbers(7);
    summands = random.normalSlice(SUMMANDS, 1);
    activations = MatrixView.of(BATCH, UNITS, random.normal(BATCH * UNITS, 1));
    columnSums = Slice.allocate(UNITS);
    logits = MatrixView.of(BATCH, CLASSES, random.normal(BATCH * CLASSES, 3));
    logitGradients = MatrixView.of(BATCH, CLASSES, new float[BATCH * CLASSES]);
    labels = Slice.allocate(BATCH);
    int[] indices = random.labels(BATCH, CLASSES);
    for (int i = 0; i < BATCH; i++) {
      labels.set(i, indices[i]);
    }
    losses = Slice.allocate(BATCH);
    lossGradients = Slice.allocate(BATCH);
    lossGradients.fill(1);
  }

  /** Σ of a million. */
  @Benchmark
  public double sumScalar(ScalarBackend scalar, Elements work) {
    return sum(scalar.backend.reduction(), work);
  }

  /** Σ of a million. */
  @Benchmark
  public double sumSimd(SimdBackend simd, Elements work) {
    return sum(simd.backend.reduction(), work);
  }

  private double sum(ReductionKernels reduction, Elements work) {
    work.elements += SUMMANDS;
    return reduction.sum(summands);
  }

  /** The bias gradient of a layer: 120 × 500. */
  @Benchmark
  public Slice columnSumsScalar(ScalarBackend scalar, Elements work) {
    return columnSums(scalar.backend.reduction(), work);
  }

  /** The bias gradient of a layer: 120 × 500. */
  @Benchmark
  public Slice columnSumsSimd(SimdBackend simd, Elements work) {
    return columnSums(simd.backend.reduction(), work);
  }

  private Slice columnSums(ReductionKernels reduction, Elements work) {
    reduction.columnSums(activations, columnSums, false);
    work.elements += BATCH * UNITS;
    return columnSums;
  }

  /** The loss of a batch and its gradient: 120 × 10. */
  @Benchmark
  public MatrixView crossEntropyScalar(ScalarBackend scalar, Elements work) {
    return crossEntropy(scalar.backend.reduction(), work);
  }

  /** The loss of a batch and its gradient: 120 × 10. */
  @Benchmark
  public MatrixView crossEntropySimd(SimdBackend simd, Elements work) {
    return crossEntropy(simd.backend.reduction(), work);
  }

  private MatrixView crossEntropy(ReductionKernels reduction, Elements work) {
    reduction.softmaxCrossEntropy(logits, labels, losses);
    reduction.softmaxCrossEntropyPullback(logits, labels, lossGradients, logitGradients, false);
    work.elements += BATCH * CLASSES;
    return logitGradients;
  }
}
