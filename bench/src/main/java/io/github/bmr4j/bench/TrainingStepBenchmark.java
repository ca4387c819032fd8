package io.github.bmr4j.bench;

import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.InputShape;
import io.github.bmr4j.models.data.Provenance;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.method.Training;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A whole training step of the flat model as published (batch of 120, AdaBelief, sampled
 * divergence): batch, weights drawn, forward, backward, fused update. The data are random numbers
 * of the real size. With {@code -prof gc}, {@code gc.alloc.rate.norm} is what a step allocates.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class TrainingStepBenchmark {

  private static final int CLASSES = 10;

  /** 64–100–100–10 on 1,438 examples, as the bundled digits have, scalar. */
  @State(Scope.Benchmark)
  public static class DigitsScalar {

    private Training training;

    /** Builds the model. */
    @Setup
    public void build(ScalarBackend scalar) {
      training = digits(scalar.backend);
    }
  }

  /** 64–100–100–10 on 1,438 examples, as the bundled digits have, SIMD. */
  @State(Scope.Benchmark)
  public static class DigitsSimd {

    private Training training;

    /** Builds the model. */
    @Setup
    public void build(SimdBackend simd) {
      training = digits(simd.backend);
    }
  }

  /** 784–500–500–500–500–10 on 60,000 examples, as Fashion-MNIST has, SIMD. */
  @State(Scope.Benchmark)
  public static class FashionMnistSimd {

    private Training training;

    /** Builds the model. */
    @Setup
    public void build(SimdBackend simd) {
      training = training(simd.backend, 784, new int[] {500, 500, 500, 500}, 60_000);
    }
  }

  /** LeNet with 6, 16 and 120 filters, images of 32×32, SIMD. */
  @State(Scope.Benchmark)
  public static class LenetSimd {

    private Training training;

    /** Builds the model. */
    @Setup
    public void build(SimdBackend simd) {
      training = training(simd.backend, Networks.lenet(1, CLASSES), 10_000);
    }
  }

  /** LeNet with 20 and 50 filters, images of 28×28, SIMD. */
  @State(Scope.Benchmark)
  public static class LenetCaffeSimd {

    private Training training;

    /** Builds the model. */
    @Setup
    public void build(SimdBackend simd) {
      training = training(simd.backend, Networks.lenetCaffe(1, CLASSES), 10_000);
    }
  }

  private static Training digits(Backend backend) {
    return training(backend, 64, new int[] {100, 100}, 1_438);
  }

  private static Training training(Backend backend, int inputs, int[] hidden, int examples) {
    Network network = Networks.mlp(Shape.of(inputs), hidden, CLASSES, UnaryFunction.SWISH);
    return training(backend, network, examples);
  }

  private static Training training(Backend backend, Network network, int examples) {
    StochasticBmr.Config published = StochasticBmr.Config.PUBLISHED;
    Dataset data = randomData(network.input().size(), examples);
    return new Training(
        backend,
        new FlatModel(backend, network, FlatModel.Config.PUBLISHED, published.seed()),
        data,
        Batches.independent(data.size(), published.batch(), published.seed()),
        Optimizer.of(published.optimizer(), LearningRate.constant(published.learningRate())),
        published.divergence(),
        published.reparameterization());
  }

  private static Dataset randomData(int inputs, int examples) {
    RandomNumbers random = new RandomNumbers(8);
    return Dataset.classification(
        "random",
        InputShape.row(inputs),
        random.normal(examples * inputs, 1),
        random.labels(examples, CLASSES),
        IntStream.range(0, CLASSES).mapToObj(Integer::toString).toList(),
        new Provenance("random numbers", "none", Map.of()));
  }

  /** The small network. */
  @Benchmark
  public double digitsScalar(DigitsScalar digits) {
    return digits.training.step();
  }

  /** The small network. */
  @Benchmark
  public double digitsSimd(DigitsSimd digits) {
    return digits.training.step();
  }

  /** The published network for Fashion-MNIST. The scalar oracle would take a second a step. */
  @Benchmark
  public double fashionMnistSimd(FashionMnistSimd fashionMnist) {
    return fashionMnist.training.step();
  }

  /** The published LeNet for Fashion-MNIST. */
  @Benchmark
  public double lenetSimd(LenetSimd lenet) {
    return lenet.training.step();
  }

  /** The LeNet on which libraries are compared. */
  @Benchmark
  public double lenetCaffeSimd(LenetCaffeSimd lenet) {
    return lenet.training.step();
  }
}
