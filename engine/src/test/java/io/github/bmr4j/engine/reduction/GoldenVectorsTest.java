package io.github.bmr4j.engine.reduction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.bmr4j.engine.reduction.GaussianReduction.Derivatives;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Vectors computed in 60 digits and rounded to double, each to a relative 1e-12 (an expected zero
 * to 1e-15). A group of the file is checked here or named as checked elsewhere; there is no third.
 */
class GoldenVectorsTest {

  private static final double RELATIVE = 1e-12;
  private static final Set<String> ELSEWHERE = Set.of("meta", "metrics", "pruner_library");

  /** What checks one case of a group, and how many cases it has to have. */
  private record Group(int cases, Consumer<JsonObject> check) {}

  private static final Map<String, Group> GROUPS =
      Map.ofEntries(
          Map.entry("scalar_mean_field", new Group(12, GoldenVectorsTest::scalar)),
          Map.entry("scalar_invalid", new Group(1, GoldenVectorsTest::invalid)),
          Map.entry("scalar_spike_limit", new Group(7, GoldenVectorsTest::spikeLimit)),
          Map.entry("optimal_gamma2", new Group(4, GoldenVectorsTest::optimum)),
          Map.entry("vector_mean_field", new Group(1, GoldenVectorsTest::vector)),
          Map.entry("multivariate", new Group(3, GoldenVectorsTest::multivariate)),
          Map.entry("matrix_normal", new Group(1, GoldenVectorsTest::matrixNormal)),
          Map.entry("normal_gamma", new Group(2, GoldenVectorsTest::normalGamma)),
          Map.entry("spike_slab_threshold", new Group(3, GoldenVectorsTest::threshold)),
          Map.entry("regularised_horseshoe_gamma", new Group(3, GoldenVectorsTest::horseshoe)),
          Map.entry("rhs_pruning_update", new Group(1, GoldenVectorsTest::pruningUpdate)),
          Map.entry("ivon_bmr_score", new Group(3, GoldenVectorsTest::onlineNewton)));

  private static JsonObject file() throws IOException {
    try (Reader in =
        new InputStreamReader(
            GoldenVectorsTest.class.getResourceAsStream("markovic.json"), StandardCharsets.UTF_8)) {
      return JsonParser.parseReader(in).getAsJsonObject();
    }
  }

  /** The cases of a group: its array, the array under "cases", or the one case that it is. */
  private static List<JsonObject> cases(JsonElement group) {
    JsonArray array = new JsonArray();
    if (group.isJsonArray()) {
      array = group.getAsJsonArray();
    } else if (group.getAsJsonObject().has("cases")) {
      array = group.getAsJsonObject().getAsJsonArray("cases");
    } else {
      array.add(group);
    }
    return StreamSupport.stream(array.spliterator(), false)
        .map(JsonElement::getAsJsonObject)
        .toList();
  }

  @Test
  void everyGroupOfTheFileHasItsPlace() throws IOException {
    Set<String> known = new TreeSet<>(GROUPS.keySet());
    known.addAll(ELSEWHERE);
    assertEquals(known, new TreeSet<>(file().keySet()));
  }

  @TestFactory
  List<DynamicTest> everyCase() throws IOException {
    JsonObject file = file();
    return GROUPS.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(),
                    () -> {
                      List<JsonObject> cases = cases(file.get(entry.getKey()));
                      assertEquals(entry.getValue().cases(), cases.size(), "cases");
                      cases.forEach(entry.getValue().check());
                    }))
        .toList();
  }

  private static double number(JsonObject object, String name) {
    return object.get(name).getAsDouble();
  }

  private static double[] vector(JsonObject object, String name) {
    return new Gson().fromJson(object.get(name), double[].class);
  }

  private static double[][] matrix(JsonObject object, String name) {
    return new Gson().fromJson(object.get(name), double[][].class);
  }

  private static void close(JsonObject golden, String name, double actual) {
    close(number(golden, name), actual, name + " of " + golden);
  }

  private static void close(double expected, double actual, String message) {
    double tolerance = expected == 0 ? 1e-15 : RELATIVE * Math.abs(expected);
    assertEquals(expected, actual, tolerance, message);
  }

  private static void close(double[] expected, double[] actual, String message) {
    assertEquals(expected.length, actual.length, message);
    for (int i = 0; i < expected.length; i++) {
      close(expected[i], actual[i], message + "[" + i + "]");
    }
  }

  private static void scalar(JsonObject c) {
    double mu = number(c, "mu");
    double pi = number(c, "pi");
    double gamma2 = number(c, "gamma2");
    double sigma2 = number(c, "sigma2");
    close(c, "deltaF", GaussianReduction.deltaF(mu, pi, gamma2, sigma2));
    close(c, "M", GaussianReduction.precisionFactor(pi, gamma2, sigma2));
    close(c, "reduced_mean", GaussianReduction.reducedMean(mu, pi, gamma2, sigma2));
    close(c, "reduced_sd", GaussianReduction.reducedStandardDeviation(pi, gamma2, sigma2));
    Derivatives derivatives = GaussianReduction.derivatives(mu, pi, gamma2, sigma2);
    close(c, "dF_dmu", derivatives.mean());
    close(c, "dF_dpi", derivatives.precision());
    close(c, "dF_dgamma2", derivatives.reducedVariance());
    close(c, "dF_dloggamma2", derivatives.logReducedVariance());
  }

  private static void invalid(JsonObject c) {
    double mu = number(c, "mu");
    double pi = number(c, "pi");
    double gamma2 = number(c, "gamma2");
    double sigma2 = number(c, "sigma2");
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> GaussianReduction.deltaF(mu, pi, gamma2, sigma2));
    assertTrue(e.getMessage().contains("= " + number(c, "M")), e.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> GaussianReduction.reducedMean(mu, pi, gamma2, sigma2));
    assertThrows(
        IllegalArgumentException.class,
        () -> GaussianReduction.reducedStandardDeviation(pi, gamma2, sigma2));
    assertThrows(
        IllegalArgumentException.class,
        () -> GaussianReduction.derivatives(mu, pi, gamma2, sigma2));
  }

  private static void spikeLimit(JsonObject c) {
    double mu = number(c, "mu");
    double pi = number(c, "pi");
    double sigma2 = number(c, "sigma2");
    double deltaF = GaussianReduction.spikeDeltaF(mu, pi, sigma2);
    close(c, "deltaF0", deltaF);
    close(c, "deltaF0", GaussianReduction.deltaF(mu, pi, 0, sigma2));
    boolean prune = c.get("prune_at_0").getAsBoolean();
    assertEquals(prune, deltaF > 0, c.toString());
    OptionalDouble threshold = GaussianReduction.spikeThreshold(pi, sigma2);
    assertEquals(c.get("prune_z_threshold").isJsonNull(), threshold.isEmpty(), c.toString());
    threshold.ifPresent(z -> close(c, "prune_z_threshold", z));
    assertEquals(
        prune, threshold.isPresent() && Math.abs(mu) * Math.sqrt(pi) < threshold.getAsDouble());
  }

  private static void optimum(JsonObject c) {
    double mu = number(c, "mu");
    double pi = number(c, "pi");
    double sigma2 = number(c, "sigma2");
    double optimum = GaussianReduction.optimalReducedVariance(mu, pi, sigma2).getAsDouble();
    close(c, "gamma2_star", optimum);
    close(c, "deltaF_star", GaussianReduction.deltaF(mu, pi, optimum, sigma2));
  }

  private static void vector(JsonObject c) {
    double[] mu = vector(c, "mu");
    double[] pi = vector(c, "pi");
    double[] gamma2 = vector(c, "gamma2");
    double sigma2 = number(c, "sigma2");
    double[] each = vector(c, "deltaF_elementwise");
    close(each, GaussianReduction.deltaF(mu, pi, gamma2, sigma2), "deltaF");
    close(c, "deltaF_sum", GaussianReduction.groupDeltaF(mu, pi, gamma2, sigma2));
    double[] mean = GaussianReduction.reducedMean(mu, pi, gamma2, sigma2);
    close(vector(c, "reduced_mean"), mean, "mean");
    double[] deviation = GaussianReduction.reducedStandardDeviation(pi, gamma2, sigma2);
    close(vector(c, "reduced_sd"), deviation, "deviation");
  }

  private static void multivariate(JsonObject c) {
    FullCovarianceReduction reduction =
        FullCovarianceReduction.of(
            vector(c, "mu"), matrix(c, "P"), vector(c, "gamma2"), vector(c, "sigma2"));
    close(c, "deltaF", reduction.deltaF());
    close(vector(c, "reduced_mean"), reduction.reducedMean(), c.toString());
    close(vector(c, "reduced_sd"), reduction.reducedStandardDeviation(), c.toString());
  }

  private static void matrixNormal(JsonObject c) {
    MatrixNormalReduction reduction =
        MatrixNormalReduction.of(
            matrix(c, "M"),
            vector(c, "a"),
            matrix(c, "B"),
            vector(c, "gamma2"),
            number(c, "sigma2"));
    close(c, "deltaF", reduction.deltaF());
    close(c, "deltaF", Arrays.stream(reduction.rowDeltaF()).sum());
    double[][] mean = matrix(c, "reduced_mean");
    double[][] deviation = matrix(c, "reduced_sd");
    for (int i = 0; i < mean.length; i++) {
      close(mean[i], reduction.reducedMean()[i], "mean of row " + i);
      close(deviation[i], reduction.reducedStandardDeviation()[i], "deviation of row " + i);
    }
  }

  private static void normalGamma(JsonObject c) {
    NormalGammaReduction reduction =
        NormalGammaReduction.of(
            vector(c, "mu"), matrix(c, "P"), number(c, "a"), number(c, "b"), vector(c, "gamma2"));
    close(c, "deltaF", reduction.deltaF());
    close(c, "reduced_b", reduction.reducedRate());
    close(vector(c, "reduced_mean"), reduction.reducedMean(), c.toString());
  }

  private static void threshold(JsonObject c) {
    double[] deltaF = vector(c, "deltaF");
    boolean[] all = new boolean[deltaF.length];
    Arrays.fill(all, true);
    double[] trace = SpikeAndSlab.trace(deltaF, all, SpikeAndSlab.Config.PUBLISHED);
    close(vector(c, "zeta_trace"), trace, c.toString());
    double zeta = SpikeAndSlab.threshold(deltaF, all, SpikeAndSlab.Config.PUBLISHED);
    close(c, "zeta", zeta);
    boolean[] active = new Gson().fromJson(c.get("active"), boolean[].class);
    for (int i = 0; i < active.length; i++) {
      assertEquals(active[i], SpikeAndSlab.isActive(deltaF[i], zeta), c + " at " + i);
    }
    float[] single = new float[deltaF.length];
    for (int i = 0; i < single.length; i++) {
      single[i] = (float) deltaF[i];
    }
    // What is left is the rounding of ΔF to float.
    assertEquals(zeta, SpikeAndSlab.threshold(single, all, SpikeAndSlab.Config.PUBLISHED), 1e-7);
  }

  private static void horseshoe(JsonObject c) {
    close(
        c,
        "gamma",
        RegularisedHorseshoe.scale(
            number(c, "tau0"),
            number(c, "z0"),
            number(c, "z1"),
            number(c, "v"),
            number(c, "u"),
            number(c, "c_inv_sqr")));
  }

  private static void pruningUpdate(JsonObject c) {
    double old = number(c, "gamma_old");
    double[] draws = vector(c, "gamma_samples");
    double expected = number(c, "gamma_new");
    close(c, "gamma_new", RegularisedHorseshoe.prunedScale(old, draws, 1e-6));
    assertEquals(
        RegularisedHorseshoe.SPIKE,
        RegularisedHorseshoe.prunedScale(old, draws, Math.nextUp(1.001 * expected)));
  }

  private static void onlineNewton(JsonObject c) {
    double mean = number(c, "mean");
    double hessian = number(c, "hess");
    double size = number(c, "ess");
    double decay = number(c, "weight_decay");
    double precision = OnlineNewtonScore.posteriorPrecision(hessian, size, decay);
    double prior = OnlineNewtonScore.priorPrecision(size, decay);
    close(c, "posterior_precision", precision);
    close(c, "prior_precision", prior);
    close(c, "deltaF", OnlineNewtonScore.deltaF(mean, hessian, size, decay));
    close(c, "score", OnlineNewtonScore.score(mean, hessian, size, decay));
    close(c, "deltaF", GaussianReduction.spikeDeltaF(mean, precision, 1 / prior));
  }
}
