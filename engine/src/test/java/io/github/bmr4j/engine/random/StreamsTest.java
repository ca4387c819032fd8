package io.github.bmr4j.engine.random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StreamsTest {

  @Test
  void noTwoQuantitiesShareAStream() {
    Set<Integer> seen = new HashSet<>();
    for (Streams.Purpose purpose : Streams.Purpose.values()) {
      for (int index : new int[] {0, 1, 2, 1_000, (1 << 24) - 1}) {
        seen.add(Streams.of(purpose, index));
      }
    }
    assertEquals(5 * Streams.Purpose.values().length, seen.size());
  }

  /** A seed must give the same run in later versions, so these numbers stay. */
  @Test
  void numbersAreFixed() {
    assertEquals(7, Streams.of(Streams.Purpose.INITIALIZATION, 7));
    assertEquals((1 << 24) + 7, Streams.of(Streams.Purpose.TRAINING, 7));
    assertEquals((2 << 24) + 7, Streams.of(Streams.Purpose.PREDICTION, 7));
    assertEquals((3 << 24) + 7, Streams.of(Streams.Purpose.DATA, 7));
  }

  @Test
  void anIndexThatDoesNotFitIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Streams.of(Streams.Purpose.DATA, 1 << 24));
    assertThrows(IllegalArgumentException.class, () -> Streams.of(Streams.Purpose.DATA, -1));
  }
}
