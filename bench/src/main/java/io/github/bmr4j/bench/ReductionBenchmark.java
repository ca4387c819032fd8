package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Sums and softmax at the sizes of a step of the Fashion-MNIST network. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
public class ReductionBenchmark {

  private static final int BATCH = 120;
  private static final int WIDTH = 500;
  private static final int CLASSES = 10;

  private Slice values;
  private MatrixView activations;
  private Slice biasGradient;
  private MatrixView logits;
  private Slice labels;
  private Slice losses;
  private MatrixView dLogits;

  /** Allocates the operands. */
  @Setup
  public void allocate(Kernels k) {
    values = k.normal(1_000_000, 1);
    activations = k.normal(BATCH * WIDTH, 2).asMatrix(BATCH, WIDTH);
    biasGradient = Slice.allocate(WIDTH);
    logits = k.normal(BATCH * CLASSES, 3).asMatrix(BATCH, CLASSES);
    labels = Slice.allocate(BATCH);
    for (int i = 0; i < BATCH; i++) {
      labels.set(i, i % CLASSES);
    }
    losses = Slice.allocate(BATCH);
    dLogits = Slice.allocate(BATCH * CLASSES).asMatrix(BATCH, CLASSES);
  }

  /** Σ of a million. */
  @Benchmark
  public double sum(Kernels k) {
    return k.kernels.reduction().sum(values);
  }

  /** The bias gradient of a layer of 500. */
  @Benchmark
  public Slice columnSums(Kernels k) {
    k.kernels.reduction().columnSums(activations, biasGradient, false);
    return biasGradient;
  }

  /** The loss of a batch of 120 over 10 classes. */
  @Benchmark
  public Slice crossEntropy(Kernels k) {
    k.kernels.reduction().softmaxCrossEntropy(logits, labels, losses);
    return losses;
  }

  /** And its pullback. */
  @Benchmark
  public MatrixView crossEntropyPullback(Kernels k) {
    k.kernels.reduction().softmaxCrossEntropyPullback(logits, labels, losses, dLogits, false);
    return dLogits;
  }
}
