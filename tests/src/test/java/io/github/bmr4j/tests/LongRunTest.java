package io.github.bmr4j.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.method.Checkpoints;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.network.Networks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing piles up in a program that trains, prunes, opens and closes for a long time. */
class LongRunTest {

  @TempDir private Path folder;

  private static Split digits() {
    Split split = Digits.split(0);
    Standardization standardization = Standardization.perChannel(split.train());
    return new Split(standardization.apply(split.train()), standardization.apply(split.test()));
  }

  private static StochasticBmr run(
      Backend backend, Split data, int rounds, int steps, StochasticBmr.Listener listener) {
    StochasticBmr.Config config = StochasticBmr.Config.PUBLISHED.withSchedule(100, rounds, steps);
    return new StochasticBmr(
        backend,
        Networks.mlp(Shape.of(64), new int[] {30, 20}, 10, UnaryFunction.SWISH),
        data.train(),
        data.test(),
        config.withBatch(20),
        listener);
  }

  /** Least of several collections, since other threads of the JVM make garbage, too. */
  private static long usedHeap() throws InterruptedException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      Thread.sleep(50);
      Runtime runtime = Runtime.getRuntime();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }

  /** 10,000 steps and 1,000 prunings: the heap after collection stays within 1 %. */
  @Test
  void theHeapIsFlatOverStepsAndPrunings() throws InterruptedException {
    Split data = digits();
    try (Backend backend = Backends.open(1)) {
      long[] heap = new long[2];
      StochasticBmr.Listener listener =
          new StochasticBmr.Listener() {
            @Override
            public void pruned(StochasticBmr.Round round) {
              int number = round.reduction().round();
              if (number == 100 || number == 1_000) {
                try {
                  heap[number / 1_000] = usedHeap();
                } catch (InterruptedException stopped) {
                  Thread.currentThread().interrupt();
                }
              }
            }
          };
      StochasticBmr.Result result = run(backend, data, 1_000, 10, listener).run();
      assertEquals(1_000, result.rounds().size());
      System.out.printf(
          "heap after collection: %,d bytes after 100 prunings, %,d after 1,000 prunings and 10,000"
              + " steps%n",
          heap[0], heap[1]);
      // What the result has of each round, by design: 346 bytes in a histogram of the heap's
      // classes.
      long kept = 900 * 346;
      assertTrue(heap[1] - kept <= 1.01 * heap[0], heap[0] + " before, " + heap[1] + " after");
    }
  }

  @Test
  void opensAndClosesLeaveNoThreadAndNoFileBehind() throws Exception {
    Split data = digits();
    openAndClose(data, 3);
    int threads = Thread.activeCount();
    long files = openFiles();
    openAndClose(data, 40);
    assertEquals(threads, settled(threads), "threads");
    assertTrue(openFiles() <= files, () -> "open files: " + files + " before");
  }

  private void openAndClose(Split data, int times) throws IOException {
    Path file = folder.resolve("checkpoint");
    for (int i = 0; i < times; i++) {
      try (Backend backend = Backends.open(4)) {
        StochasticBmr run = run(backend, data, 0, 0, StochasticBmr.Listener.NONE);
        Checkpoints.save(file, run, Map.of());
        Checkpoints.resume(file, run, Map.of());
        try (SafetensorsReader reader = SafetensorsReader.open(file)) {
          assertTrue(reader.tensors().size() > 5);
        }
      }
    }
  }

  /** Threads that were told to end need a moment. */
  private static int settled(int wanted) throws InterruptedException {
    for (int i = 0; i < 100 && Thread.activeCount() > wanted; i++) {
      Thread.sleep(50);
    }
    return Thread.activeCount();
  }

  /** Of this process, and its mapped files; 0 where the system does not tell. */
  private long openFiles() throws IOException {
    Path descriptors = Path.of("/proc/self/fd");
    if (!Files.isDirectory(descriptors)) {
      return 0;
    }
    long mapped;
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      mapped = maps.filter(line -> line.contains(folder.toString())).count();
    }
    try (Stream<Path> open = Files.list(descriptors)) {
      return mapped + open.count();
    }
  }
}
