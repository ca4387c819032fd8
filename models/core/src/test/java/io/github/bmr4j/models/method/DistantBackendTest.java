package io.github.bmr4j.models.method;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Epochs;
import io.github.bmr4j.models.data.InputShape;
import io.github.bmr4j.models.data.Provenance;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Embedding;
import io.github.bmr4j.models.layer.Gru;
import io.github.bmr4j.models.layer.Lstm;
import io.github.bmr4j.models.layer.MeanToken;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.network.ResidualNetworks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What would go wrong on a device, where each push and pull counts, goes wrong here. */
class DistantBackendTest {

  private static final int EXAMPLES = 9;
  private static final int CLASSES = 3;

  @TempDir private Path folder;

  /** Otherwise the other tests would show nothing. */
  @Test
  void whatIsNotPushedIsNotSeen() {
    try (Backend distant = new DistantBackend(Backends.open("scalar", 1))) {
      Slice x = Slice.of(distant.memory().allocate(3));
      x.fill(1);
      assertEquals(0, distant.reduction().sum(x));
      distant.memory().push(x.slice(0, 2));
      assertEquals(2, distant.reduction().sum(x));
      distant.elementwise().fill(x, 5);
      assertEquals(1, x.get(0));
      distant.memory().pull(x.slice(1, 2));
      assertEquals(6, x.get(0) + x.get(1));
    }
  }

  /** All methods, from the first step to the result. */
  @ParameterizedTest
  @MethodSource("io.github.bmr4j.models.method.CheckpointsTest#cases")
  void methodsEndWithTheSameBits(CheckpointsTest.Case method) throws IOException {
    Path near = folder.resolve("near");
    Path distant = folder.resolve("distant");
    String expected = run(method, Backends.open(), near);
    assertEquals(expected, run(method, new DistantBackend(Backends.open()), distant));
    CheckpointsTest.assertSameTensors(near, distant);
  }

  private static String run(CheckpointsTest.Case method, Backend of, Path file) throws IOException {
    try (Backend backend = of) {
      CheckpointsTest.Run run = method.start(backend);
      String found = run.whole().get().toString();
      Checkpoints.save(file, run.resumable(), Map.of());
      return found;
    }
  }

  static Stream<Network> networks() {
    Network mlp = Networks.mlp(Shape.of(12), new int[] {7, 5}, CLASSES, UnaryFunction.TANH);
    Network tokens =
        new Network(
            "tokens",
            Shape.of(4),
            List.of(
                new Embedding("words", 6, 5), new MeanToken(), new Dense("output", 5, CLASSES)));
    return Stream.of(
        Networks.withDropout(mlp, 0.5),
        tokens,
        Networks.lenet(1, CLASSES),
        Networks.lenet5(3, CLASSES),
        Networks.visionTransformer(1, CLASSES),
        Networks.mlpMixer(3, CLASSES));
  }

  /** Two epochs of steps, and the likelihood after each. */
  @ParameterizedTest
  @MethodSource("networks")
  void networksTrainToTheSameBits(Network network) {
    try (Backend near = Backends.open();
        Backend distant = new DistantBackend(Backends.open())) {
      assertEquals(losses(near, network), losses(distant, network));
    }
  }

  private static List<Double> losses(Backend backend, Network network) {
    Dataset data = examples(network);
    FlatModel model = new FlatModel(backend, network, FlatModel.Config.PUBLISHED, 1);
    Training training =
        new Training(
            backend,
            model,
            data,
            Batches.shuffled(data.size(), 4, 1),
            Optimizer.of(Optimizer.AdaBelief.DEFAULT, LearningRate.constant(1e-2)),
            VariationalStep.Divergence.SAMPLED,
            Reparameterization.GLOBAL);
    return losses(backend, model, data, training);
  }

  /** Batch normalisation is for weights that are points: with noise on the units. */
  @Test
  void aResidualNetworkTrainsToTheSameBits() {
    Network network =
        Networks.withNoise(
            ResidualNetworks.of(
                new ResidualNetworks.Config("small", List.of(1, 1, 1, 1), true, 2, 32, CLASSES)));
    try (Backend near = Backends.open();
        Backend distant = new DistantBackend(Backends.open())) {
      assertEquals(noisyLosses(near, network), noisyLosses(distant, network));
    }
  }

  private static List<Double> noisyLosses(Backend backend, Network network) {
    Dataset data = examples(network);
    NoisyModel model = new NoisyModel(backend, network, Bmrs.Config.PUBLISHED.model(), 1);
    Training training =
        new Training(
            backend,
            model,
            data,
            Batches.shuffled(data.size(), 4, 1),
            Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(1e-2)));
    return losses(backend, model, data, training);
  }

  private static List<Double> losses(
      Backend backend, SampledNetwork model, Dataset data, Training training) {
    Prediction prediction = new Prediction(backend, model, 5);
    List<Double> losses = new ArrayList<>();
    for (int step = 0; step < 4; step++) {
      losses.add(training.step());
      losses.add(prediction.logLikelihood(data, 1));
    }
    assertNotEquals(losses.get(1), losses.get(3), "it learns");
    return losses;
  }

  /** As images, if the network takes such; as tokens' numbers, if it has a table of them. */
  private static Dataset examples(Network network) {
    Shape input = network.input();
    boolean tokens = network.layers().getFirst() instanceof Embedding;
    SplittableRandom random = new SplittableRandom(3);
    float[] features = new float[EXAMPLES * input.size()];
    int[] labels = new int[EXAMPLES];
    for (int i = 0; i < features.length; i++) {
      features[i] = tokens ? random.nextInt(6) : (float) random.nextGaussian();
    }
    for (int i = 0; i < EXAMPLES; i++) {
      labels[i] = i % CLASSES;
    }
    return Dataset.classification(
        "random",
        input.rank() == 3
            ? new InputShape(input.extent(0), input.extent(1), input.extent(2))
            : InputShape.row(input.size()),
        features,
        labels,
        List.of("a", "b", "c"),
        new Provenance("test", "none", Map.of()));
  }

  static Stream<Network> cells() {
    return Stream.of(
        Networks.recurrent(new Gru("gru", 3, 2, 4), 2),
        Networks.recurrent(new Lstm("lstm", 3, 2, 4), 2));
  }

  /** By each scheme, with noise that varies. */
  @ParameterizedTest
  @MethodSource("cells")
  void recurrentNetworksTrainToTheSameBits(Network network) {
    for (InferenceScheme scheme : InferenceScheme.values()) {
      try (Backend near = Backends.open();
          Backend distant = new DistantBackend(Backends.open())) {
        assertEquals(
            regression(near, network, scheme), regression(distant, network, scheme), scheme.name());
      }
    }
  }

  private static List<Double> regression(Backend backend, Network network, InferenceScheme scheme) {
    RegressionModel.Config config =
        new RegressionModel.Config(scheme, 1, scheme.isSampled() ? 0 : 1e-3, 0.1, false, false);
    RegressionModel model =
        new RegressionModel(backend, network, config.withHeteroscedasticNoise(), 1);
    SplittableRandom random = new SplittableRandom(3);
    float[] features = new float[EXAMPLES * network.input().size()];
    float[] targets = new float[EXAMPLES];
    for (int i = 0; i < features.length; i++) {
      features[i] = (float) random.nextGaussian();
      targets[i % EXAMPLES] = features[i];
    }
    Dataset data =
        Dataset.regression(
            "random",
            InputShape.row(network.input().size()),
            features,
            targets,
            1,
            new Provenance("test", "none", Map.of()));
    RegressionTraining training =
        new RegressionTraining(
            backend,
            model,
            data,
            new Epochs(EXAMPLES, true, 1),
            4,
            Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(1e-2)),
            EXAMPLES,
            false);
    List<Double> losses = List.of(training.epoch(), training.epoch(), training.epoch());
    assertNotEquals(losses.get(0), losses.get(2), "it learns");
    return losses;
  }
}
