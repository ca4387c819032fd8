package io.github.bmr4j.models.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.random.Streams;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.layer.Gru;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.Lstm;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Recurrent cells against vectors of the published cells and their corrections, and, where noise
 * cannot be put in, against a double implementation that those vectors check, too.
 */
class RecurrentLayersTest {

  private static final int BATCH = 2;
  private static final int STEPS = 3;
  private static final int UNITS = 2;
  private static final int SEED = 21;
  private static final Gru GRU = new Gru("gru", STEPS, 1, UNITS);

  private static Map<?, ?> propagated;
  private static Map<?, ?> sampled;
  private static Map<?, ?> params;
  private static double[] x;

  @BeforeAll
  static void read() throws IOException {
    try (InputStream in = RecurrentLayersTest.class.getResourceAsStream("beckers-gru.json")) {
      Map<?, ?> root = (Map<?, ?>) Json.parse(in.readAllBytes(), "gru", Json.Limits.DEFAULT);
      propagated = (Map<?, ?>) root.get("gru_vbp");
      sampled = (Map<?, ?>) root.get("gru_bbb");
      params = (Map<?, ?>) propagated.get("params");
      x = flat(propagated.get("x"));
    }
  }

  private static double[] flat(Object value) {
    List<Double> numbers = new ArrayList<>();
    flatten(value, numbers);
    return numbers.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static void flatten(Object value, List<Double> into) {
    if (value instanceof List<?> list) {
      list.forEach(item -> flatten(item, into));
    } else {
      into.add(((Number) value).doubleValue());
    }
  }

  private static double[] lastState(Map<?, ?> group, String key) {
    List<?> steps = (List<?>) group.get(key);
    return flat(steps.get(steps.size() - 1));
  }

  /** Weight of a gate: [gate][unit] of an input, or [gate][unit][from] of a state. */
  private static double of(String key, int from, int gate, int unit) {
    double[] values = flat(params.get(key));
    return values[from * 3 * UNITS + gate * UNITS + unit];
  }

  private static RegressionModel model(
      Backend backend, Layer cell, InferenceScheme scheme, boolean published, double spread) {
    Network network =
        cell instanceof Gru gru ? Networks.recurrent(gru, 1) : Networks.recurrent((Lstm) cell, 1);
    RegressionModel.Config config =
        new RegressionModel.Config(
            scheme, 1, scheme.isSampled() ? 0 : 1e-3, spread, published, false);
    return new RegressionModel(backend, network, config, SEED);
  }

  /** A model of the vectors' cell. */
  private static RegressionModel golden(
      Backend backend, InferenceScheme scheme, boolean published) {
    RegressionModel model = model(backend, GRU, scheme, published, 0);
    for (int gate = 0; gate < 3; gate++) {
      Slice mean = model.blocks().get(2 * gate).weights().factors().mean();
      Slice rho = model.blocks().get(2 * gate).weights().factors().rho();
      Slice stateMean = model.blocks().get(2 * gate + 1).weights().factors().mean();
      Slice stateRho = model.blocks().get(2 * gate + 1).weights().factors().rho();
      for (int unit = 0; unit < UNITS; unit++) {
        mean.set(unit, (float) of("W_mu", 0, gate, unit));
        rho.set(unit, (float) of("W_rho", 0, gate, unit));
        mean.set(UNITS + unit, (float) of("b_mu", 0, gate, unit));
        rho.set(UNITS + unit, (float) of("b_rho", 0, gate, unit));
        for (int from = 0; from < UNITS; from++) {
          stateMean.set(unit * UNITS + from, (float) of("U_mu", from, gate, unit));
          stateRho.set(unit * UNITS + from, (float) of("U_rho", from, gate, unit));
        }
      }
    }
    return model;
  }

  private static float[] run(
      Backend backend, RegressionModel model, Layer cell, double[] values, double variance) {
    boolean packed = !model.config().scheme().isSampled();
    int rows = packed ? 2 * BATCH : BATCH;
    Tensor tensor = Tensor.allocate(Shape.of(rows, values.length / BATCH));
    for (int i = 0; i < values.length; i++) {
      tensor.slice().set(i, (float) values[i]);
      if (packed) {
        tensor.slice().set(values.length + i, (float) variance);
      }
    }
    Node state = cell.forward(new Input(tensor), model.source());
    Graph.forInference(backend, state).forward();
    return state.value().slice().toArray();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void momentsOfAGatedUnit(boolean published) {
    try (Backend backend = Backends.open()) {
      RegressionModel model = golden(backend, InferenceScheme.VARIANCE_BACKPROPAGATION, published);
      float[] state = run(backend, model, GRU, x, 1e-3);
      List<?> steps = (List<?>) propagated.get(published ? "steps_code" : "steps_corrected");
      Map<?, ?> last = (Map<?, ?>) steps.get(STEPS - 1);
      double[] means = flat(last.get("h_mean"));
      double[] variances = flat(last.get("h_var"));
      for (int i = 0; i < BATCH * UNITS; i++) {
        assertEquals(means[i], state[i], 2e-6, "mean " + i);
        assertEquals(variances[i], state[BATCH * UNITS + i], 2e-6, "variance " + i);
      }
    }
  }

  /** Noise by gate and unit (local), or by block and element (global). */
  private interface Noise {
    double at(int gate, int unit);
  }

  /** The local cell in double. */
  private static double[] local(Noise noise, boolean published) {
    double[] h = new double[BATCH * UNITS];
    for (int step = 0; step < STEPS; step++) {
      double[] next = new double[h.length];
      for (int n = 0; n < BATCH; n++) {
        double[] old = {h[n * UNITS], h[n * UNITS + 1]};
        double[] seen = old.clone();
        double[] update = new double[UNITS];
        for (int unit = 0; unit < UNITS; unit++) {
          double r = logistic(sum(n, step, 0, unit, old, noise, published));
          seen[unit] = published ? old[unit] : r * old[unit];
          update[unit] = logistic(sum(n, step, 1, unit, old, noise, published));
        }
        for (int unit = 0; unit < UNITS; unit++) {
          double c = Math.tanh(sum(n, step, 2, unit, seen, noise, published));
          next[n * UNITS + unit] = update[unit] * old[unit] + (1 - update[unit]) * c;
        }
      }
      h = next;
    }
    return h;
  }

  private static double sum(
      int n, int step, int gate, int unit, double[] h, Noise noise, boolean published) {
    double in = x[n * STEPS + step];
    double bias = softplus(of("b_rho", 0, gate, unit));
    double mean = in * of("W_mu", 0, gate, unit) + of("b_mu", 0, gate, unit);
    double spread =
        square(in * softplus(of("W_rho", 0, gate, unit))) + (published ? bias : bias * bias);
    for (int from = 0; from < UNITS; from++) {
      mean += h[from] * of("U_mu", from, gate, unit);
      spread += square(h[from] * softplus(of("U_rho", from, gate, unit)));
    }
    return mean + (published ? spread : Math.sqrt(spread)) * noise.at(gate, unit);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGatedUnitWithNoiseOfItsSums(boolean published) {
    Map<?, ?> epsilon = (Map<?, ?>) sampled.get("eps_local");
    double[][] given = {flat(epsilon.get("r")), flat(epsilon.get("u")), flat(epsilon.get("h"))};
    assertArrayEquals(
        lastState(sampled, published ? "local_code_h" : "local_corrected_h"),
        local((gate, unit) -> given[gate][unit], published),
        1e-12);
    try (Backend backend = Backends.open()) {
      RegressionModel model = golden(backend, InferenceScheme.LOCAL, published);
      model.sampling().prediction(4);
      float[] state = run(backend, model, GRU, x, 0);
      float[][] drawn = new float[3][];
      for (int gate = 0; gate < 3; gate++) {
        drawn[gate] = noise(backend, 2 * gate, UNITS);
      }
      double[] expected = local((gate, unit) -> drawn[gate][unit], published);
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], state[i], 2e-6);
      }
    }
  }

  private static float[] noise(Backend backend, int block, int size) {
    float[] noise = new float[size];
    backend.noise().normal(SEED, Streams.of(Streams.Purpose.PREDICTION, block), 4, Slice.of(noise));
    return noise;
  }

  /** With drawn weights the published and the corrected cell are one. */
  @Test
  void aGatedUnitWithDrawnWeights() {
    try (Backend backend = Backends.open()) {
      RegressionModel model = golden(backend, InferenceScheme.GLOBAL, false);
      model.sampling().prediction(4);
      float[] state = run(backend, model, GRU, x, 0);
      double[] expected = plainGru(backend, model);
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], state[i], 2e-6);
      }
    }
  }

  /** The weights of a block as they are drawn. */
  private static double[] weights(Backend backend, RegressionModel model, int block) {
    Slice mean = model.blocks().get(block).weights().factors().mean();
    Slice rho = model.blocks().get(block).weights().factors().rho();
    float[] noise = noise(backend, block, mean.length());
    double[] w = new double[noise.length];
    for (int i = 0; i < w.length; i++) {
      w[i] = mean.get(i) + softplus(rho.get(i)) * noise[i];
    }
    return w;
  }

  private static double[] plainGru(Backend backend, RegressionModel model) {
    double[][] w = new double[6][];
    for (int block = 0; block < 6; block++) {
      w[block] = weights(backend, model, block);
    }
    double[] h = new double[BATCH * UNITS];
    for (int step = 0; step < STEPS; step++) {
      for (int n = 0; n < BATCH; n++) {
        double[] old = {h[n * UNITS], h[n * UNITS + 1]};
        double in = x[n * STEPS + step];
        double[] reset = new double[UNITS];
        for (int unit = 0; unit < UNITS; unit++) {
          reset[unit] = old[unit] * logistic(gate(w[0], w[1], unit, in, old));
        }
        for (int unit = 0; unit < UNITS; unit++) {
          double u = logistic(gate(w[2], w[3], unit, in, old));
          double c = Math.tanh(gate(w[4], w[5], unit, in, reset));
          h[n * UNITS + unit] = u * old[unit] + (1 - u) * c;
        }
      }
    }
    return h;
  }

  private static double gate(double[] w, double[] u, int unit, double in, double[] h) {
    return w[unit] * in + w[UNITS + unit] + u[unit * UNITS] * h[0] + u[unit * UNITS + 1] * h[1];
  }

  /** An LSTM without uncertainty, by draws and by moments, against its equations in double. */
  @ParameterizedTest
  @EnumSource
  void aLongShortTermMemory(InferenceScheme scheme) {
    Lstm lstm = new Lstm("lstm", STEPS, 1, UNITS);
    try (Backend backend = Backends.open()) {
      RegressionModel model = model(backend, lstm, scheme, false, 1);
      for (RegressionModel.Block block : model.blocks()) {
        backend.elementwise().fill(block.weights().factors().rho(), -38);
      }
      model.sampling().prediction(4);
      double[][] w = new double[8][];
      for (int block = 0; block < 8; block++) {
        w[block] = weights(backend, model, block);
      }
      double[] h = new double[BATCH * UNITS];
      double[] c = new double[BATCH * UNITS];
      for (int step = 0; step < STEPS; step++) {
        for (int n = 0; n < BATCH; n++) {
          double[] old = {h[n * UNITS], h[n * UNITS + 1]};
          double in = x[n * STEPS + step];
          for (int unit = 0; unit < UNITS; unit++) {
            int at = n * UNITS + unit;
            double i = logistic(gate(w[0], w[1], unit, in, old));
            double f = logistic(gate(w[2], w[3], unit, in, old));
            double o = logistic(gate(w[4], w[5], unit, in, old));
            double g = Math.tanh(gate(w[6], w[7], unit, in, old));
            c[at] = f * c[at] + i * g;
            h[at] = o * Math.tanh(c[at]);
          }
        }
      }
      float[] state = run(backend, model, lstm, x, 0);
      for (int i = 0; i < h.length; i++) {
        assertEquals(h[i], state[i], 3e-6);
        if (!scheme.isSampled()) {
          assertEquals(0, state[h.length + i], 1e-9);
        }
      }
    }
  }

  private static double logistic(double a) {
    return 1 / (1 + Math.exp(-a));
  }

  private static double softplus(double a) {
    return Math.log1p(Math.exp(a));
  }

  private static double square(double a) {
    return a * a;
  }
}
