package io.github.bmr4j.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.kernels.Window;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.AveragePooling;
import io.github.bmr4j.models.layer.BatchNorm;
import io.github.bmr4j.models.layer.ClassToken;
import io.github.bmr4j.models.layer.Convolution;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.FirstToken;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.LayerNorm;
import io.github.bmr4j.models.layer.MaxPooling;
import io.github.bmr4j.models.layer.Noise;
import io.github.bmr4j.models.layer.PatchEmbedding;
import io.github.bmr4j.models.layer.Residual;
import io.github.bmr4j.models.layer.SelfAttention;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.method.HorseshoeModel;
import io.github.bmr4j.models.method.NoisyModel;
import io.github.bmr4j.models.method.PublishedMethod;
import io.github.bmr4j.models.method.Reparameterization;
import io.github.bmr4j.models.method.Training;
import io.github.bmr4j.models.method.VariationalModel;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A training step in the steady state: batch, forward, backward, updates, on all threads. */
class TrainingAllocationTest {

  private static final int STEPS = 200;

  /**
   * So many that what is called once a step passes the compiler's 5,000 calls, several times that
   * on a busy machine.
   */
  private static final int MOST_ROUNDS = 400;

  /** What the JVM's own threads may do meanwhile; a vector on the heap is 80 bytes a time. */
  private static final long BYTES_PER_STEP = 64;

  @ParameterizedTest
  @CsvSource({"1, GLOBAL", "2, GLOBAL", "1, LOCAL", "2, LOCAL"})
  void aStepAllocatesNothingOnceCompiled(int threads, Reparameterization reparameterization) {
    Dataset data = Digits.split(0).train();
    try (Backend backend = Backends.open(threads)) {
      FlatModel model =
          new FlatModel(
              backend,
              Networks.mlp(Shape.of(64), new int[] {100, 100}, 10, UnaryFunction.SWISH),
              FlatModel.Config.PUBLISHED,
              1);
      VariationalStep.Divergence divergence = VariationalStep.Divergence.ANALYTIC;
      assertAllocatesNothing(
          training(backend, model, data, 120, divergence, reparameterization), threads);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FULL_ROW", "MATRIX_NORMAL"})
  void aStepWithCorrelatedRowsAllocatesNothingOnceCompiled(Latent.Posterior posterior) {
    Dataset data = Digits.split(0).train();
    try (Backend backend = Backends.open(1)) {
      FlatModel model =
          new FlatModel(
              backend,
              Networks.mlp(Shape.of(64), new int[] {20}, 10, UnaryFunction.SWISH),
              FlatModel.Config.PUBLISHED.withPosterior(posterior),
              1);
      assertAllocatesNothing(training(backend, model, data, 120), 1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aStepWithMultiplicativeNoiseAllocatesNothingOnceCompiled(int threads) {
    Dataset data = Digits.split(0).train();
    try (Backend backend = Backends.open(threads)) {
      NoisyModel model =
          new NoisyModel(
              backend,
              Networks.withNoise(
                  Networks.mlp(Shape.of(64), new int[] {30, 30}, 10, UnaryFunction.TANH)),
              NoisyModel.Config.PUBLISHED,
              1);
      Training training =
          new Training(
              backend,
              model,
              data,
              Batches.shuffled(data.size(), 32, 1),
              Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(1e-3)));
      assertAllocatesNothing(training, threads);
    }
  }

  /** The operations of a vision transformer and of LeNet, on the digits. */
  private static Network small(String name) {
    if (name.equals("lenet")) {
      return new Network(
          name,
          Shape.of(1, 8, 8),
          List.of(
              new Convolution("layer1", 1, 4, 3),
              new Activation(UnaryFunction.TANH),
              new AveragePooling(2),
              new Flatten(),
              new Dense("layer2", 36, 10)));
    }
    return new Network(
        name,
        Shape.of(1, 8, 8),
        List.of(
            new PatchEmbedding("patches", 4, 1, 16),
            new ClassToken("positions", 4, 16),
            new Residual(new LayerNorm("norm1", 16), new SelfAttention("attention", 16, 2)),
            new Residual(
                new LayerNorm("norm2", 16),
                new Dense("mlp1", 16, 32),
                new Activation(UnaryFunction.GELU_TANH),
                new Dense("mlp2", 32, 16)),
            new LayerNorm("norm", 16),
            new FirstToken(),
            new Dense("head", 16, 10)));
  }

  @ParameterizedTest
  @CsvSource({"lenet, 1", "lenet, 2", "vit, 1", "vit, 2"})
  void aStepOfImagesAllocatesNothingOnceCompiled(String name, int threads) {
    Dataset data = Digits.split(0).train();
    try (Backend backend = Backends.open(threads)) {
      FlatModel model = new FlatModel(backend, small(name), FlatModel.Config.PUBLISHED, 1);
      assertAllocatesNothing(training(backend, model, data, 60), threads);
    }
  }

  /** Scales of a horseshoe, computed on the host; and points with dropout. */
  @ParameterizedTest
  @EnumSource(names = {"TIERED_FF", "FLAT_MAP"})
  void aStepOfTheOtherMethodsAllocatesNothingOnceCompiled(PublishedMethod method) {
    Dataset data = Digits.split(0).train();
    Network network =
        method.prepare(Networks.mlp(Shape.of(64), new int[] {30, 30}, 10, UnaryFunction.SWISH));
    try (Backend backend = Backends.open(1)) {
      VariationalModel model =
          method == PublishedMethod.TIERED_FF
              ? new HorseshoeModel(backend, network, HorseshoeModel.Config.PUBLISHED, 1)
              : new FlatModel(
                  backend,
                  network,
                  FlatModel.Config.PUBLISHED.withPosterior(Latent.Posterior.POINT),
                  1);
      assertAllocatesNothing(training(backend, model, data, 60), 1);
    }
  }

  private static Training training(
      Backend backend, VariationalModel model, Dataset data, int batch) {
    VariationalStep.Divergence divergence = VariationalStep.Divergence.SAMPLED;
    return training(backend, model, data, batch, divergence, Reparameterization.GLOBAL);
  }

  private static Training training(
      Backend backend,
      VariationalModel model,
      Dataset data,
      int batch,
      VariationalStep.Divergence divergence,
      Reparameterization reparameterization) {
    return new Training(
        backend,
        model,
        data,
        Batches.independent(data.size(), batch, 1),
        Optimizer.of(Optimizer.AdaBelief.DEFAULT, LearningRate.constant(1e-3)),
        divergence,
        reparameterization);
  }

  /** Filters with noise for each pixel, and channels that are normalised over the batch. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aStepOfConvolutionsWithNoiseAllocatesNothingOnceCompiled(boolean normalized) {
    Dataset data = Digits.split(0).train();
    List<Layer> layers = new ArrayList<>();
    layers.add(new Convolution("a", 1, 4, Window.square(3, 1, 1), 1));
    if (normalized) {
      layers.add(new BatchNorm("b", 4));
    }
    layers.add(new Noise(normalized ? "b" : "a", 4, 0));
    layers.add(new Activation(UnaryFunction.RELU));
    layers.add(new MaxPooling(2));
    layers.add(new Flatten());
    layers.add(new Dense("c", 64, 10));
    try (Backend backend = Backends.open(1)) {
      NoisyModel model =
          new NoisyModel(
              backend,
              new Network("small", Shape.of(1, 8, 8), layers),
              NoisyModel.Config.PUBLISHED,
              1);
      Training training =
          new Training(
              backend,
              model,
              data,
              Batches.shuffled(data.size(), 32, 1),
              Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(1e-3)));
      assertAllocatesNothing(training, 1);
    }
  }

  private static void assertAllocatesNothing(Training training, int threads) {
    ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long perStep = Long.MAX_VALUE;
    // The compiler takes its time, and until it is done vectors live on the heap.
    for (int round = 0; round < MOST_ROUNDS && perStep > BYTES_PER_STEP; round++) {
      long before = bean.getTotalThreadAllocatedBytes();
      for (int i = 0; i < STEPS; i++) {
        training.step();
      }
      perStep = (bean.getTotalThreadAllocatedBytes() - before) / STEPS;
    }
    long bytes = perStep;
    assertTrue(bytes <= BYTES_PER_STEP, () -> bytes + " bytes a step with " + threads + " threads");
  }
}
