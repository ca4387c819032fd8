package io.github.bmr4j.models.method;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.layer.Dropout;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.Residual;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.pruning.AdaptiveSpikeAndSlab;
import io.github.bmr4j.models.pruning.HorseshoeShrinkage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PublishedMethodTest {

  private static final Split DIGITS = standardized(Digits.split(0));

  private static Split standardized(Split split) {
    Standardization standardization = Standardization.perChannel(split.train());
    return new Split(standardization.apply(split.train()), standardization.apply(split.test()));
  }

  private static Network network() {
    return Networks.mlp(Shape.of(64), new int[] {64, 64}, 10, UnaryFunction.SWISH);
  }

  /** What all methods share in the published code, and in what they differ. */
  @Test
  void defaultsAreThePublishedOnes() {
    Map<PublishedMethod, Double> rates =
        Map.of(
            PublishedMethod.FLAT_MAP, 1e-3,
            PublishedMethod.FLAT_FF, 5e-3,
            PublishedMethod.TIERED_FF, 5e-3,
            PublishedMethod.STOCHASTIC_BMR, 1e-2,
            PublishedMethod.BMR_RHS, 1e-2);
    for (PublishedMethod method : PublishedMethod.values()) {
      StochasticBmr.Config config = method.config();
      assertEquals(rates.get(method), config.learningRate(), () -> method + " rate");
      assertEquals(120, config.batch());
      assertEquals(Optimizer.AdaBelief.DEFAULT, config.optimizer());
      assertEquals(VariationalStep.Divergence.SAMPLED, config.divergence());
      assertEquals(Reparameterization.GLOBAL, config.reparameterization());
      assertEquals(137, config.seed());
      // One more warm-up epoch of 500 steps where there is pruning.
      assertEquals(method.prunes() ? 25_500 : 25_000, config.totalSteps());
      assertEquals(method.prunes() ? 50 : 0, config.rounds());
      assertEquals(method == PublishedMethod.FLAT_MAP ? 1 : 100, config.samples());
    }
    FlatModel.Config flat = new FlatModel.Config(2, 2, 0.1, 1, 2, 0.1, Latent.Posterior.NORMAL);
    assertEquals(flat, PublishedMethod.FLAT_FF.config().model());
    assertEquals(flat, PublishedMethod.STOCHASTIC_BMR.config().model());
    assertEquals(flat, PublishedMethod.BMR_RHS.config().model());
    assertEquals(
        flat.withPosterior(Latent.Posterior.POINT), PublishedMethod.FLAT_MAP.config().model());
    assertEquals(
        new HorseshoeModel.Config(2, 6, 0.5, 1e-2, HorseshoeModel.LocalScales.ROWS, 2, 0.1),
        PublishedMethod.TIERED_FF.config().model());
    assertEquals(AdaptiveSpikeAndSlab.PUBLISHED, PublishedMethod.STOCHASTIC_BMR.config().rule());
    assertEquals(HorseshoeShrinkage.PUBLISHED, PublishedMethod.BMR_RHS.config().rule());
    assertEquals(1e-6, HorseshoeShrinkage.PUBLISHED.smallest());
  }

  private static long dropouts(List<Layer> layers) {
    return layers.stream()
        .mapToLong(
            layer ->
                layer instanceof Dropout dropout
                    ? dropout.rate() == 0.2 ? 1 : 1_000
                    : layer instanceof Residual residual ? dropouts(residual.layers()) : 0)
        .sum();
  }

  /** Behind each hidden layer of the perceptron, LeNet's dense one; none in the Mixer. */
  @Test
  void onlyTheModeIsTrainedWithDropout() {
    Network mlp = Networks.mlp(Shape.of(4), new int[] {5, 5, 5, 5}, 3, UnaryFunction.SWISH);
    assertEquals(4, dropouts(PublishedMethod.FLAT_MAP.prepare(mlp).layers()));
    assertEquals(1, dropouts(PublishedMethod.FLAT_MAP.prepare(Networks.lenet(1, 10)).layers()));
    Network vit = Networks.visionTransformer(1, 10);
    assertEquals(6, dropouts(PublishedMethod.FLAT_MAP.prepare(vit).layers()));
    assertEquals(vit.parameters(), PublishedMethod.FLAT_MAP.prepare(vit).parameters());
    Network mixer = Networks.mlpMixer(1, 10);
    assertSame(mixer, PublishedMethod.FLAT_MAP.prepare(mixer));
    assertSame(mlp, PublishedMethod.TIERED_FF.prepare(mlp));
  }

  private static StochasticBmr.Result run(PublishedMethod method, StochasticBmr.Config config) {
    try (Backend backend = Backends.open()) {
      return new StochasticBmr(
              backend,
              method.prepare(network()),
              DIGITS.train(),
              DIGITS.test(),
              config,
              StochasticBmr.Listener.NONE)
          .run();
    }
  }

  /** Each method on real data, with a short schedule; a broken one stays at a tenth. */
  @ParameterizedTest
  @EnumSource
  void everyMethodLearnsTheDigits(PublishedMethod method) {
    StochasticBmr.Config config =
        method.config().withSamples(method == PublishedMethod.FLAT_MAP ? 1 : 20, 2);
    StochasticBmr.Result result =
        run(
            method,
            method.prunes()
                ? config.withSchedule(1_500, 3, 200)
                : config.withSchedule(2_000, 0, 0));
    double accuracy = result.after().metrics().accuracy();
    assertTrue(accuracy > 0.85, () -> method + " has an accuracy of " + accuracy);
    assertTrue(Double.isFinite(result.after().elbo()), () -> method + " has " + result.after());
    if (method.prunes()) {
      assertTrue(Double.isFinite(result.predicted()), () -> method + " " + result.rounds());
    } else {
      assertEquals(0, result.prunedFraction());
    }
  }

  /** The same seed gives the same bits. */
  @ParameterizedTest
  @EnumSource(names = {"FLAT_MAP", "TIERED_FF", "BMR_RHS"})
  void aRunIsRepeatable(PublishedMethod method) {
    StochasticBmr.Config config = method.config().withSamples(2, 1).withSchedule(30, 1, 10);
    StochasticBmr.Result first = run(method, config);
    StochasticBmr.Result second = run(method, config);
    assertEquals(first.after().elbo(), second.after().elbo());
    assertFalse(first.after().elbo() == run(method, config.withSeed(5)).after().elbo());
  }

  @Test
  void aHorseshoeOfWeightsLearnsToo() {
    StochasticBmr.Config config =
        PublishedMethod.TIERED_FF
            .config()
            .withModel(
                HorseshoeModel.Config.PUBLISHED.withLocalScales(HorseshoeModel.LocalScales.WEIGHTS))
            .withSamples(20, 2)
            .withSchedule(1_500, 0, 0);
    double accuracy = run(PublishedMethod.TIERED_FF, config).after().metrics().accuracy();
    assertTrue(accuracy > 0.8, () -> "accuracy " + accuracy);
  }

  @Test
  void sharedScalesAndLocalNoiseDoNotGoTogether() {
    try (Backend backend = Backends.open()) {
      HorseshoeModel model =
          new HorseshoeModel(backend, network(), HorseshoeModel.Config.PUBLISHED, 1);
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> model.trainingDraws(Reparameterization.LOCAL))
              .getMessage();
      assertTrue(message.contains("global reparameterization only"), message);
    }
  }
}
