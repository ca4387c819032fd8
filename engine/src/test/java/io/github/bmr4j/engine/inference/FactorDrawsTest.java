package io.github.bmr4j.engine.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.distribution.TruncatedNormal;
import io.github.bmr4j.engine.distribution.TruncatedNormalDraws;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Draws in blocks of floats against those one by one in double. */
class FactorDrawsTest {

  private static final double LOWER = -20;
  private static final double UPPER = 0;

  /** Draws of another factor in front, so that an offset that is forgotten is found. */
  private static final int BEFORE = 3;

  private static Slice uniforms(Backend backend, int n) {
    Slice u = Slice.allocate(BEFORE + n);
    backend.noise().uniform(5, 1, 2, u);
    return u;
  }

  private static void check(Backend backend, double location, double logScale, int n) {
    double scale = Math.exp(logScale);
    TruncatedNormal q = new TruncatedNormal().set(location, scale, LOWER, UPPER);
    Slice theta = uniforms(backend, n);
    Slice u = Slice.of(theta.toArray());
    Slice byLocation = Slice.allocate(BEFORE + n);
    Slice byLogScale = Slice.allocate(BEFORE + n);
    new FactorDraws(backend, n).draw(q, BEFORE, theta, byLocation, byLogScale);
    TruncatedNormalDraws exact = new TruncatedNormalDraws();
    exact.set(q);
    double error = 1e-6 * (1 + scale);
    for (int i = 0; i < BEFORE; i++) {
      assertEquals(u.get(i), theta.get(i));
    }
    for (int i = BEFORE; i < BEFORE + n; i++) {
      double expected = Math.exp(exact.draw(u.get(i)));
      String where = "μ " + location + ", ln σ " + logScale + ", u " + u.get(i);
      assertEquals(expected, theta.get(i), error * expected + 1e-12, where);
      double slope = expected * exact.byLocation();
      assertEquals(slope, byLocation.get(i), 1e-5 * expected + error * Math.abs(slope), where);
      slope = expected * exact.byLogScale();
      double slopeError = 1e-5 * (1 + scale) * expected + error * Math.abs(slope);
      assertEquals(slope, byLogScale.get(i), slopeError, where);
    }
    assertTrue(n == 0 || theta.get(BEFORE) > 0);
  }

  @Test
  void agreeWithDoubleOverTheWholePlane() {
    try (Backend backend = Backends.open()) {
      for (double location = -26; location <= 6; location += 0.8) {
        for (double logScale = -20; logScale <= 5; logScale += 0.5) {
          check(backend, location, logScale, 70);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 15, 16, 17, 1023, 1024, 1025, 3000})
  void anyNumberOfDraws(int n) {
    try (Backend backend = Backends.open()) {
      check(backend, -0.5, 0.2, n);
      check(backend, 3, -1.5, n);
    }
  }

  @Test
  void withoutDerivativesTheDrawsAreTheSame() {
    try (Backend backend = Backends.open()) {
      TruncatedNormal q = new TruncatedNormal().set(-0.5, 1.2, LOWER, UPPER);
      Slice with = uniforms(backend, 100);
      Slice without = Slice.of(with.toArray());
      FactorDraws draws = new FactorDraws(backend, 100);
      draws.draw(q, BEFORE, with, Slice.allocate(103), Slice.allocate(103));
      draws.draw(q, BEFORE, without, null, null);
      for (int i = 0; i < with.length(); i++) {
        assertEquals(with.get(i), without.get(i));
      }
    }
  }
}
