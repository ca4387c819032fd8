package io.github.bmr4j.models.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.data.SimulatedData.Kind;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SimulatedDataTest {

  @ParameterizedTest
  @EnumSource(Kind.class)
  void theSameSeedGivesTheSameData(Kind kind) {
    Split a = SimulatedData.draw(kind, 50, 20, 7, 3);
    Split b = SimulatedData.draw(kind, 50, 20, 7, 3);
    Split c = SimulatedData.draw(kind, 50, 20, 7, 4);
    assertArrayEquals(a.train().features(), b.train().features());
    assertArrayEquals(a.test().features(), b.test().features());
    assertFalse(Arrays.equals(a.train().features(), c.train().features()));
    assertFalse(a.train().features()[0] == a.test().features()[0]);
    assertThrows(
        IllegalArgumentException.class,
        () -> SimulatedData.draw(kind, 5, 5, kind.relevant() - 1, 0));
  }

  /** The noise is N(0, 1), of the right formula: a wrong one leaves much more than 1. */
  @ParameterizedTest
  @EnumSource(value = Kind.class, mode = EnumSource.Mode.EXCLUDE, names = "SUN_CLASSIFICATION")
  void whatTheFormulaLeavesIsStandardNormalNoise(Kind kind) {
    Dataset data = SimulatedData.draw(kind, 4000, 1, 6, 0).train();
    double[] clean = SimulatedData.withoutNoise(kind, data);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < clean.length; i++) {
      double noise = data.targets()[i] - clean[i];
      sum += noise;
      squares += noise * noise;
    }
    assertEquals(0, sum / clean.length, 0.06);
    assertEquals(1, squares / clean.length, 0.08);
  }

  @Test
  void formulasAtPoints() {
    assertEquals(
        10 * Math.sin(Math.PI * 0.02) + 20 * 0.04 + 4 + 2.5,
        at(Kind.FRIEDMAN1, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f),
        1e-6);
    assertEquals(7 * 0.5 / 2 + 5 * Math.sin(0.5) - 2, at(Kind.BAI, 1, 0.5f, 1, 0.5f, -1), 1e-12);
    assertEquals(
        5 * 0.5 / 2 + 5 * Math.sin(0.5) - 2, at(Kind.SUN_REGRESSION, 1, 0.5f, 1, 0.5f, -1), 1e-12);
    assertEquals(
        Math.tanh(2 * Math.tanh(1.5)) + 2 * Math.tanh(2 * Math.tanh(0) - Math.tanh(-2)),
        at(Kind.SUN_TEACHER, 1, 0.5f, 1, 0.5f, -1),
        1e-12);
  }

  private static double at(Kind kind, float... x) {
    return SimulatedData.withoutNoise(
        kind,
        Dataset.regression(
            "point",
            InputShape.row(5),
            x,
            new float[1],
            1,
            SimulatedData.draw(kind, 1, 1, 5, 0).train().provenance()))[0];
  }

  @Test
  void sunFeaturesAreNormalWithCorrelationOneHalf() {
    Dataset data = SimulatedData.draw(Kind.SUN_REGRESSION, 4000, 1, 6, 1).train();
    double product = 0;
    double square = 0;
    for (int i = 0; i < data.size(); i++) {
      float[] x = new float[6];
      data.copyFeatures(i, 1, x, 0);
      product += x[0] * x[5];
      square += x[3] * x[3];
    }
    assertEquals(0.5, product / data.size(), 0.06);
    assertEquals(1, square / data.size(), 0.08);
  }

  @Test
  void rangesOfUniformFeaturesAndBalanceOfClasses() {
    float[] unit = SimulatedData.draw(Kind.FRIEDMAN1, 500, 1, 10, 2).train().features();
    float[] symmetric = SimulatedData.draw(Kind.BAI, 500, 1, 10, 2).train().features();
    for (int i = 0; i < unit.length; i++) {
      assertTrue(unit[i] >= 0 && unit[i] <= 1 && Math.abs(symmetric[i]) <= 1);
    }
    int[] labels = SimulatedData.draw(Kind.SUN_CLASSIFICATION, 201, 2, 5, 2).train().labels();
    assertEquals(100, Arrays.stream(labels).sum());
  }
}
