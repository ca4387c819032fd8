package io.github.bmr4j.engine.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The truncated normal distribution against values of up to 400 digits, far outside its bounds. */
class TruncatedNormalTest {

  static Stream<double[]> rows() throws IOException {
    try (InputStream in = TruncatedNormalTest.class.getResourceAsStream("truncated-normal.csv")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> Arrays.stream(line.split(",")).mapToDouble(Double::parseDouble).toArray());
    }
  }

  private static void close(double expected, double actual, double tolerance, double[] row, int i) {
    assertEquals(
        expected,
        actual,
        tolerance,
        () -> "column " + i + " at mu = " + row[0] + ", ln sigma = " + row[1]);
  }

  private static void relative(double actual, double relative, double floor, double[] row, int i) {
    close(row[i], actual, relative * Math.max(floor, Math.abs(row[i])), row, i);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void reference(double[] row) {
    TruncatedNormal q = new TruncatedNormal().set(row[0], Math.exp(row[1]), -20, 0);
    relative(q.logMass(), 1e-14, 1, row, 2);
    relative(Math.log(20) - q.entropy(), 1e-13, 0.1, row, 3);
    relative(-q.entropyByLocation(), 1e-11, 1e-3, row, 4);
    relative(-q.entropyByLogScale(), 1e-11, 1e-3, row, 5);
    relative(q.logExponentialMoment(1), 1e-12, 1e-3, row, 6);
    relative(q.exponentialSignalToNoise(), row[7] > 1e3 ? 1e-7 : 1e-9, 1, row, 7);
    TruncatedNormalDraws draws = new TruncatedNormalDraws();
    draws.set(q);
    for (int k = 0; k < 2; k++) {
      double x = draws.draw(k == 0 ? 0.03125 : 0.75);
      relative(x, 1e-12, 1e-5, row, 8 + 3 * k);
      relative(draws.byLocation(), 1e-8, 1e-6, row, 9 + 3 * k);
      relative(draws.byLogScale(), 1e-8, 1e-6, row, 10 + 3 * k);
    }
  }

  @Test
  void theReferenceReachesIntoAllRegimes() throws IOException {
    long outside = rows().filter(row -> outside(row) > 3).count();
    long underflow = rows().filter(row -> outside(row) > 37).count();
    long uniform = rows().filter(row -> row[1] >= 5).count();
    assertTrue(outside >= 5 && underflow >= 2 && uniform >= 5 && rows().count() >= 60);
  }

  /** Distance of the mode from the bounds, in scales. */
  private static double outside(double[] row) {
    return Math.max(row[0], -20 - row[0]) / Math.exp(row[1]);
  }

  /** Derivatives of draws and entropy are those of the functions themselves. */
  @Test
  void finiteDifferences() {
    double h = 1e-5;
    TruncatedNormal q = new TruncatedNormal();
    TruncatedNormalDraws draws = new TruncatedNormalDraws();
    for (double location : new double[] {-23, -20, -6, 0, 0.4, 4}) {
      for (double scale : new double[] {0.2, 1, 9, 70}) {
        draws.set(q.set(location, scale, -20, 0));
        double entropyByLocation = q.entropyByLocation();
        double entropyByLogScale = q.entropyByLogScale();
        for (double u : new double[] {0x1p-24, 0.01, 0.4, 0.97, 1 - 0x1p-24}) {
          draws.set(q.set(location, scale, -20, 0));
          double x = draws.draw(u);
          double byLocation = draws.byLocation();
          double byLogScale = draws.byLogScale();
          draws.set(q.set(location + h, scale, -20, 0));
          double up = draws.draw(u);
          draws.set(q.set(location - h, scale, -20, 0));
          double down = draws.draw(u);
          assertEquals((up - down) / (2 * h), byLocation, 2e-7, location + ", " + scale);
          draws.set(q.set(location, scale * Math.exp(h), -20, 0));
          up = draws.draw(u);
          draws.set(q.set(location, scale * Math.exp(-h), -20, 0));
          down = draws.draw(u);
          assertEquals((up - down) / (2 * h), byLogScale, 2e-6, location + ", " + scale);
          assertTrue(x >= -20 && x <= 0);
        }
        double up = q.set(location + h, scale, -20, 0).entropy();
        double down = q.set(location - h, scale, -20, 0).entropy();
        assertEquals((up - down) / (2 * h), entropyByLocation, 1e-8);
        up = q.set(location, scale * Math.exp(h), -20, 0).entropy();
        down = q.set(location, scale * Math.exp(-h), -20, 0).entropy();
        assertEquals((up - down) / (2 * h), entropyByLogScale, 1e-8);
      }
    }
  }

  @Test
  void drawsHaveTheDistributionsMoments() {
    TruncatedNormal q = new TruncatedNormal();
    TruncatedNormalDraws draws = new TruncatedNormalDraws();
    for (double location : new double[] {-21, -3, 0, 30}) {
      for (double scale : new double[] {0.5, 1, 50}) {
        draws.set(q.set(location, scale, -20, 0));
        int cells = 200_000;
        double sum = 0;
        double square = 0;
        for (int i = 0; i < cells; i++) {
          double theta = Math.exp(draws.draw((i + 0.5) / cells));
          sum += theta / cells;
          square += theta * theta / cells;
        }
        double first = Math.exp(q.logExponentialMoment(1));
        double second = Math.exp(q.logExponentialMoment(2));
        assertEquals(1, sum / first, 1e-3, location + ", " + scale);
        assertEquals(1, square / second, 1e-3, location + ", " + scale);
      }
    }
  }

  /** Nothing that is asked of an extreme distribution is NaN. */
  @ParameterizedTest
  @ValueSource(doubles = {1e-12, 1e-6, 1e-3, 1, 1e3, 1e6, 1e9})
  void extremeScales(double scale) {
    TruncatedNormal q = new TruncatedNormal();
    TruncatedNormalDraws draws = new TruncatedNormalDraws();
    for (double location : new double[] {-1e6, -100, -20, -10, -1e-9, 0, 1e-9, 100, 1e6}) {
      draws.set(q.set(location, scale, -20, 0));
      String where = location + ", " + scale;
      assertTrue(q.entropy() <= Math.log(20) + 1e-6, where);
      assertTrue(Double.isFinite(q.entropyByLocation()), where);
      assertTrue(Double.isFinite(q.entropyByLogScale()), where);
      double mean = Math.exp(q.logExponentialMoment(1));
      assertTrue(mean >= Math.exp(-20) * 0.99 && mean <= 1 + 1e-9, () -> where + ": " + mean);
      assertTrue(q.exponentialSignalToNoise() > 0, where);
      double last = -20;
      for (double u : new double[] {0x1p-24, 0.25, 0.5, 0.75, 1 - 0x1p-24}) {
        double x = draws.draw(u);
        assertTrue(x >= last && x <= 0, () -> where + ": " + x);
        assertTrue(Double.isFinite(draws.byLocation()), where);
        assertTrue(Double.isFinite(draws.byLogScale()), where);
        last = x;
      }
    }
  }

  @Test
  void domain() {
    TruncatedNormal q = new TruncatedNormal();
    assertThrows(IllegalArgumentException.class, () -> q.set(0, 0, -20, 0));
    assertThrows(IllegalArgumentException.class, () -> q.set(Double.NaN, 1, -20, 0));
    assertThrows(IllegalArgumentException.class, () -> q.set(0, 1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> q.set(5, 1e-200, -20, 0));
  }
}
