package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.method.Checkpoints;
import io.github.bmr4j.models.method.Evaluation;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.network.Networks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunRecorderTest {

  private static final Split DIGITS = digits();

  @TempDir private Path folder;

  private static Split digits() {
    Split split = Digits.split(0);
    Standardization standard = Standardization.perChannel(split.train());
    return new Split(standard.apply(split.train()), standard.apply(split.test()));
  }

  /** A run of 130 steps and three prunings, which is recorded, and as it is saved. */
  private record Recorded(StochasticBmr bmr, RunRecorder recorder, ExtendedRun run) {

    static Recorded on(Backend backend, StochasticBmr.Listener next) {
      RunRecorder recorder = new RunRecorder(next);
      StochasticBmr bmr =
          new StochasticBmr(
              backend,
              Networks.mlp(Shape.of(64), new int[] {9}, 10, UnaryFunction.SWISH),
              DIGITS.train(),
              DIGITS.test(),
              StochasticBmr.Config.PUBLISHED
                  .withBatch(20)
                  .withSamples(2, 1)
                  .withSchedule(70, 3, 20),
              recorder);
      recorder.watch(backend, bmr.model(), DIGITS.test());
      return new Recorded(bmr, recorder, new ExtendedRun(bmr, System.nanoTime(), recorder::state));
    }

    Map<String, Object> curves() {
      return Map.of("loss", recorder.loss(), "trajectory", recorder.trajectory());
    }
  }

  private static final class Crash extends RuntimeException {

    private static final long serialVersionUID = 1L;
  }

  @Test
  void aRunThatGoesOnHasTheCurvesOfOneThatWasNotStopped() throws IOException {
    Map<String, Object> expected;
    try (Backend backend = Backends.open()) {
      Recorded whole = Recorded.on(backend, StochasticBmr.Listener.NONE);
      whole.bmr().run();
      expected = whole.curves();
    }
    assertEquals(5, ((List<?>) ((Map<?, ?>) expected.get("trajectory")).get("points")).size());
    Path file = folder.resolve("checkpoint.safetensors");
    Set<String> told = new HashSet<>();
    int crashes = 0;
    Map<String, Object> curves = null;
    while (curves == null) {
      // Each process lives for 17 steps; those that evaluate first are stopped when it is about to
      // be told, with the measurement already made.
      try (Backend backend = Backends.open()) {
        Recorded[] self = new Recorded[1];
        StochasticBmr.Listener next =
            new StochasticBmr.Listener() {
              @Override
              public void evaluated(String when, Evaluation evaluation) {
                if (told.add(when)) {
                  save(file, self[0].run());
                  throw new Crash();
                }
              }
            };
        self[0] = Recorded.on(backend, next);
        if (Files.exists(file)) {
          Checkpoints.resume(file, self[0].run(), Map.of());
        }
        long from = self[0].bmr().steps();
        self[0]
            .run()
            .afterStep(
                () -> {
                  if (self[0].bmr().steps() == from + 17) {
                    save(file, self[0].run());
                    throw new Crash();
                  }
                });
        self[0].bmr().run();
        curves = self[0].curves();
      } catch (Crash crash) {
        crashes++;
      }
    }
    assertTrue(crashes > 7, crashes + " crashes");
    assertEquals(expected, curves);
  }

  private static void save(Path file, ExtendedRun run) {
    try {
      Checkpoints.save(file, run, Map.of());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Test
  void theTimeOfARunThatGoesOnHasThatOfTheOneThatWasStopped() throws IOException {
    Path file = folder.resolve("checkpoint.safetensors");
    try (Backend backend = Backends.open()) {
      Recorded stopped = Recorded.on(backend, StochasticBmr.Listener.NONE);
      long hour = 3_600_000_000_000L;
      save(
          file,
          new ExtendedRun(stopped.bmr(), System.nanoTime() - hour, stopped.recorder()::state));
      ExtendedRun run = Recorded.on(backend, StochasticBmr.Listener.NONE).run();
      assertTrue(run.seconds() < 3_600);
      Checkpoints.resume(file, run, Map.of());
      assertTrue(run.seconds() >= 3_600 && run.seconds() < 7_200, run.seconds() + " s");
    }
  }

  @Test
  void aCheckpointWithAnotherNumberOfSpansIsRefused() throws IOException {
    Path file = folder.resolve("checkpoint.safetensors");
    try (Backend backend = Backends.open()) {
      save(file, Recorded.on(backend, StochasticBmr.Listener.NONE).run());
      SafetensorsWriter other = new SafetensorsWriter().seal();
      try (SafetensorsReader reader = SafetensorsReader.open(file)) {
        reader
            .metadata()
            .forEach(
                (key, value) -> {
                  if (!key.equals("sha256")) {
                    other.metadata(key, value.replaceFirst("\"lossSums\":\\[0", "$0,0"));
                  }
                });
        reader
            .tensors()
            .forEach(
                tensor -> {
                  int[] shape = tensor.shape().stream().mapToInt(Long::intValue).toArray();
                  if (tensor.name().endsWith("reason") || tensor.name().endsWith("round")) {
                    other.ints(tensor.name(), shape, new int[(int) tensor.elements()]);
                  } else {
                    other.floats(tensor.name(), shape, reader.readFloats(tensor.name()));
                  }
                });
        other.write(file);
      }
      ExtendedRun run = Recorded.on(backend, StochasticBmr.Listener.NONE).run();
      InvalidFileException refused =
          assertThrows(InvalidFileException.class, () -> Checkpoints.resume(file, run, Map.of()));
      assertTrue(refused.getMessage().contains("201"), refused.getMessage());
      assertTrue(refused.getMessage().contains("expected 200"), refused.getMessage());
    }
  }
}
