package io.github.bmr4j.engine.reduction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.bmr4j.engine.distribution.KullbackLeibler;
import io.github.bmr4j.engine.distribution.LogUniform;
import io.github.bmr4j.engine.distribution.TruncatedLogNormal;
import io.github.bmr4j.engine.distribution.TruncatedNormal;
import io.github.bmr4j.engine.distribution.TruncatedNormalDraws;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Vectors computed in 60 digits, and closed forms and quadrature that know nothing of them. */
class TruncatedLogNormalReductionTest {

  /** Of closed forms whose terms are of the size of the result. */
  private static final double RELATIVE = 1e-12;

  /** Where the result is a small difference of terms near 1, to a floor. */
  private static final double DIFFERENCE = 1e-9;

  private static JsonObject file() throws IOException {
    try (Reader in =
        new InputStreamReader(
            TruncatedLogNormalReductionTest.class.getResourceAsStream("bmrs.json"),
            StandardCharsets.UTF_8)) {
      return JsonParser.parseReader(in).getAsJsonObject();
    }
  }

  private static List<JsonObject> group(String name) throws IOException {
    return StreamSupport.stream(file().getAsJsonArray(name).spliterator(), false)
        .map(JsonElement::getAsJsonObject)
        .toList();
  }

  static Stream<JsonObject> vectors() throws IOException {
    return group("vectors").stream();
  }

  static Stream<JsonObject> samples() throws IOException {
    return group("samples").stream();
  }

  @Test
  void allVectorsAreThere() throws IOException {
    assertEquals(20, group("vectors").size());
    assertEquals(10, group("samples").size());
  }

  private static TruncatedLogNormal posterior(JsonObject input) {
    return new TruncatedLogNormal(
        get(input, "mu"), Math.exp(get(input, "logsigma")), get(input, "a"), get(input, "b"));
  }

  private static double get(JsonObject object, String name) {
    return object.get(name).getAsDouble();
  }

  private static void close(double expected, double actual, double relative, String what) {
    assertEquals(expected, actual, relative * Math.abs(expected), what);
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void momentsAndDivergence(JsonObject vector) {
    JsonObject closed = vector.getAsJsonObject("closed");
    TruncatedLogNormal q = posterior(vector.getAsJsonObject("input"));
    LogUniform p = new LogUniform(q.lower(), q.upper());
    assertEquals(get(closed, "logZ"), q.logarithm().logMass(), 4e-16 * 300, "ln Z");
    assertEquals(get(closed, "KL"), KullbackLeibler.divergence(q, p), 1e-14, "KL");
    double byLocation = get(closed, "dKL_dmu");
    assertEquals(
        byLocation,
        KullbackLeibler.derivativeByLocation(q, p),
        RELATIVE * Math.max(1e-3, Math.abs(byLocation)),
        "dKL/dmu");
    assertEquals(
        get(closed, "dKL_dlogsigma"),
        KullbackLeibler.derivativeByScale(q, p) * q.scale(),
        RELATIVE,
        "dKL/dln sigma");
    close(get(closed, "Etheta"), q.mean(), RELATIVE, "E");
    double snr = get(closed, "SNR");
    double tolerance = snr > 1e3 ? 1e-7 : DIFFERENCE;
    close(snr, q.signalToNoise(), tolerance, "SNR");
    close(get(closed, "Var"), q.variance(), 2 * tolerance, "Var");
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void evidence(JsonObject vector) {
    TruncatedLogNormal q = posterior(vector.getAsJsonObject("input"));
    LogUniform p = new LogUniform(q.lower(), q.upper());
    int checked = 0;
    for (JsonElement element : vector.getAsJsonArray("deltaF")) {
      JsonObject reduction = element.getAsJsonObject();
      if (reduction.get("kind").getAsString().equals("BMRS_N")) {
        double expected = get(reduction, "quadrature");
        TruncatedLogNormal reduced =
            new TruncatedLogNormal(
                get(reduction, "mu_p"), get(reduction, "sigma_p"), q.lower(), q.upper());
        double actual = TruncatedLogNormalReduction.deltaF(q, p, reduced);
        assertEquals(expected, actual, 1e-12 * (1 + Math.abs(expected)), "BMRS_N");
        assertEquals(get(reduction, "closed_eq8"), actual, 1e-12 * (1 + Math.abs(expected)));
        assertEquals(
            get(reduction, "repo_formula_no_2pi"),
            actual + TruncatedLogNormalReduction.OMITTED_CONSTANT,
            1e-12 * (1 + Math.abs(expected)));
        assertEquals(reduction.get("prune").getAsBoolean(), actual >= 0);
      } else {
        double expected = get(reduction, "quadrature");
        LogUniform reduced = new LogUniform(get(reduction, "log_a1"), get(reduction, "log_b1"));
        double actual = TruncatedLogNormalReduction.deltaF(q, p, reduced);
        assertEquals(expected, actual, 1e-14 * (1 + Math.abs(expected)), "BMRS_U");
        assertEquals(reduction.get("prune").getAsBoolean(), actual >= 0);
      }
      checked++;
    }
    assertTrue(checked >= 3);
  }

  @ParameterizedTest
  @MethodSource("samples")
  void draws(JsonObject sample) {
    TruncatedLogNormal q = posterior(sample);
    TruncatedNormalDraws draws = new TruncatedNormalDraws();
    draws.set(q.logarithm());
    double x = draws.draw(get(sample, "u"));
    close(get(sample, "log_theta"), x, RELATIVE, "ln theta");
    close(get(sample, "theta"), Math.exp(x), RELATIVE, "theta");
    close(get(sample, "dlogtheta_dmu"), draws.byLocation(), 1e-10, "by location");
    close(get(sample, "dlogtheta_dlogsigma"), draws.byLogScale(), 1e-10, "by ln scale");
  }

  @Test
  void aNarrowSpikeIsTheRatioOfDensities() {
    LogUniform p = new LogUniform(-20, 0);
    for (double location : new double[] {-25, -19, -10, 0.5, 3}) {
      for (double scale : new double[] {0.3, 2, 30, 400}) {
        TruncatedLogNormal q = new TruncatedLogNormal(location, scale, -20, 0);
        TruncatedLogNormal reduced = new TruncatedLogNormal(-20, 1e-9, -20, 0);
        double limit = TruncatedLogNormalReduction.spikeDeltaF(q, p);
        // The spike's mean lies 0.8e-9 above the bound.
        double slope = Math.abs((-20 - location) / scale / scale) * 1e-9;
        assertEquals(
            limit,
            TruncatedLogNormalReduction.deltaF(q, p, reduced),
            slope + 1e-12 * (1 + Math.abs(limit)),
            q.toString());
      }
    }
  }

  @Test
  void equationEightNeverPrunesWhatHasLearnedNothing() {
    LogUniform p = new LogUniform(-20, 0);
    // Near the prior ΔF ≈ −[(a − μ)² − mean (x − μ)²]/2σ², negative for all μ > a + (b − a)/3.
    TruncatedLogNormal q = new TruncatedLogNormal(0, 100, -20, 0);
    double deltaF = TruncatedLogNormalReduction.spikeDeltaF(q, p);
    assertEquals(-(400 - 400.0 / 3) / (2 * 1e4), deltaF, 1e-4);
    assertTrue(deltaF < 0);
    assertTrue(deltaF + TruncatedLogNormalReduction.OMITTED_CONSTANT > 0);
    TruncatedLogNormal low = new TruncatedLogNormal(-14, 100, -20, 0);
    assertTrue(TruncatedLogNormalReduction.spikeDeltaF(low, p) > 0);
  }

  @Test
  void theWholeRangeAsReducedPriorChangesNothing() {
    LogUniform p = new LogUniform(-20, 0);
    for (double location : new double[] {-30, -7, 0, 40}) {
      TruncatedLogNormal q = new TruncatedLogNormal(location, 0.7, -20, 0);
      assertEquals(0, TruncatedLogNormalReduction.deltaF(q, p, p), 1e-15);
    }
  }

  @Test
  void decisionBoundaries() {
    // μ, and the least σ from which BMRS_N as published, with p₁ = 8 and with p₁ = 4 prune.
    double[][] table = {
      {0.5, 12.746, 17.826, 6.912}, {0, 12.505, 16.192, 6.546}, {-2, 11.493, 10.927, 4.844}
    };
    LogUniform p = new LogUniform(-20, 0);
    for (double[] row : table) {
      for (int rule = 1; rule <= 3; rule++) {
        for (double side : new double[] {-1e-3, 1e-3}) {
          TruncatedLogNormal q = new TruncatedLogNormal(row[0], row[rule] + side, -20, 0);
          double deltaF =
              rule == 1
                  ? TruncatedLogNormalReduction.spikeDeltaF(q, p)
                      + TruncatedLogNormalReduction.OMITTED_CONSTANT
                  : TruncatedLogNormalReduction.deltaF(
                      q, p, TruncatedLogNormalReduction.belowPowerOfTwo(rule == 2 ? 8 : 4, 23));
          assertEquals(side > 0, deltaF >= 0, () -> q + " has " + deltaF);
        }
      }
    }
  }

  @Test
  void bothEvidencesAreTheExpectationsThatTheyApproximate() {
    LogUniform p = new LogUniform(-20, 0);
    TruncatedLogNormal reduced = new TruncatedLogNormal(-11, 1.5, -20, 0);
    LogUniform part = new LogUniform(-15, -6);
    TruncatedNormal density = new TruncatedNormal();
    for (double location : new double[] {-22, -8, 1.5}) {
      for (double scale : new double[] {0.8, 5, 60}) {
        TruncatedLogNormal q = new TruncatedLogNormal(location, scale, -20, 0);
        int cells = 200_000;
        double smooth = 0;
        double uniform = 0;
        for (int i = 0; i < cells; i++) {
          double x = -20 + 20.0 * (i + 0.5) / cells;
          density.set(location, scale, -20, 0);
          double weight = Math.exp(density.logDensity(x)) * 20 / cells;
          density.set(-11, 1.5, -20, 0);
          smooth += weight * Math.exp(density.logDensity(x)) * 20;
          uniform += x > -15 && x < -6 ? weight * 20 / 9 : 0;
        }
        assertEquals(
            Math.log(smooth), TruncatedLogNormalReduction.deltaF(q, p, reduced), 1e-7, "" + q);
        assertEquals(
            Math.log(uniform), TruncatedLogNormalReduction.deltaF(q, p, part), 1e-7, "" + q);
      }
    }
  }

  @Test
  void boundsMustAgree() {
    TruncatedLogNormal q = new TruncatedLogNormal(0, 1, -20, 0);
    LogUniform other = new LogUniform(-10, 0);
    IllegalArgumentException thrown =
        assertThrows(
            IllegalArgumentException.class,
            () -> TruncatedLogNormalReduction.spikeDeltaF(q, other));
    assertTrue(thrown.getMessage().contains("[-10.0, 0.0]"), thrown.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            TruncatedLogNormalReduction.deltaF(q, new LogUniform(-20, 0), new LogUniform(-21, 0)));
  }
}
