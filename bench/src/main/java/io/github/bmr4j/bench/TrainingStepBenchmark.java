package io.github.bmr4j.bench;

import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.InputShape;
import io.github.bmr4j.models.data.Provenance;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.method.Training;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A whole step of stochastic variational inference: batch, draw of all weights, forward, backward,
 * update. With {@code -prof gc}, {@code gc.alloc.rate.norm} is what a step allocates.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
public class TrainingStepBenchmark {

  private static final int BATCH = 120;
  private static final int CLASSES = 10;
  private static final int EXAMPLES = 6_000;

  /** inputs-hidden…: the digits preset and the papers' Fashion-MNIST network. */
  @Param({"64-100-100", "784-500-500-500-500"})
  public String network;

  private Training training;

  /** Makes a model and random data. */
  @Setup
  public void train(Kernels k) {
    int[] sizes = Arrays.stream(network.split("-", -1)).mapToInt(Integer::parseInt).toArray();
    int inputs = sizes[0];
    int[] hidden = IntStream.range(1, sizes.length).map(i -> sizes[i]).toArray();
    Network mlp = Networks.mlp(Shape.of(inputs), hidden, CLASSES, UnaryFunction.SWISH);
    training =
        new Training(
            k.kernels,
            new FlatModel(k.kernels, mlp, FlatModel.Config.PUBLISHED, 1),
            random(inputs),
            Batches.independent(EXAMPLES, BATCH, 1),
            Optimizer.adaBelief(Optimizer.AdaBelief.DEFAULT, LearningRate.constant(1e-4)),
            VariationalStep.Divergence.ANALYTIC);
  }

  private static Dataset random(int inputs) {
    Random random = new Random(1);
    float[] features = new float[EXAMPLES * inputs];
    for (int i = 0; i < features.length; i++) {
      features[i] = (float) random.nextGaussian();
    }
    int[] labels = IntStream.range(0, EXAMPLES).map(i -> i % CLASSES).toArray();
    List<String> names = IntStream.range(0, CLASSES).mapToObj(String::valueOf).toList();
    return Dataset.classification(
        "random",
        InputShape.row(inputs),
        features,
        labels,
        names,
        new Provenance("random numbers of this benchmark", "none", Map.of()));
  }

  /** One step. */
  @Benchmark
  public double step() {
    return training.step();
  }
}
