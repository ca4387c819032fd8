package io.github.bmr4j.engine.reduction;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.bmr4j.engine.distribution.BinaryConcrete;
import io.github.bmr4j.engine.distribution.DiracDivergence;
import io.github.bmr4j.engine.distribution.KullbackLeibler;
import io.github.bmr4j.engine.distribution.MixtureDivergence;
import io.github.bmr4j.engine.distribution.Normal;
import io.github.bmr4j.engine.distribution.ScaleMixture;
import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.reduction.InclusionProbability.Estimator;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Vectors of spike-and-slab inference computed in 50 digits; each number of each case. */
class InclusionGoldenTest {

  private static final double CLOSED_FORM = 1e-12;
  private static final double QUADRATURE = 1e-10;

  private record Group(int cases, Consumer<JsonObject> check) {}

  private static final Map<String, Group> GROUPS =
      Map.ofEntries(
          Map.entry("weight", new Group(11, InclusionGoldenTest::weight)),
          Map.entry("group", new Group(3, InclusionGoldenTest::group)),
          Map.entry("dirac_kl", new Group(4, InclusionGoldenTest::dirac)),
          Map.entry("binary_concrete", new Group(4, InclusionGoldenTest::concrete)),
          Map.entry("threshold_half", new Group(3, InclusionGoldenTest::evenWeight)),
          Map.entry("prior_lambda", new Group(3, InclusionGoldenTest::priorInclusion)),
          Map.entry("lrt", new Group(1, InclusionGoldenTest::localMoments)),
          Map.entry("beta_bernoulli", new Group(1, InclusionGoldenTest::betaBernoulli)));

  private static JsonObject file() throws IOException {
    try (Reader in =
        new InputStreamReader(
            InclusionGoldenTest.class.getResourceAsStream("saha.json"), StandardCharsets.UTF_8)) {
      return JsonParser.parseReader(in).getAsJsonObject();
    }
  }

  @Test
  void everyGroupOfTheFileIsChecked() throws IOException {
    Set<String> known = new TreeSet<>(GROUPS.keySet());
    known.addAll(Set.of("convention", "formulas"));
    assertEquals(known, new TreeSet<>(file().keySet()));
  }

  @TestFactory
  List<DynamicTest> everyCase() throws IOException {
    JsonObject file = file();
    return GROUPS.entrySet().stream()
        .flatMap(
            entry -> {
              JsonElement element = file.get(entry.getKey());
              JsonArray cases = new JsonArray();
              if (element.isJsonArray()) {
                cases = element.getAsJsonArray();
              } else {
                cases.add(element);
              }
              assertEquals(entry.getValue().cases(), cases.size(), entry.getKey());
              return StreamSupport.stream(cases.spliterator(), false)
                  .map(JsonElement::getAsJsonObject)
                  .map(
                      c ->
                          DynamicTest.dynamicTest(
                              entry.getKey() + (c.has("id") ? " " + c.get("id").getAsString() : ""),
                              () -> entry.getValue().check().accept(c)));
            })
        .toList();
  }

  private static void weight(JsonObject c) {
    Normal q = new Normal(number(c, "mu"), number(c, "sigma"));
    ScaleMixture p = prior(c);
    same(c, "pip_mf_logit", MixtureDivergence.inclusionLogit(q, p), CLOSED_FORM);
    same(c, "pip_mf", InclusionProbability.probability(q, p, Estimator.MEAN_FIELD), CLOSED_FORM);
    same(c, "pip_rb", InclusionProbability.probability(q, p, Estimator.RAO_BLACKWELL), QUADRATURE);
    same(c, "dF", -InclusionProbability.logEvidence(q, p, Estimator.MODEL_REDUCTION), CLOSED_FORM);
    same(
        c,
        "pip_bmr",
        InclusionProbability.probability(q, p, Estimator.MODEL_REDUCTION),
        CLOSED_FORM);
    same(c, "dF0", -InclusionProbability.logEvidence(q, p, Estimator.SAVAGE_DICKEY), CLOSED_FORM);
    same(c, "pip_sd", InclusionProbability.probability(q, p, Estimator.SAVAGE_DICKEY), CLOSED_FORM);
    same(c, "resp_at_mu", p.responsibility(q.location()), CLOSED_FORM);
    same(c, "kl1", KullbackLeibler.divergence(q, p.slabComponent()), CLOSED_FORM);
    same(c, "kl0", KullbackLeibler.divergence(q, p.spikeComponent()), CLOSED_FORM);
    same(c, "kl_collapsed", MixtureDivergence.collapsed(q, p), CLOSED_FORM);
    same(c, "kl_mix", MixtureDivergence.marginal(q, p), QUADRATURE);
    same(c, "dcol_dmu", MixtureDivergence.collapsedByLocation(q, p), CLOSED_FORM);
    same(c, "dcol_dsigma", MixtureDivergence.collapsedByScale(q, p), CLOSED_FORM);
    same(c, "snr", Math.abs(q.location()) / q.scale(), CLOSED_FORM);
    // One weight is a group of one: two unrelated quadratures.
    same(
        c,
        "pip_rb",
        SharedResponsibility.of(new double[] {q.location()}, new double[] {q.scale()}, p),
        QUADRATURE);
  }

  private static void group(JsonObject c) {
    double[] means = numbers(c, "mu");
    double[] deviations = numbers(c, "sigma");
    ScaleMixture p = prior(c);
    double priorLogit = SpecialFunctions.logit(p.inclusion());
    double meanField = priorLogit + evidence(means, deviations, p, Estimator.MEAN_FIELD);
    double reduction = evidence(means, deviations, p, Estimator.MODEL_REDUCTION);
    double savageDickey = evidence(means, deviations, p, Estimator.SAVAGE_DICKEY);
    same(c, "pip_group_mf_logit", meanField, CLOSED_FORM);
    same(c, "pip_group_mf", SpecialFunctions.logistic(meanField), CLOSED_FORM);
    same(c, "dF_group", -reduction, CLOSED_FORM);
    same(c, "pip_group_bmr", SpecialFunctions.logistic(priorLogit + reduction), CLOSED_FORM);
    same(c, "dF0_group", -savageDickey, CLOSED_FORM);
    same(c, "pip_group_sd", SpecialFunctions.logistic(priorLogit + savageDickey), CLOSED_FORM);
    double slab = 0;
    double spike = 0;
    double[] each = new double[means.length];
    for (int i = 0; i < means.length; i++) {
      Normal q = new Normal(means[i], deviations[i]);
      slab += KullbackLeibler.divergence(q, p.slabComponent());
      spike += KullbackLeibler.divergence(q, p.spikeComponent());
      each[i] = InclusionProbability.probability(q, p, Estimator.RAO_BLACKWELL);
      close(numbers(c, "pip_weights_rb")[i], each[i], QUADRATURE);
    }
    same(
        c,
        "kl_group_collapsed",
        MixtureDivergence.collapsed(slab, spike, p.inclusion()),
        CLOSED_FORM);
    double shared = SharedResponsibility.of(means, deviations, p);
    if (!c.get("pip_group_rb_shared_gamma").isJsonNull()) {
      same(c, "pip_group_rb_shared_gamma", shared, QUADRATURE);
    }
    same(c, "pip_node_union", InclusionProbability.union(each), QUADRATURE);
    same(c, "pip_node_max", Arrays.stream(each).max().orElseThrow(), QUADRATURE);
    same(c, "pip_node_mean", Arrays.stream(each).average().orElseThrow(), QUADRATURE);
  }

  private static double evidence(
      double[] means, double[] deviations, ScaleMixture p, Estimator estimator) {
    double sum = 0;
    for (int i = 0; i < means.length; i++) {
      sum += InclusionProbability.logEvidence(new Normal(means[i], deviations[i]), p, estimator);
    }
    return sum;
  }

  private static void dirac(JsonObject c) {
    double theta = number(c, "theta");
    double lambda = number(c, "lam");
    Normal prior = new Normal(0, number(c, "sigma_prior"));
    double[] means = numbers(c, "mu");
    double[] deviations = numbers(c, "sigma");
    double slab = 0;
    for (int i = 0; i < means.length; i++) {
      slab += KullbackLeibler.divergence(new Normal(means[i], deviations[i]), prior);
    }
    same(c, "phi", SpecialFunctions.logistic(theta), CLOSED_FORM);
    same(c, "kl_bern", DiracDivergence.bernoulli(theta, lambda), CLOSED_FORM);
    same(c, "kl_slab", slab, CLOSED_FORM);
    same(c, "kl_total", DiracDivergence.total(theta, lambda, slab), CLOSED_FORM);
    same(c, "dkl_dtheta", DiracDivergence.byLogit(theta, lambda, slab), CLOSED_FORM);
  }

  private static void concrete(JsonObject c) {
    BinaryConcrete relaxed = new BinaryConcrete(number(c, "theta"), number(c, "temp"));
    double u = number(c, "u");
    same(c, "y_soft", relaxed.draw(u), CLOSED_FORM);
    same(c, "y_hard", relaxed.draw(u) > 0.5 ? 1 : 0, CLOSED_FORM);
    same(c, "dy_dtheta", relaxed.derivative(u), CLOSED_FORM);
  }

  private static void evenWeight(JsonObject c) {
    ScaleMixture p =
        new ScaleMixture(
            number(c, "pi"), Math.sqrt(number(c, "sigma1_sq")), Math.sqrt(number(c, "sigma0_sq")));
    same(c, "threshold", p.evenWeight(), CLOSED_FORM);
    close(0.5, p.responsibility(p.evenWeight()), CLOSED_FORM);
  }

  private static void priorInclusion(JsonObject c) {
    if (c.has("lam")) {
      same(
          c,
          "lam",
          PriorInclusion.ofWeights(
              (long) number(c, "T"),
              (int) number(c, "L"),
              (int) number(c, "N"),
              (int) number(c, "n"),
              (int) number(c, "p"),
              number(c, "delta")),
          CLOSED_FORM);
      return;
    }
    double[] units =
        PriorInclusion.ofUnits(
            (int) number(c, "p"),
            (int) number(c, "h1"),
            (int) number(c, "h2"),
            (int) number(c, "t"),
            (int) number(c, "n"));
    same(c, "lam1", units[0], CLOSED_FORM);
    same(c, "lam2", units[1], CLOSED_FORM);
  }

  private static void localMoments(JsonObject c) {
    double[] x = numbers(c, "x");
    double mean = 0;
    double variance = 0;
    for (int i = 0; i < x.length; i++) {
      DiracDivergence.Moments moments =
          DiracDivergence.moments(
              numbers(c, "phi")[i], new Normal(numbers(c, "mu")[i], numbers(c, "sigma")[i]));
      mean += x[i] * moments.mean();
      variance += x[i] * x[i] * moments.variance();
    }
    same(c, "mean", mean, CLOSED_FORM);
    same(c, "var", variance, CLOSED_FORM);
  }

  private static void betaBernoulli(JsonObject c) {
    double[] deltaF = numbers(c, "dF");
    boolean[] active = new boolean[deltaF.length];
    Arrays.fill(active, true);
    double[] expected = numbers(c, "zeta_trace");
    double[] trace =
        SpikeAndSlab.trace(deltaF, active, new SpikeAndSlab.Config(1, 1, expected.length, false));
    for (int i = 0; i < trace.length; i++) {
      close(expected[i], trace[i], CLOSED_FORM);
    }
    for (int i = 0; i < deltaF.length; i++) {
      close(
          numbers(c, "pip")[i],
          SpikeAndSlab.activeProbability(deltaF[i], trace[trace.length - 1]),
          CLOSED_FORM);
    }
  }

  private static ScaleMixture prior(JsonObject c) {
    return new ScaleMixture(number(c, "pi"), number(c, "sigma1"), number(c, "sigma0"));
  }

  private static double number(JsonObject c, String name) {
    return c.get(name).getAsDouble();
  }

  private static double[] numbers(JsonObject c, String name) {
    return new Gson().fromJson(c.get(name), double[].class);
  }

  private static void same(JsonObject c, String name, double actual, double tolerance) {
    assertEquals(
        number(c, name), actual, tolerance * Math.max(Math.abs(number(c, name)), 1e-3), name);
  }

  private static void close(double expected, double actual, double tolerance) {
    assertEquals(expected, actual, tolerance * Math.max(Math.abs(expected), 1e-3));
  }
}
