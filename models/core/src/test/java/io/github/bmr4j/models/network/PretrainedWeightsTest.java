package io.github.bmr4j.models.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.SafetensorsReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Logits against PyTorch's, with weights under timm's and Hugging Face's names. */
class PretrainedWeightsTest {

  /** Small networks by {@code src/test/python/pytorch_networks.py}. */
  private static Path small(String name) {
    return Path.of("src/test/resources/io/github/bmr4j/models/network", name + ".safetensors");
  }

  private static Network network(String name, boolean full) {
    return switch (name.replace("-hf", "")) {
      case "resnet18" ->
          ResidualNetworks.of(
              full
                  ? ResidualNetworks.Config.resnet18(1000)
                  : new ResidualNetworks.Config("small", List.of(2, 2, 2, 2), false, 2, 32, 7));
      case "resnet50" ->
          ResidualNetworks.of(
              full
                  ? ResidualNetworks.Config.resnet50(1000)
                  : new ResidualNetworks.Config("small", List.of(1, 2, 1, 1), true, 2, 32, 7));
      default ->
          VisionTransformers.of(
              full
                  ? VisionTransformers.Config.base16(1000)
                  : new VisionTransformers.Config("small", 16, 8, 12, 2, 3, 16, 7, 1e-6f));
    };
  }

  private static void compare(Path file, Network network) throws IOException {
    PlainNetwork pretrained = PretrainedWeights.read(file, network);
    try (SafetensorsReader reader = SafetensorsReader.open(file);
        Backend backend = Backends.open()) {
      float[] images = reader.readFloats("x");
      float[] expected = reader.readFloats("y");
      Input x = new Input(network.batchShape(2));
      Node y = network.forward(x, pretrained.source(backend));
      Graph graph = Graph.forInference(backend, y);
      x.value().slice().copyFrom(images, 0);
      x.push();
      graph.forward();
      backend.memory().pull(y.value().slice());
      assertEquals(expected.length, y.shape().size());
      double scale = 0;
      double worst = 0;
      for (int i = 0; i < expected.length; i++) {
        scale = Math.max(scale, Math.abs(expected[i]));
        worst = Math.max(worst, Math.abs(expected[i] - y.value().slice().get(i)));
      }
      assertTrue(worst <= 1e-4 * Math.max(1, scale), "differs by " + worst + " of " + scale);
      assertTrue(scale > 0.1, "logits that say something");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnet50", "vit", "resnet18-hf", "resnet50-hf", "vit-hf"})
  void smallNetworksGiveTheLogitsOfPyTorch(String name) throws IOException {
    compare(small(name), network(name, false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnet50", "vit", "resnet18-hf", "resnet50-hf", "vit-hf"})
  void fullNetworksGiveTheLogitsOfPyTorch(String name) throws IOException {
    String folder = System.getProperty("bmr4j.pytorch");
    assumeTrue(
        folder != null,
        "needs the files of src/test/python/pytorch_networks.py full; give their folder by"
            + " -Dbmr4j.pytorch");
    compare(Path.of(folder, name + ".safetensors"), network(name, true));
  }

  @Test
  void whatIsMissingOrOfAnotherSizeIsNamed() {
    Network other = network("resnet50", false);
    String missing =
        assertThrows(
                InvalidFileException.class, () -> PretrainedWeights.read(small("resnet18"), other))
            .getMessage();
    assertTrue(missing.contains("layer1.0.conv1.weight has the shape"), missing);
    Network vit = network("vit", false);
    String none =
        assertThrows(
                InvalidFileException.class, () -> PretrainedWeights.read(small("resnet18"), vit))
            .getMessage();
    assertTrue(none.contains("there is no tensor patch_embed.proj.weight"), none);
  }
}
