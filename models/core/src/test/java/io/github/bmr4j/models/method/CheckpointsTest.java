package io.github.bmr4j.models.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.SimulatedData;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.TensorEntry;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.pruning.EvidenceThreshold;
import io.github.bmr4j.models.pruning.PruningRule;
import io.github.bmr4j.models.pruning.StructureRule;
import io.github.bmr4j.models.pruning.TargetSparsity;
import io.github.bmr4j.models.pruning.WeightScore;
import io.github.bmr4j.models.pruning.WithReducedPosterior;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A run that is stopped and goes on ends with the bits of one that is not. */
class CheckpointsTest {

  private static final Split DIGITS = digits();

  private static final Dataset REGRESSION =
      SimulatedData.draw(SimulatedData.Kind.FRIEDMAN1, 90, 10, 12, 3).train();

  @TempDir private Path folder;

  private static Split digits() {
    Split split = Digits.split(0);
    Standardization standardization = Standardization.perChannel(split.train());
    return new Split(standardization.apply(split.train()), standardization.apply(split.test()));
  }

  /** A method on a small network: makes runs that have not started. */
  interface Case {
    Run start(Backend backend);
  }

  /**
   * A run: what is saved, how many steps or epochs it lives for at most, and its whole schedule
   * with what it gives, times left out.
   */
  record Run(Resumable resumable, int stretch, Supplier<Object> whole) {}

  private static Run stochastic(Backend backend, Optimizer.Rule rule, Reparameterization noise) {
    Network network = Networks.mlp(Shape.of(64), new int[] {20, 15}, 10, UnaryFunction.SWISH);
    StochasticBmr.Config c = StochasticBmr.Config.PUBLISHED;
    StochasticBmr.Config config =
        new StochasticBmr.Config(
            c.model(),
            50,
            60,
            40,
            4,
            25,
            rule,
            1e-2,
            VariationalStep.Divergence.ANALYTIC,
            noise,
            new EvidenceThreshold(-1),
            5,
            2,
            300,
            7);
    StochasticBmr bmr =
        new StochasticBmr(
            backend, network, DIGITS.train(), DIGITS.test(), config, StochasticBmr.Listener.NONE);
    return new Run(
        bmr,
        20,
        () -> {
          StochasticBmr.Result result = bmr.run();
          assertTrue(result.prunedFraction() > 0.05, "something to remember");
          return Map.of(
              "before", result.before(), "after", result.after(), "rounds", result.rounds());
        });
  }

  private static Run bmrs(Backend backend, int pruneEvery) {
    Bmrs.Config config =
        Bmrs.Config.PUBLISHED
            .withSchedule(
                new Bmrs.Schedule(
                    60, 4, pruneEvery, 3, Bmrs.Config.PUBLISHED.schedule().learningRate()))
            .withRule(StructureRule.MEAN);
    Network network =
        Networks.withNoise(Networks.mlp(Shape.of(64), new int[] {20, 15}, 10, UnaryFunction.RELU));
    Bmrs bmrs =
        new Bmrs(backend, network, DIGITS.train(), DIGITS.test(), config, Bmrs.Listener.NONE);
    return new Run(
        bmrs,
        20,
        () -> {
          Bmrs.Result result = bmrs.run();
          return Map.of(
              "before", result.before(),
              "after", result.after(),
              "epochs", result.epochs(),
              "pruned", result.decision().pruned(),
              "compact", result.compact());
        });
  }

  private static Run principled(Backend backend, InferenceScheme scheme, boolean exact) {
    Dataset data = REGRESSION;
    PrincipledPruning.Config config =
        PrincipledPruning.Config.boston(scheme)
            .withEpochs(12, 6)
            .withRounds(3)
            .withTies(0.9, true)
            .withExactUpdates(exact, exact);
    Network network =
        Networks.mlp(Shape.of(data.inputShape().size()), new int[] {9}, 1, UnaryFunction.TANH);
    PrincipledPruning pruning = new PrincipledPruning(backend, network, data, config);
    return new Run(
        pruning,
        3,
        () -> {
          PrincipledPruning.Result result = pruning.run();
          assertTrue(result.kept() < result.weights(), "something to remember");
          return Map.of(
              "trained", result.trained(), "rounds", result.rounds(), "last", result.last());
        });
  }

  private static Run spikeAndSlab(
      Backend backend, SpikeAndSlabModel.Indicators indicators, int restarts, boolean learn) {
    SpikeAndSlabCompression.Config c = SpikeAndSlabCompression.Config.RECOMMENDED;
    SpikeAndSlabCompression.Config config =
        new SpikeAndSlabCompression.Config(
            indicators,
            c.mixture(),
            0.3,
            0.5,
            2,
            learn,
            0.05,
            40,
            100,
            1e-2,
            0.1,
            c.rule(),
            restarts,
            9,
            3,
            5);
    Network network =
        Networks.mlp(
            Shape.of(REGRESSION.inputShape().size()), new int[] {6}, 1, UnaryFunction.TANH);
    SpikeAndSlabCompression compression =
        new SpikeAndSlabCompression(
            backend,
            network,
            REGRESSION,
            REGRESSION,
            null,
            1,
            config,
            SpikeAndSlabCompression.Listener.NONE);
    return new Run(
        compression,
        30,
        () -> {
          SpikeAndSlabCompression.Result result = compression.run();
          return List.of(
              result.full(),
              result.pruned(),
              result.noise(),
              Arrays.toString(result.report().features()));
        });
  }

  private static Run published(
      Backend backend, PublishedMethod method, PruningRule rule, int stretch) {
    Network network = Networks.mlp(Shape.of(64), new int[] {12, 9}, 10, UnaryFunction.SWISH);
    StochasticBmr.Config config = method.config().withBatch(40).withSamples(3, 2).withRule(rule);
    StochasticBmr bmr =
        new StochasticBmr(
            backend,
            method.prepare(network),
            DIGITS.train(),
            DIGITS.test(),
            config.withSchedule(60, method.prunes() ? 4 : 0, 15),
            StochasticBmr.Listener.NONE);
    return of(bmr, stretch);
  }

  private static Run of(StochasticBmr bmr, int stretch) {
    return new Run(
        bmr,
        stretch,
        () -> {
          StochasticBmr.Result result = bmr.run();
          return Map.of("after", result.after(), "rounds", result.rounds());
        });
  }

  private static Run correlated(Backend backend, Latent.Posterior posterior) {
    StochasticBmr.Config config =
        StochasticBmr.Config.PUBLISHED
            .withModel(FlatModel.Config.PUBLISHED.withPosterior(posterior))
            .withRule(new EvidenceThreshold(-1))
            .withSamples(3, 2)
            .withSchedule(60, 4, 15);
    Network network = Networks.mlp(Shape.of(64), new int[] {12, 9}, 10, UnaryFunction.SWISH);
    StochasticBmr bmr =
        new StochasticBmr(
            backend, network, DIGITS.train(), DIGITS.test(), config, StochasticBmr.Listener.NONE);
    return of(bmr, 25);
  }

  static Stream<Case> cases() {
    Stream<Case> published =
        Arrays.stream(PublishedMethod.values())
            .map(method -> b -> published(b, method, method.config().rule(), 10));
    // Stopped after each single step, and so also right before each pruning.
    Stream<Case> rules =
        Stream.of(
                TargetSparsity.global(WeightScore.SALIENCY, 0.3),
                TargetSparsity.layerwise(WeightScore.RANDOM, 0.3),
                new WithReducedPosterior(new EvidenceThreshold(-1)))
            .map(rule -> b -> published(b, PublishedMethod.STOCHASTIC_BMR, rule, 1));
    return Stream.concat(own(), Stream.concat(published, rules));
  }

  private static Stream<Case> own() {
    return Stream.of(
        b -> bmrs(b, 1),
        b -> bmrs(b, 0),
        b -> spikeAndSlab(b, SpikeAndSlabModel.Indicators.COLLAPSED, 3, true),
        b -> spikeAndSlab(b, SpikeAndSlabModel.Indicators.DIRAC_EDGES, 2, false),
        b -> principled(b, InferenceScheme.LOCAL, false),
        b -> principled(b, InferenceScheme.VARIANCE_BACKPROPAGATION, true),
        b -> stochastic(b, Optimizer.AdaBelief.DEFAULT, Reparameterization.GLOBAL),
        b -> stochastic(b, Optimizer.Adam.DEFAULT, Reparameterization.LOCAL),
        b -> stochastic(b, Optimizer.Ivon.SHORT_RUN, Reparameterization.GLOBAL),
        b -> correlated(b, Latent.Posterior.FULL_ROW),
        b -> correlated(b, Latent.Posterior.MATRIX_NORMAL));
  }

  /** Ends a run as a crash does: at once, wherever it is. */
  private static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aRunThatIsStoppedManyTimesEndsWithTheSameBits(Case method) throws IOException {
    Object expected;
    Path whole = folder.resolve("whole");
    try (Backend backend = Backends.open()) {
      Run run = method.start(backend);
      expected = run.whole().get();
      Checkpoints.save(whole, run.resumable(), Map.of());
    }
    Random random = new Random(1);
    Path file = folder.resolve("checkpoint");
    Object found = null;
    int crashes = 0;
    while (found == null) {
      try (Backend backend = Backends.open()) {
        Run run = method.start(backend);
        if (Files.exists(file)) {
          Checkpoints.resume(file, run.resumable(), Map.of());
        }
        int saveAfter = random.nextInt(run.stretch());
        int crashAfter = saveAfter + random.nextInt(run.stretch());
        AtomicInteger count = new AtomicInteger();
        run.resumable()
            .afterStep(
                () -> {
                  if (count.get() == saveAfter) {
                    save(file, run.resumable());
                  }
                  if (count.getAndIncrement() == crashAfter) {
                    throw new Crash();
                  }
                });
        found = run.whole().get();
        Checkpoints.save(file, run.resumable(), Map.of());
      } catch (Crash crash) {
        crashes++;
      }
    }
    assertTrue(crashes >= 5, crashes + " crashes");
    assertEquals(expected.toString(), found.toString());
    assertSameTensors(whole, file);
  }

  private static void save(Path file, Resumable run) {
    try {
      Checkpoints.save(file, run, Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void assertSameTensors(Path one, Path other) throws IOException {
    try (SafetensorsReader a = SafetensorsReader.open(one);
        SafetensorsReader b = SafetensorsReader.open(other)) {
      assertEquals(a.tensors(), b.tensors());
      for (TensorEntry tensor : a.tensors()) {
        if (tensor.type().name().startsWith("F")) {
          assertArrayEquals(
              a.readFloats(tensor.name()), b.readFloats(tensor.name()), 0f, tensor.name());
        } else {
          assertArrayEquals(a.readLongs(tensor.name()), b.readLongs(tensor.name()), tensor.name());
        }
      }
    }
  }

  @Test
  void anyBitThatFlipsIsNoticedAndTheRunStaysAsItIs() throws IOException {
    try (Backend backend = Backends.open()) {
      StochasticBmr run = run(backend, StochasticBmr.Config.PUBLISHED);
      Path file = folder.resolve("checkpoint");
      Checkpoints.save(file, run, Map.of());
      byte[] good = Files.readAllBytes(file);
      Random random = new Random(2);
      for (int i = 0; i < 300; i++) {
        byte[] bad = good.clone();
        int bit = random.nextInt(i < 100 ? 8 * 4_000 : 8 * bad.length);
        bad[bit / 8] ^= (byte) (1 << (bit % 8));
        Files.write(file, bad);
        assertThrows(
            InvalidFileException.class,
            () -> Checkpoints.resume(file, run, Map.of()),
            () -> "bit " + bit);
      }
      Files.write(file, Arrays.copyOf(good, good.length - 1));
      assertThrows(
          InvalidFileException.class, () -> Checkpoints.resume(file, run, Map.of()), "truncated");
      Files.write(file, good);
      Checkpoints.resume(file, run, Map.of());
      assertEquals(0, run.steps());
    }
  }

  @Test
  void aRunWithOtherSettingsIsRefusedAndTheSettingNamed() throws IOException {
    try (Backend backend = Backends.open()) {
      StochasticBmr.Config config = StochasticBmr.Config.PUBLISHED.withSchedule(10, 1, 10);
      Path file = folder.resolve("checkpoint");
      Checkpoints.save(file, run(backend, config), Map.of("data", "digits"));
      StochasticBmr other = run(backend, config.withBatch(13));
      String message =
          assertThrows(
                  InvalidFileException.class,
                  () -> Checkpoints.resume(file, other, Map.of("data", "digits")))
              .getMessage();
      assertTrue(message.contains("batch 120, but this run has 13"), message);
      StochasticBmr same = run(backend, config);
      message =
          assertThrows(
                  InvalidFileException.class,
                  () -> Checkpoints.resume(file, same, Map.of("data", "letters")))
              .getMessage();
      assertTrue(message.contains("data digits, but this run has letters"), message);
    }
  }

  private static StochasticBmr run(Backend backend, StochasticBmr.Config config) {
    return new StochasticBmr(
        backend,
        Networks.mlp(Shape.of(64), new int[] {5}, 10, UnaryFunction.RELU),
        DIGITS.train(),
        DIGITS.test(),
        config,
        StochasticBmr.Listener.NONE);
  }

  @Test
  void aParameterThatIsNotFiniteIsNotSavedAndTheLastGoodCheckpointStays() throws IOException {
    try (Backend backend = Backends.open()) {
      StochasticBmr run = run(backend, StochasticBmr.Config.PUBLISHED);
      Path file = folder.resolve("checkpoint");
      Checkpoints.save(file, run, Map.of());
      byte[] good = Files.readAllBytes(file);
      ((FlatModel) run.model())
          .blocks()
          .get(1)
          .weights()
          .factors()
          .rho()
          .set(3, Float.NEGATIVE_INFINITY);
      String message =
          assertThrows(DivergedException.class, () -> Checkpoints.save(file, run, Map.of()))
              .getMessage();
      assertTrue(message.contains("layer2.rho[3] is -Infinity"), message);
      assertArrayEquals(good, Files.readAllBytes(file));
    }
  }

  @Test
  void whereNothingCanBeWrittenNothingIsLeftBehind() throws IOException {
    try (Backend backend = Backends.open()) {
      StochasticBmr run = run(backend, StochasticBmr.Config.PUBLISHED);
      Path missing = folder.resolve("no-such-folder").resolve("checkpoint");
      assertThrows(IOException.class, () -> Checkpoints.save(missing, run, Map.of()));
      assertFalse(Files.exists(missing));
    }
  }
}
