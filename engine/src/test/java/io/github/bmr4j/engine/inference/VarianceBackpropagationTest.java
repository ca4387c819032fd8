package io.github.bmr4j.engine.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.bmr4j.engine.autodiff.GaussianNegativeLogLikelihood;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.MomentApply;
import io.github.bmr4j.engine.autodiff.MomentLinear;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.distribution.ActivationMoments;
import io.github.bmr4j.engine.distribution.Gamma;
import io.github.bmr4j.engine.distribution.KullbackLeibler;
import io.github.bmr4j.engine.distribution.Normal;
import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.VariationalStep;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Moments, likelihood, precision and gradients against vectors that were computed in 60 digits or
 * double, in part with the authors' published functions.
 */
class VarianceBackpropagationTest {

  private static JsonObject golden;

  @BeforeAll
  static void read() throws IOException {
    try (Reader in =
        new InputStreamReader(
            VarianceBackpropagationTest.class.getResourceAsStream("beckers.json"),
            StandardCharsets.UTF_8)) {
      golden = JsonParser.parseReader(in).getAsJsonObject();
    }
  }

  private static double get(JsonElement object, String key) {
    return object.getAsJsonObject().get(key).getAsDouble();
  }

  private static void close(double expected, double actual, double relative, Object what) {
    assertEquals(
        expected, actual, relative * Math.abs(expected) + 1e-100, () -> String.valueOf(what));
  }

  @Test
  void rectifiedMomentsAreExactInBothTails() {
    double[] result = new double[ActivationMoments.RESULTS];
    int cases = 0;
    for (JsonElement c : golden.getAsJsonArray("relu_moments")) {
      ActivationMoments.RELU.evaluate(get(c, "mean"), get(c, "var"), result);
      close(get(c, "out_mean"), result[0], 1e-11, c);
      close(get(c, "out_var"), result[1], 1e-9, c);
      cases++;
    }
    assertEquals(14, cases);
    double[] d = new double[ActivationMoments.RESULTS];
    for (JsonElement c : golden.getAsJsonArray("relu_moment_partials")) {
      ActivationMoments.RELU.evaluate(get(c, "mean"), get(c, "var"), d);
      close(get(c, "dmean_dm"), d[2], 1e-10, c);
      close(get(c, "dmean_dv"), d[3], 1e-10, c);
      close(get(c, "dvar_dm"), d[4], 1e-9, c);
      close(get(c, "dvar_dv"), d[5], 1e-9, c);
    }
  }

  @Test
  void squashedMomentsAsPublishedAndCorrected() {
    check("sigmoid_moments", "code", ActivationMoments.SIGMOID_PUBLISHED);
    check("sigmoid_moments", "textbook", ActivationMoments.SIGMOID);
    check("tanh_moments", "code", ActivationMoments.TANH_PUBLISHED);
    check("tanh_moments", "textbook", ActivationMoments.TANH);
  }

  private static void check(String group, String variant, ActivationMoments f) {
    double[] result = new double[ActivationMoments.RESULTS];
    int cases = 0;
    for (JsonElement c : golden.getAsJsonObject(group).getAsJsonArray("cases")) {
      f.evaluate(get(c, "mean"), get(c, "var"), result);
      assertEquals(get(c, variant + "_mean"), result[0], 1e-13, () -> f + " " + c);
      close(get(c, variant + "_var"), result[1], 1e-10, f + " " + c);
      cases++;
    }
    assertTrue(cases >= 6);
  }

  /** The derivatives at a point where a unit has left, and on both sides of it. */
  @Test
  void aPointHasTheMomentsOfTheActivationItself() {
    double[] result = new double[ActivationMoments.RESULTS];
    for (double m : new double[] {-2, 0, 3}) {
      ActivationMoments.RELU.evaluate(m, 0, result);
      assertEquals(Math.max(m, 0), result[0]);
      assertEquals(0, result[1]);
      assertEquals(m > 0 ? 1 : 0, result[2]);
      for (double partial : result) {
        assertTrue(Double.isFinite(partial));
      }
    }
  }

  @Test
  void precisionsAndTheirDivergence() {
    try (Backend backend = Backends.open("scalar", 1)) {
      for (JsonElement c : golden.getAsJsonArray("gamma_precision")) {
        GammaPrecision precision =
            new GammaPrecision(backend, "noise", 1, new Gamma(1, 1), new Sampling(1));
        precision.set(0, new Gamma(get(c, "alpha"), get(c, "beta")));
        Node expectations = precision.expectations();
        Graph.forInference(backend, expectations).forward();
        // ln α and ln β are floats.
        double scale = 1 + get(c, "alpha");
        assertEquals(get(c, "E_tau"), expectations.value().slice().get(0), 1e-6 * scale);
        assertEquals(get(c, "E_ln_tau"), expectations.value().slice().get(1), 1e-5);
        assertEquals(get(c, "kl_to_gamma_1_1"), precision.klDivergence(), 1e-5 * scale);
      }
    }
  }

  @Test
  void theCoordinateUpdateIsTheOptimumOfTheFreeEnergy() {
    try (Backend backend = Backends.open("scalar", 1)) {
      Gamma prior = new Gamma(1, 1);
      GammaPrecision precision = new GammaPrecision(backend, "noise", 1, prior, new Sampling(1));
      precision.coordinateUpdate(100, new double[] {37});
      assertEquals(51, precision.posterior(0).shape(), 1e-4);
      assertEquals(19.5, precision.posterior(0).rate(), 1e-5);
      double best = freeEnergy(precision.posterior(0), prior);
      for (double h : new double[] {-0.05, 0.05}) {
        assertTrue(best < freeEnergy(new Gamma(51 * (1 + h), 19.5), prior));
        assertTrue(best < freeEnergy(new Gamma(51, 19.5 * (1 + h)), prior));
      }
    }
  }

  private static double freeEnergy(Gamma q, Gamma prior) {
    return 0.5 * (q.mean() * 37 - 100 * q.meanLogarithm()) + KullbackLeibler.divergence(q, prior);
  }

  @Test
  void theConstantCountsOnceOrAsPublished() {
    JsonObject c = golden.getAsJsonObject("accuracy_two_outputs");
    assertEquals(get(c, "correct_acc_loss"), twoOutputs(c, 1), 1e-5);
    assertEquals(get(c, "code_acc_loss"), twoOutputs(c, 2), 1e-5);
  }

  private static double twoOutputs(JsonObject c, int constants) {
    try (Backend backend = Backends.open("scalar", 1)) {
      GammaPrecision precision =
          new GammaPrecision(backend, "noise", 2, new Gamma(1, 1), new Sampling(1));
      for (int m = 0; m < 2; m++) {
        precision.set(m, new Gamma(at(c, "alpha", m), at(c, "beta", m)));
      }
      Node loss =
          new GaussianNegativeLogLikelihood(
              constant(c, "mean"),
              constant(c, "var"),
              constant(c, "y"),
              precision.expectations(),
              null,
              constants);
      Graph.forInference(backend, loss).forward();
      return loss.value().slice().get(0) + loss.value().slice().get(1);
    }
  }

  private static double at(JsonObject object, String key, int i) {
    return object.getAsJsonArray(key).get(i).getAsDouble();
  }

  private static Node constant(JsonObject object, String key) {
    Tensor tensor = Tensor.allocate(Shape.of(2, 2));
    double[] values = flat(object.get(key));
    for (int i = 0; i < values.length; i++) {
      tensor.slice().set(i, (float) values[i]);
    }
    return new Input(tensor);
  }

  /** A network with one hidden layer: every intermediate, the terms of F and all gradients. */
  @Test
  void aNetworkWithItsGradients() {
    JsonObject c = golden.getAsJsonObject("fcn_vbp_forward");
    JsonObject params = c.getAsJsonObject("params");
    JsonObject expect = c.getAsJsonObject("expect");
    JsonObject grad = expect.getAsJsonObject("grad");
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(1);
      MeanFieldNormal first = latent(backend, params, "1", 0, sampling);
      MeanFieldNormal second = latent(backend, params, "2", 1, sampling);
      GammaPrecision precision = new GammaPrecision(backend, "noise", 1, new Gamma(1, 1), sampling);
      precision.set(0, new Gamma(Math.exp(get(c, "log_alpha")), Math.exp(get(c, "log_beta"))));
      double[] x = flat(c.get("x"));
      int batch = 2;
      Tensor input = Tensor.allocate(Shape.of(2 * batch, 2));
      for (int i = 0; i < x.length; i++) {
        input.slice().set(i, (float) x[i]);
        input.slice().set(x.length + i, (float) get(c, "data_var"));
      }
      double[] targets = flat(c.get("y"));
      Input y = new Input(Tensor.of(Shape.of(batch, 1), (float) targets[0], (float) targets[1]));
      Moments momentsOne = first.moments(null);
      Moments momentsTwo = second.moments(null);
      Node h = linear(new Input(input), momentsOne, 2, 3);
      Node hidden = new MomentApply(ActivationMoments.RELU, h);
      Node out = linear(hidden, momentsTwo, 3, 1);
      LatentNode tau = precision.expectations();
      Node losses =
          new GaussianNegativeLogLikelihood(
              new View(out, 0, Shape.of(batch, 1)),
              new View(out, batch, Shape.of(batch, 1)),
              y,
              tau);
      Node loss = new Sum(losses);
      Graph graph = Graph.forTraining(backend, loss, h, hidden, out);
      graph.forward();
      graph.backward();
      same(expect, "h_mean", h, 0);
      same(expect, "h_var", h, 1);
      same(expect, "y_mean", hidden, 0);
      same(expect, "y_var", hidden, 1);
      same(expect, "out_mean", out, 0);
      same(expect, "out_var", out, 1);
      assertEquals(get(expect, "acc_loss"), loss.value().item(), 2e-5);
      assertEquals(get(expect, "kl_theta"), first.klDivergence() + second.klDivergence(), 2e-5);
      assertEquals(get(expect, "kl_tau"), precision.klDivergence(), 1e-6);

      VariationalStep step = new VariationalStep();
      step.likelihoodWeight = 1f / batch;
      step.klWeight = (float) (1 / get(c, "n_data"));
      Optimizer adam = Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(1e-9));
      for (LatentNode node : List.of(momentsOne, momentsTwo)) {
        node.update(step, adam.nextStep());
      }
      gradients(grad, "1", first);
      gradients(grad, "2", second);
    }
  }

  private static void gradients(JsonObject grad, String layer, MeanFieldNormal latent) {
    double[] means = block(grad, "W" + layer + "_mu", "b" + layer + "_mu");
    double[] rhos = block(grad, "W" + layer + "_rho", "b" + layer + "_rho");
    for (int i = 0; i < means.length; i++) {
      double byMean = latent.factors().meanMoment1().get(i) / 0.1;
      double byRho = latent.factors().rhoMoment1().get(i) / 0.1;
      assertEquals(means[i], byMean, 2e-5 * (1 + Math.abs(means[i])), "μ " + i);
      assertEquals(rhos[i], byRho, 2e-5 * (1 + Math.abs(rhos[i])), "ρ " + i);
    }
  }

  private static void same(JsonObject expect, String key, Node node, int half) {
    double[] values = flat(expect.get(key));
    for (int i = 0; i < values.length; i++) {
      assertEquals(
          values[i],
          node.value().slice().get(half * values.length + i),
          1e-5 * (1 + Math.abs(values[i])),
          key + " " + i);
    }
  }

  private static Node linear(Node x, Moments moments, int in, int out) {
    Shape weights = Shape.of(out, in);
    Shape bias = Shape.of(out);
    return new MomentLinear(
        x,
        moments.means(0, weights),
        moments.variances(0, weights),
        moments.means(in * out, bias),
        moments.variances(in * out, bias));
  }

  private static MeanFieldNormal latent(
      Backend backend, JsonObject params, String layer, int index, Sampling sampling) {
    double[] means = block(params, "W" + layer + "_mu", "b" + layer + "_mu");
    double[] rhos = block(params, "W" + layer + "_rho", "b" + layer + "_rho");
    MeanFieldNormal latent =
        new MeanFieldNormal(
            backend,
            "layer" + layer,
            index,
            means.length,
            1,
            sampling,
            MeanFieldNormal.Parameterization.VARIANCE);
    for (int i = 0; i < means.length; i++) {
      latent.factors().mean().set(i, (float) means[i]);
      latent.factors().rho().set(i, (float) rhos[i]);
    }
    return latent;
  }

  /** Weights [in][out] transposed, then the bias. */
  private static double[] block(JsonObject object, String weights, String bias) {
    var rows = object.getAsJsonArray(weights);
    double[] b = flat(object.get(bias));
    int in = rows.size();
    double[] w = new double[in * b.length + b.length];
    for (int i = 0; i < in; i++) {
      for (int j = 0; j < b.length; j++) {
        w[j * in + i] = rows.get(i).getAsJsonArray().get(j).getAsDouble();
      }
    }
    System.arraycopy(b, 0, w, in * b.length, b.length);
    return w;
  }

  private static double[] flat(JsonElement element) {
    List<Double> values = new ArrayList<>();
    flatten(element, values);
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static void flatten(JsonElement element, List<Double> into) {
    if (element.isJsonArray()) {
      element.getAsJsonArray().forEach(e -> flatten(e, into));
    } else {
      into.add(element.getAsDouble());
    }
  }

  /** E τ and E ln τ move as the derivatives of one example's free energy say. */
  @Test
  void gradientsOfThePrecision() {
    try (Backend backend = Backends.open("scalar", 1)) {
      int cases = 0;
      for (JsonElement c : golden.getAsJsonArray("gamma_partials")) {
        GammaPrecision precision =
            new GammaPrecision(backend, "noise", 1, new Gamma(1, 1), new Sampling(1));
        precision.set(0, new Gamma(get(c, "alpha"), get(c, "beta")));
        double error = Math.sqrt(get(c, "expected_sq_err"));
        LatentNode tau = precision.expectations();
        Node loss =
            new Sum(
                new GaussianNegativeLogLikelihood(
                    new Input(Tensor.of(Shape.of(1, 1), (float) error)),
                    null,
                    new Input(Tensor.of(Shape.of(1, 1), 0)),
                    tau));
        Graph graph = Graph.forTraining(backend, loss);
        graph.forward();
        graph.backward();
        assertEquals(get(c, "acc_one_example"), loss.value().item(), 2e-5);
        for (double klWeight : new double[] {0, 1}) {
          VariationalStep step = new VariationalStep();
          step.klWeight = (float) klWeight;
          Optimizer adam = Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(1e-9));
          double[] before = precision.firstMoments();
          tau.update(step, adam.nextStep());
          double[] after = precision.firstMoments();
          double byAlpha = (after[0] - 0.9 * before[0]) / 0.1;
          double byBeta = (after[1] - 0.9 * before[1]) / 0.1;
          assertEquals(
              get(c, "dacc_dln_alpha") + klWeight * get(c, "dkl_dln_alpha"), byAlpha, 2e-4);
          assertEquals(get(c, "dacc_dln_beta") + klWeight * get(c, "dkl_dln_beta"), byBeta, 2e-4);
        }
        cases++;
      }
      assertEquals(2, cases);
    }
  }

  @Test
  void divergencesOfWeights() {
    for (JsonElement c : golden.getAsJsonArray("kl_weight")) {
      double kl =
          KullbackLeibler.divergence(
              new Normal(get(c, "mu"), Math.sqrt(get(c, "var"))),
              new Normal(0, Math.sqrt(get(c, "prior_var"))));
      assertEquals(get(c, "kl"), kl, 1e-12 * (1 + get(c, "kl")));
    }
    for (JsonElement c : golden.getAsJsonArray("softplus_inverse")) {
      close(get(c, "rho"), SpecialFunctions.softplusInverse(get(c, "y")), 1e-12, c);
    }
  }
}
