package io.github.bmr4j.models.compact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.io.Allocated;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.WeightSource;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A compact network gives what the masked one gives, with less. */
class CompactionTest {

  private static final int BATCH = 13;
  private static final int SAMPLES = 3;

  /** A model with random masks that leave dead, constant and input-less units behind. */
  private static FlatModel pruned(Backend backend, Network network, double kept, long seed) {
    FlatModel model = new FlatModel(backend, network, FlatModel.Config.PUBLISHED, seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (FlatModel.Block block : model.blocks()) {
      float[] mask = new float[block.weights().size()];
      for (int i = 0; i < mask.length; i++) {
        mask[i] = random.nextDouble() < kept ? 1 : 0;
      }
      block.weights().setMask(mask);
    }
    return model;
  }

  private static float[] features(int length) {
    SplittableRandom random = new SplittableRandom(7);
    float[] x = new float[length];
    for (int i = 0; i < length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  /** The masked network's outputs with the weights that the model's sampling says. */
  private static float[] masked(Backend backend, Network network, WeightSource weights, float[] x) {
    Input input = new Input(network.batchShape(BATCH));
    Node outputs = network.forward(input, weights);
    Graph graph = Graph.forInference(backend, outputs);
    input.value().slice().copyFrom(x, 0);
    input.push();
    graph.forward();
    backend.memory().pull(outputs.value().slice());
    return outputs.value().slice().toArray();
  }

  private static void softmax(float[] logits, int classes, double[] sum) {
    for (int i = 0; i < logits.length; i += classes) {
      double total = 0;
      for (int c = 0; c < classes; c++) {
        total += Math.exp(logits[i + c]);
      }
      for (int c = 0; c < classes; c++) {
        sum[i + c] += Math.exp(logits[i + c]) / total;
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0.02,SWISH",
    "0.1,SIGMOID",
    "0.1,RELU",
    "0.3,SOFTPLUS",
    "0.9,TANH",
    "0,SIGMOID",
    "1,GELU"
  })
  void outputsAreThoseOfTheMaskedNetwork(double kept, UnaryFunction activation) {
    Network network = Networks.mlp(Shape.of(1, 6, 5), new int[] {20, 17, 9}, 4, activation);
    for (long seed = 0; seed < 5; seed++) {
      try (Backend backend = Backends.open()) {
        FlatModel model = pruned(backend, network, kept, seed);
        CompactNetwork compact = Compaction.of(backend, model, SAMPLES);
        float[] x = features(BATCH * 30);
        model.sampling().posteriorMean();
        float[] expected = masked(backend, network, model.draws(), x);
        double[] predictive = new double[BATCH * 4];
        for (int sample = 0; sample < SAMPLES; sample++) {
          model.sampling().prediction(sample);
          softmax(masked(backend, network, model.draws(), x), 4, predictive);
        }
        for (CompactPrediction.Product product : CompactPrediction.Product.values()) {
          CompactPrediction prediction = new CompactPrediction(backend, compact, BATCH, product);
          float[] outputs = new float[BATCH * 4];
          prediction.outputs(x, BATCH, outputs);
          assertArrayEquals(expected, outputs, 2e-5f, () -> product + " " + compact.units());
          float[] classes = new float[BATCH * 4];
          prediction.probabilities(x, BATCH, classes);
          for (int i = 0; i < classes.length; i++) {
            assertEquals(predictive[i] / SAMPLES, classes[i], 1e-5);
          }
        }
        long live = 0;
        for (FlatModel.Block block : model.blocks()) {
          for (float m : block.weights().mask().toArray()) {
            live += m != 0 ? 1 : 0;
          }
        }
        // A folded constant may give a bias to an output that had none.
        assertTrue(compact.cost().parameters() <= live + 4, compact.cost() + " of " + live);
      }
    }
  }

  /** By hand: one input is read, a constant unit goes into a bias, a unit nobody reads leaves. */
  @Test
  void deadAndConstantUnitsLeaveAndConstantsBecomeBiases() {
    Network network =
        new Network(
            "chain",
            Shape.of(1, 1, 3),
            List.of(
                new Flatten(),
                new Dense("one", 3, 3),
                new Activation(UnaryFunction.SIGMOID),
                new Dense("two", 3, 2)));
    float[] one = {0, 2, 0, 0, 0, 0, 1, 1, 1, 0.5f, 0, 3};
    float[] two = {1, 4, 0, 0, 2, 0, 0.25f, 1};
    try (Backend backend = Backends.open()) {
      CompactNetwork compact =
          Compaction.of(backend, network, Map.of("one", List.of(one), "two", List.of(two)));
      assertEquals(List.of(1), compact.selectedInputs());
      assertEquals(List.of(1, 1, 2), compact.units());
      // sigmoid(0) = 1/2 of the second unit, times 4 and 2.
      assertArrayEquals(
          new float[] {2.25f, 2}, compact.layers().get(1).biases().get(0).toArray(), 1e-6f);
      assertEquals(new ModelCost(2 + 3, 2, 4 + (4 + 4) + (8 + 8)), compact.cost());
      float[] y = new float[2];
      new CompactPrediction(backend, compact, 1).outputs(new float[] {9, 0.3f, -9}, 1, y);
      assertArrayEquals(new float[] {(float) (1 / (1 + Math.exp(-1.1)) + 2.25), 2}, y, 1e-6f);
    }
  }

  @ParameterizedTest
  @EnumSource(CompactPrediction.Product.class)
  void activationsMayStandAnywhere(CompactPrediction.Product product) {
    Network network =
        new Network(
            "odd",
            Shape.of(3),
            List.of(
                new Activation(UnaryFunction.TANH),
                new Dense("only", 3, 2),
                new Activation(UnaryFunction.RELU),
                new Activation(UnaryFunction.SQUARE)));
    float[] block = {2, 0, 1, 0, 0, 0, -0.5f, 3};
    try (Backend backend = Backends.open()) {
      CompactNetwork compact = Compaction.of(backend, network, Map.of("only", List.of(block)));
      float[] y = new float[2];
      new CompactPrediction(backend, compact, 1, product)
          .outputs(new float[] {0.4f, 1, 0.7f}, 1, y);
      double sum = 2 * Math.tanh(0.4) + Math.tanh(0.7) - 0.5;
      assertArrayEquals(new float[] {(float) (sum * sum), 9}, y, 1e-5f);
    }
  }

  @Test
  void otherLayersAreRefused() {
    Layer strange =
        new Layer() {
          @Override
          public Shape outputShape(Shape input) {
            return input;
          }

          @Override
          public Node forward(Node x, WeightSource weights) {
            return x;
          }

          @Override
          public String toString() {
            return "Strange";
          }
        };
    Network network = new Network("strange", Shape.of(2), List.of(strange));
    assertFalse(Compaction.isPossible(network));
    try (Backend backend = Backends.open()) {
      String message =
          assertThrows(
                  IllegalArgumentException.class, () -> Compaction.of(backend, network, Map.of()))
              .getMessage();
      assertTrue(message.contains("the layer Strange cannot be compacted"), message);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.05, 0.9})
  void filesGiveTheSameBitsBack(double kept, @TempDir Path folder) throws IOException {
    Network network = Networks.mlp(Shape.of(12), new int[] {20, 9}, 4, UnaryFunction.SWISH);
    try (Backend backend = Backends.open()) {
      CompactNetwork compact = Compaction.of(backend, pruned(backend, network, kept, 1), SAMPLES);
      Path file = folder.resolve("compact.safetensors");
      CompactFiles.save(file, compact, Map.of("seed", "1"));
      CompactNetwork loaded = CompactFiles.load(file);
      assertEquals(compact.selectedInputs(), loaded.selectedInputs());
      assertEquals(compact.cost(), loaded.cost());
      assertEquals(compact.units(), loaded.units());
      float[] x = features(BATCH * 12);
      float[] expected = new float[BATCH * 4];
      float[] actual = new float[BATCH * 4];
      new CompactPrediction(backend, compact, BATCH).probabilities(x, BATCH, expected);
      new CompactPrediction(backend, loaded, BATCH).probabilities(x, BATCH, actual);
      assertArrayEquals(expected, actual);
      byte[] bytes = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(bytes, bytes.length - 4));
      assertThrows(InvalidFileException.class, () -> CompactFiles.load(file));
    }
  }

  @Test
  void brokenFilesAreRefusedWithTheReason(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("broken.safetensors");
    assertRefused(file, base().metadata("format", "other"), "format is other");
    assertRefused(
        file, whole("SWISHY").floats("0.weight", new int[] {1, 1, 2}, new float[2]), "SWISHY");
    assertRefused(
        file,
        whole("RELU").floats("0.weight", new int[] {1, 2, 1}, new float[2]),
        "0.weight has the shape [1, 2, 1], expected [1, 1, 2]");
    assertRefused(
        file,
        whole("RELU").floats("0.weight", new int[] {1, 1, 2}, new float[] {1, Float.NaN}),
        "0.weight[1] is NaN");
    assertRefused(
        file,
        whole("RELU")
            .floats("0.values", new int[] {1, 1}, new float[] {1})
            .ints("0.columns", new int[] {1}, new int[] {2})
            .ints("0.starts", new int[] {2}, new int[] {0, 1}),
        "has column 2");
  }

  private static SafetensorsWriter base() {
    return new SafetensorsWriter()
        .metadata("layers", "1")
        .metadata("input_size", "3")
        .ints("inputs", new int[] {2}, new int[] {0, 2});
  }

  private static SafetensorsWriter whole(String activation) {
    return base()
        .metadata("format", CompactFiles.FORMAT)
        .metadata("0.name", "only")
        .metadata("0.activation", activation)
        .floats("0.bias", new int[] {1, 1}, new float[1]);
  }

  private static void assertRefused(Path file, SafetensorsWriter writer, String part)
      throws IOException {
    writer.write(file);
    String message =
        assertThrows(InvalidFileException.class, () -> CompactFiles.load(file)).getMessage();
    assertTrue(message.contains(part) && message.contains("broken.safetensors"), message);
  }

  @Test
  void predictionsAllocateNothing() {
    Network network = Networks.mlp(Shape.of(30), new int[] {40, 20}, 4, UnaryFunction.SWISH);
    try (Backend backend = Backends.open()) {
      CompactNetwork compact = Compaction.of(backend, pruned(backend, network, 0.2, 1), 2);
      CompactPrediction one = new CompactPrediction(backend, compact, 1);
      CompactPrediction many = new CompactPrediction(backend, compact, BATCH);
      float[] x = features(BATCH * 30);
      float[] classes = new float[BATCH * 4];
      // Asking takes some bytes itself: so a mean over many calls.
      long allocated = Long.MAX_VALUE;
      for (int round = 0; round < 100 && allocated > 0; round++) {
        long before = Allocated.bytes();
        for (int i = 0; i < 2_000; i++) {
          one.probabilitiesAtMean(x, 1, classes);
          many.probabilities(x, BATCH, classes);
        }
        allocated = (Allocated.bytes() - before) / 4_000;
      }
      assertEquals(0, allocated);
    }
  }

  @Test
  void wrongSizesAreRefused() {
    Network network = Networks.mlp(Shape.of(3), new int[0], 2, UnaryFunction.RELU);
    try (Backend backend = Backends.open()) {
      CompactNetwork compact = Compaction.of(backend, pruned(backend, network, 1, 1), 0);
      CompactPrediction prediction = new CompactPrediction(backend, compact, 2);
      assertThrows(
          IllegalArgumentException.class, () -> prediction.outputs(new float[9], 3, new float[6]));
      assertThrows(
          IllegalArgumentException.class, () -> prediction.outputs(new float[5], 2, new float[4]));
      assertThrows(
          IllegalStateException.class,
          () -> prediction.probabilities(new float[6], 2, new float[4]));
    }
  }
}
