package io.github.bmr4j.bench;

import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.InputShape;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.method.Reparameterization;
import io.github.bmr4j.models.method.Training;
import io.github.bmr4j.models.network.Networks;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Parity with the scalar oracle, throughput, and a training beside SIMD, on the OpenCL device of
 * this machine, as one JSON object on standard output. {@code bench/gpu/pack} puts it into a folder
 * that runs on a machine without JDK and without network.
 */
public final class DeviceReport {

  private static final int PARITY_SIZE = 100_003;

  /** Steps between readings of the loss, as in a pruning on a device. */
  private static final int LOSS_PERIOD = 10;

  private static final int STEPS = 200;
  private static final int SIDE = 2048;
  private static final int LEAST_WEIGHTS = SIDE * SIDE;

  private final Backend device;
  private final Backend scalar;
  private final Map<String, Object> report = new LinkedHashMap<>();

  private DeviceReport(Backend device, Backend scalar) {
    this.device = device;
    this.scalar = scalar;
  }

  /**
   * Runs all.
   *
   * @param arguments number of weights of the throughputs, 100,000,000 without; number of training
   *     steps beside SIMD and of timed ones, 200 without
   */
  public static void main(String[] arguments) {
    int weights = arguments.length == 0 ? 100_000_000 : Integer.parseInt(arguments[0]);
    int steps = arguments.length < 2 ? STEPS : Integer.parseInt(arguments[1]);
    if (weights < LEAST_WEIGHTS) {
      throw new IllegalArgumentException(
          "At least " + LEAST_WEIGHTS + " weights, for the matrices, but got " + weights);
    }
    try (Backend device = Backends.open("opencl", 1);
        Backend scalar = Backends.open("scalar", 1)) {
      DeviceReport report = new DeviceReport(device, scalar);
      report.report.put("device", device.describe());
      report.report.put("java", Runtime.version().toString());
      report.parity();
      report.throughput(weights);
      report.training(steps);
      System.out.println(json(report.report));
    }
  }

  private static Slice put(Backend backend, float[] values) {
    return Placement.of(backend.memory(), values);
  }

  /** Largest difference of what a computation leaves in its output, relative to 1 + |oracle|. */
  private void compare(String name, Function<Backend, Slice> computation) {
    Slice expected = computation.apply(scalar);
    Slice actual = computation.apply(device);
    device.memory().pull(actual);
    double largest = 0;
    for (int i = 0; i < expected.length(); i++) {
      double e = expected.get(i);
      double difference = Math.abs(e - actual.get(i)) / (1 + Math.abs(e));
      largest = difference <= largest ? largest : difference; // NaN stays
    }
    report.put("parity_" + name, largest);
  }

  private void parity() {
    RandomNumbers random = new RandomNumbers(1);
    int n = PARITY_SIZE;
    float[] mean = random.normal(n, 0.3);
    float[] deviation = random.uniform(n, 0.05, 0.9);
    float[] a = random.uniform(257 * 300, -1, 1);
    float[] b = random.uniform(300 * 513, -1, 1);
    compare(
        "uniform",
        backend -> {
          Slice out = put(backend, new float[n]);
          backend.noise().uniform(7, 3, 1L << 40, out);
          return out;
        });
    compare(
        "normal",
        backend -> {
          Slice out = put(backend, new float[n]);
          backend.noise().normal(7, 3, 1L << 40, out);
          return out;
        });
    compare(
        "delta_f",
        backend -> {
          Slice out = put(backend, new float[n]);
          backend.evidence().deltaF(put(backend, mean), put(backend, deviation), 1, 0.1f, out);
          return out;
        });
    compare(
        "product",
        backend -> {
          Slice out = put(backend, new float[257 * 513]);
          backend
              .matrix()
              .multiply(
                  put(backend, a).asMatrix(257, 300),
                  put(backend, b).asMatrix(300, 513),
                  out.asMatrix(257, 513),
                  Epilogue.STORE);
          return out;
        });
    for (UnaryFunction f : UnaryFunction.values()) {
      float[] x = random.uniform(n, 0.01, 8);
      compare(
          f.name().toLowerCase(Locale.ROOT),
          backend -> {
            Slice out = put(backend, new float[n]);
            backend.elementwise().apply(f, put(backend, x), out);
            return out;
          });
    }
  }

  /** Seconds of the fastest of several rounds, each waited for. */
  private double seconds(Slice written, Consumer<Backend> work) {
    double best = Double.POSITIVE_INFINITY;
    for (int round = 0; round < 6; round++) {
      device.memory().pull(written.slice(0, 1));
      long start = System.nanoTime();
      work.accept(device);
      device.memory().pull(written.slice(0, 1));
      best = Math.min(best, (System.nanoTime() - start) * 1e-9);
    }
    return best;
  }

  private void throughput(int weights) {
    RandomNumbers random = new RandomNumbers(2);
    Slice[] slices = new Slice[8];
    for (int i = 0; i < slices.length; i++) {
      slices[i] = put(device, random.uniform(weights, 0.05, 0.9));
    }
    report.put("weights", weights);
    double copy = seconds(slices[7], k -> k.elementwise().copy(slices[0], slices[7]));
    report.put("copy_gigabytes_per_second", 8e-9 * weights / copy);
    float[] candidates = {0, 0.125f, 0.25f, 0.375f, 0.5f, 0.625f, 0.75f, 0.875f};
    double evidence =
        seconds(
            slices[7],
            k -> k.evidence().deltaFSums(slices[0], slices[1], 1, candidates, new double[8]));
    report.put("evidence_k8_seconds", evidence);
    report.put("evidence_k8_gigabytes_per_second", 8e-9 * weights / evidence);
    NormalFactors factors =
        new NormalFactors(slices[0], slices[1], slices[2], slices[3], slices[4], slices[5]);
    UpdateRule rule = new UpdateRule(UpdateRule.Kind.ADABELIEF, 0.9f, 0.999f, 1e-16f, 1e-16f);
    rule.advance(1, 1e-6f);
    VariationalStep step = new VariationalStep();
    double update =
        seconds(slices[0], k -> k.variational().update(factors, slices[6], null, null, step, rule));
    report.put("update_seconds", update);
    // Six arrays read and written, and the gradient.
    report.put("update_gigabytes_per_second", 52e-9 * weights / update);
    double sample =
        seconds(slices[7], k -> k.variational().sample(factors, null, null, 1, 2, 3, slices[7]));
    report.put("sample_gigabytes_per_second", 12e-9 * weights / sample);
    double product =
        seconds(
            slices[7],
            k ->
                k.matrix()
                    .multiply(
                        slices[0].slice(0, SIDE * SIDE).asMatrix(SIDE, SIDE),
                        slices[1].slice(0, SIDE * SIDE).asMatrix(SIDE, SIDE),
                        slices[7].slice(0, SIDE * SIDE).asMatrix(SIDE, SIDE),
                        Epilogue.STORE));
    report.put("product_2048_gigaflops", 2e-9 * SIDE * SIDE * SIDE / product);
  }

  private void training(int steps) {
    try (Backend simd = Backends.open()) {
      Training reference = training(simd);
      Training onDevice = training(device);
      double largest = 0;
      for (int i = 0; i < steps; i++) {
        double difference = Math.abs(reference.step() - onDevice.step());
        largest = difference <= largest ? largest : difference;
      }
      onDevice.inference().setLossPeriod(LOSS_PERIOD);
      long start = System.nanoTime();
      for (int i = 0; i < steps; i++) {
        onDevice.step();
      }
      report.put("training_backend_beside", simd.name());
      report.put("training_steps", steps);
      report.put("training_largest_difference_nats", largest);
      report.put(
          "training_784_500x4_10_milliseconds_per_step",
          (System.nanoTime() - start) * 1e-6 / steps);
    }
  }

  /** The network of the published experiment; its images are digits between zeros. */
  private static Training training(Backend backend) {
    Dataset digits = Digits.split(0).train();
    float[] pixels = digits.features();
    float[] images = new float[digits.size() * 784];
    for (int i = 0; i < digits.size(); i++) {
      System.arraycopy(pixels, i * 64, images, i * 784, 64);
    }
    Dataset data =
        Dataset.classification(
            "padded digits",
            InputShape.row(784),
            images,
            digits.labels(),
            digits.classNames(),
            digits.provenance());
    FlatModel model =
        new FlatModel(
            backend,
            Networks.mlp(Shape.of(784), new int[] {500, 500, 500, 500}, 10, UnaryFunction.SWISH),
            FlatModel.Config.PUBLISHED,
            1);
    return new Training(
        backend,
        model,
        data,
        Batches.independent(data.size(), 120, 1),
        Optimizer.of(Optimizer.AdaBelief.DEFAULT, LearningRate.constant(1e-3)),
        VariationalStep.Divergence.SAMPLED,
        Reparameterization.GLOBAL);
  }

  private static String json(Map<String, Object> values) {
    StringBuilder json = new StringBuilder("{");
    values.forEach(
        (key, value) -> {
          json.append(json.length() == 1 ? "\n  \"" : ",\n  \"").append(key).append("\": ");
          boolean plain = value instanceof Number n && Double.isFinite(n.doubleValue());
          json.append(plain ? value.toString() : '"' + value.toString().replace("\"", "'") + '"');
        });
    return json.append("\n}").toString();
  }
}
