package io.github.bmr4j.models.data;

import static io.github.bmr4j.models.data.DatasetTest.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.random.Streams;
import io.github.bmr4j.kernels.Philox;
import io.github.bmr4j.models.io.Allocated;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchesTest {

  @Test
  void wordsAreThoseOfTheGeneratorInOrder() {
    CounterWords words = new CounterWords(0x1234_5678_9abc_def0L, 2);
    words.restart(7L << 32 | 5);
    int[] expected = new int[4];
    for (int counter = 0; counter < 3; counter++) {
      int stream = Streams.of(Streams.Purpose.DATA, 2);
      Philox.block(0x9abc_def0, 0x1234_5678, counter, stream, 5, 7, expected, 0);
      for (int word : expected) {
        assertEquals(word, words.next());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"60000,120", "1437,128", "10,5", "10,6", "10,10", "1,1", "2,1", "70000,35000", "7,3"})
  void independentBatchesHaveNoRowTwice(int examples, int batchSize) {
    Batches batches = Batches.independent(examples, batchSize, 137);
    int[] batch = new int[batchSize];
    for (long step = 0; step < 20; step++) {
      batches.fill(step, batch);
      int[] sorted = batch.clone();
      Arrays.sort(sorted);
      for (int i = 0; i < batchSize; i++) {
        assertTrue(sorted[i] >= 0 && sorted[i] < examples);
        assertTrue(i == 0 || sorted[i - 1] < sorted[i], "row " + sorted[i] + " twice");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void aBatchIsAPureFunctionOfSeedAndStep(boolean independent) {
    Batches one = batches(independent, 1000, 48, 5);
    Batches other = batches(independent, 1000, 48, 5);
    int[][] forwards = new int[100][48];
    for (int step = 0; step < 100; step++) {
      one.fill(step, forwards[step]);
    }
    int[] batch = new int[48];
    for (int step = 99; step >= 0; step--) {
      other.fill(step, batch);
      assertArrayEquals(forwards[step], batch, "step " + step);
    }
    batches(independent, 1000, 48, 6).fill(0, batch);
    assertFalse(Arrays.equals(forwards[0], batch), "the seed makes no difference");
    assertFalse(Arrays.equals(forwards[0], forwards[1]), "the step makes no difference");
    other.fill(1L << 40, batch);
    assertFalse(Arrays.equals(forwards[0], batch), "the step's high half makes no difference");
  }

  private static Batches batches(boolean independent, int examples, int batchSize, long seed) {
    return independent
        ? Batches.independent(examples, batchSize, seed)
        : Batches.shuffled(examples, batchSize, seed);
  }

  @Test
  void anEpochOfShuffledBatchesSeesEveryExampleOnce() {
    Batches batches = Batches.shuffled(103, 10, 1);
    assertEquals(10, batches.stepsPerEpoch());
    int[] everSeen = new int[103];
    for (int epoch = 0; epoch < 50; epoch++) {
      int[] seen = new int[103];
      int[] batch = new int[10];
      for (int step = 0; step < 10; step++) {
        batches.fill(epoch * 10L + step, batch);
        for (int row : batch) {
          seen[row]++;
          everSeen[row]++;
        }
      }
      assertEquals(100, Arrays.stream(seen).sum());
      assertEquals(1, Arrays.stream(seen).max().orElseThrow());
    }
    assertTrue(Arrays.stream(everSeen).min().orElseThrow() > 40, "some are skipped too often");
  }

  /**
   * Each row is drawn with probability b/n; over the steps the counts are about normal. Chi-square
   * over 100 cells has 99 degrees of freedom: mean 99, standard deviation 14; the bounds are five
   * of them away, and the seed is fixed.
   */
  @ParameterizedTest
  @CsvSource({"true,100,20", "true,100,70", "false,100,20", "false,100,70"})
  void everyRowIsDrawnEquallyOften(boolean independent, int examples, int batchSize) {
    Batches batches = batches(independent, examples, batchSize, 12345);
    int steps = 20_000;
    long[] counts = new long[examples];
    long[] first = new long[examples];
    int[] batch = new int[batchSize];
    for (int step = 0; step < steps; step++) {
      batches.fill(step, batch);
      first[batch[0]]++;
      for (int row : batch) {
        counts[row]++;
      }
    }
    double chiSquare = 0;
    for (long count : first) {
      double expected = (double) steps / examples;
      chiSquare += (count - expected) * (count - expected) / expected;
    }
    assertTrue(chiSquare > 29 && chiSquare < 169, "chi-square of first rows: " + chiSquare);
    double share = (double) batchSize / examples;
    for (int row = 0; row < examples; row++) {
      double gap = Math.abs(counts[row] - steps * share);
      assertTrue(
          gap < 5 * Math.sqrt(steps * share * (1 - share)), "row " + row + ": " + counts[row]);
    }
  }

  @Test
  void boundedNumbersAreUnbiased() {
    // With a bound of 3·2^29 the remainder of division would favour the lower half by a third.
    CounterWords words = new CounterWords(99, 4);
    int bound = 3 << 29;
    int lower = 0;
    int draws = 60_000;
    for (int i = 0; i < draws; i++) {
      int value = words.nextBelow(bound);
      assertTrue(value >= 0 && value < bound);
      lower += value < bound / 2 ? 1 : 0;
    }
    assertEquals(draws / 2.0, lower, 5 * Math.sqrt(draws / 4.0));
    assertEquals(0, words.nextBelow(1));
  }

  @ParameterizedTest
  @CsvSource({"true,60000,120", "true,100,70", "false,60000,120"})
  void fillingAllocatesNothing(boolean independent, int examples, int batchSize) {
    Batches batches = batches(independent, examples, batchSize, 1);
    int[] batch = new int[batchSize];
    for (int step = 0; step < 2000; step++) {
      batches.fill(step, batch);
    }
    long before = Allocated.bytes();
    for (int step = 2000; step < 4000; step++) {
      batches.fill(step, batch);
    }
    // The measurement itself takes some; an object in each step would be 32,000 bytes and more.
    assertTrue(Allocated.bytes() - before < 20_000);
  }

  @Test
  void refusesSizesThatGiveNoBatch() {
    assertRefused(() -> Batches.independent(10, 11, 0), "1 … 10");
    assertRefused(() -> Batches.shuffled(10, 0, 0), "but is 0");
    assertRefused(() -> Batches.independent(10, 3, 0).fill(-1, new int[3]), "-1 and 3");
    assertRefused(() -> Batches.shuffled(10, 3, 0).fill(0, new int[4]), "0 and 4");
  }
}
