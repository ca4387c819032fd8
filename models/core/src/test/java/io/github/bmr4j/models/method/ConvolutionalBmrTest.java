package io.github.bmr4j.models.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.AveragePooling;
import io.github.bmr4j.models.layer.Convolution;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.pruning.AdaptiveSpikeAndSlab;
import io.github.bmr4j.models.pruning.CertificateFiles;
import io.github.bmr4j.models.pruning.ModelReduction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A LeNet for images of 8×8, trained and pruned on the digits. */
class ConvolutionalBmrTest {

  @TempDir private Path folder;

  private static Network network() {
    Layer tanh = new Activation(UnaryFunction.TANH);
    List<Layer> layers =
        List.of(
            new Convolution("layer1", 1, 8, 3),
            tanh,
            new AveragePooling(2),
            new Convolution("layer2", 8, 24, 3),
            tanh,
            new Flatten(),
            new Dense("layer3", 24, 32),
            tanh,
            new Dense("layer4", 32, 10));
    return new Network("small lenet", Shape.of(1, 8, 8), layers);
  }

  private static StochasticBmr.Config config() {
    StochasticBmr.Config published = StochasticBmr.Config.PUBLISHED;
    return new StochasticBmr.Config(
        published.model(),
        120,
        1_500,
        0,
        12,
        100,
        Optimizer.AdaBelief.DEFAULT,
        1e-2,
        VariationalStep.Divergence.ANALYTIC,
        Reparameterization.GLOBAL,
        AdaptiveSpikeAndSlab.PUBLISHED,
        20,
        3,
        2_000,
        1);
  }

  private static StochasticBmr bmr(Backend backend) {
    Split split = Digits.split(0);
    Standardization standardization = Standardization.perChannel(split.train());
    return new StochasticBmr(
        backend,
        network(),
        standardization.apply(split.train()),
        standardization.apply(split.test()),
        config(),
        StochasticBmr.Listener.NONE);
  }

  @Test
  void aSmallLenetLearnsTheDigitsAndIsPruned() throws IOException {
    try (Backend backend = Backends.open()) {
      StochasticBmr.Result result = bmr(backend).run();
      double accuracy = result.after().metrics().accuracy();
      assertTrue(accuracy > 0.94, "accuracy " + accuracy);
      assertTrue(result.prunedFraction() > 0.15, "pruned " + result.prunedFraction());
      double gained = result.after().elbo() - result.before().elbo();
      assertTrue(gained > 100, "ELBO gained " + gained + " nats");

      List<ModelReduction.Decisions> layers = result.reduction().decisions();
      assertEquals(80 + 8 * 24 * 9 + 24 + 25 * 32 + 330, result.reduction().total());
      Path file = folder.resolve("certificate.safetensors");
      CertificateFiles.save(file, result.reduction(), Map.of());
      List<ModelReduction.Decisions> loaded = CertificateFiles.load(file).layers();
      for (int l = 0; l < layers.size(); l++) {
        assertArrayEquals(layers.get(l).reason(), loaded.get(l).reason());
        assertArrayEquals(layers.get(l).deltaF(), loaded.get(l).deltaF());
      }
    }
  }
}
