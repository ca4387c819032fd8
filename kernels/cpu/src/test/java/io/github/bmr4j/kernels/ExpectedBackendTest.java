package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import org.junit.jupiter.api.Test;

/**
 * The build says with {@code -Dbmr4j.expectBackend} which back end must have been chosen, so that a
 * silent fall back to scalar fails it.
 */
class ExpectedBackendTest {

  @Test
  void theChosenBackEndIsTheExpectedOne() {
    String expected = System.getProperty("bmr4j.expectBackend");
    assertNotNull(expected, "run the tests with -Dbmr4j.expectBackend=simd (or scalar)");
    try (Backend backend = Backends.open()) {
      assertEquals(expected, backend.name(), () -> "survey: " + Backends.survey());
    }
  }
}
