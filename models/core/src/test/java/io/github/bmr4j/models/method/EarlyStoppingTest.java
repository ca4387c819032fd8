package io.github.bmr4j.models.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.pruning.EvidenceThreshold;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EarlyStoppingTest {

  @TempDir private Path folder;
  private Backend backend;
  private StochasticBmr bmr;
  private StochasticBmr.Result result;

  @BeforeEach
  void start() {
    backend = Backends.open("simd", 1);
    Split digits = Digits.split(0);
    Standardization standard = Standardization.perChannel(digits.train());
    StochasticBmr.Config config =
        StochasticBmr.Config.PUBLISHED
            .withSchedule(40, 3, 20)
            .withRule(EvidenceThreshold.ZERO)
            .withRealisedExamples(0)
            .withSamples(2, 1);
    bmr =
        new StochasticBmr(
            backend,
            Networks.mlp(Shape.of(64), new int[] {8}, 10, UnaryFunction.SWISH),
            standard.apply(digits.train()),
            standard.apply(digits.test()),
            config,
            StochasticBmr.Listener.NONE);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private float[] means() {
    FlatModel model = (FlatModel) bmr.model();
    return PosteriorFiles.pulled(backend, model.blocks().getFirst().weights().factors().mean());
  }

  /** Scores of every tenth step; the weights as they were at one of them. */
  private EarlyStopping scored(List<Double> scores, int at, int patience, float[][] kept) {
    Iterator<Double> next = scores.iterator();
    return new EarlyStopping(
        bmr,
        () -> {
          if (bmr.steps() == at) {
            kept[0] = means();
            kept[1] = new float[] {(float) bmr.kept()};
          }
          return next.next();
        },
        10,
        patience,
        folder.resolve("best"));
  }

  @Test
  void theBestIsBackWithItsWeightsAndMasks() throws IOException {
    float[][] kept = new float[2][];
    // The best is of step 50, after the first pruning; two more come before the end at step 90.
    EarlyStopping stopping =
        scored(List.of(5., 4., 3., 2., 1., 1.5, Double.NaN, 1., 7.), 50, 4, kept);
    EarlyStopping.End end = stopping.run(() -> result = bmr.run());
    assertEquals(EarlyStopping.End.PATIENCE, end);
    assertEquals(1, stopping.best());
    assertEquals(50, stopping.bestStep());
    assertEquals(50, bmr.steps());
    assertArrayEquals(kept[0], means());
    assertEquals(kept[1][0], (float) bmr.kept());
    assertNull(result);
    assertFalse(Files.exists(folder.resolve("best")));
  }

  @Test
  void theBestMayBeBeforeAnythingWasPruned() throws IOException {
    float[][] kept = new float[2][];
    EarlyStopping stopping = scored(List.of(5., 1., 3., 2., 4., 4.), 20, 4, kept);
    assertEquals(EarlyStopping.End.PATIENCE, stopping.run(() -> result = bmr.run()));
    assertArrayEquals(kept[0], means());
    assertEquals(bmr.model().network().parameterCount(), bmr.kept());
    // What is back is a run at step 20, which can go on.
    result = bmr.run();
    assertEquals(3, result.rounds().size());
    assertEquals(100, bmr.steps());
    assertNotEquals(kept[1][0], (float) bmr.kept());
  }

  @Test
  void aRunThatImprovesEndsWithItsSchedule() throws IOException {
    EarlyStopping stopping =
        new EarlyStopping(bmr, () -> -(double) bmr.steps(), 10, 1, folder.resolve("best"));
    assertEquals(EarlyStopping.End.SCHEDULE, stopping.run(() -> result = bmr.run()));
    assertEquals(100, bmr.steps());
    assertEquals(-100, stopping.best());
    assertEquals(3, result.rounds().size());
  }

  @Test
  void anotherThreadMayEndIt() throws Exception {
    EarlyStopping stopping = EarlyStopping.onRequest(bmr);
    Thread other = new Thread(stopping::cancel);
    other.start();
    other.join();
    assertEquals(EarlyStopping.End.CANCELLED, stopping.run(() -> result = bmr.run()));
    assertEquals(1, bmr.steps());
    assertNull(result);
    result = bmr.run();
    assertEquals(100, bmr.steps(), "it goes on where it was");
  }

  @Test
  void aBestThatCannotBeKeptIsAnError() {
    EarlyStopping stopping =
        new EarlyStopping(bmr, () -> 0, 10, 1, folder.resolve("nowhere").resolve("best"));
    assertThrows(IOException.class, () -> stopping.run(() -> result = bmr.run()));
    assertThrows(
        IllegalArgumentException.class,
        () -> new EarlyStopping(bmr, () -> 0, 0, 1, folder.resolve("best")));
  }
}
