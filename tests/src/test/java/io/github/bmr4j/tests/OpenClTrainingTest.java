package io.github.bmr4j.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.BackendProvider.Availability;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Memory;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.kernels.opencl.OpenClBackend;
import io.github.bmr4j.kernels.opencl.host.Context;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.InputShape;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.method.Reparameterization;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.method.Training;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole trainings and prunings on an OpenCL device, beside SIMD from the same seed. */
class OpenClTrainingTest {

  @BeforeAll
  static void needsADevice() {
    Availability opencl =
        Backends.survey().stream()
            .filter(backend -> backend.name().equals("opencl"))
            .findFirst()
            .orElseThrow();
    if (Boolean.getBoolean("bmr4j.expectOpenCl")) {
      assertTrue(opencl.available(), opencl.reason());
    }
    if (!opencl.available()) {
      String reason = "NOT TESTED, since there is no OpenCL device: " + opencl.reason();
      System.out.println(reason);
      Assumptions.abort(reason);
    }
  }

  private static Training training(Backend backend) {
    Network network = Networks.mlp(Shape.of(64), new int[] {100, 100}, 10, UnaryFunction.SWISH);
    return training(backend, network, Digits.split(0).train(), 32);
  }

  private static Training training(Backend backend, Network network, Dataset data, int batch) {
    return training(
        backend,
        network,
        data,
        batch,
        FlatModel.Config.PUBLISHED,
        Optimizer.of(Optimizer.AdaBelief.DEFAULT, LearningRate.constant(1e-3)));
  }

  private static Training training(
      Backend backend,
      Network network,
      Dataset data,
      int batch,
      FlatModel.Config config,
      Optimizer optimizer) {
    FlatModel model = new FlatModel(backend, network, config, 1);
    return new Training(
        backend,
        model,
        data,
        Batches.independent(data.size(), batch, 1),
        optimizer,
        VariationalStep.Divergence.ANALYTIC,
        Reparameterization.GLOBAL);
  }

  /** What differs in how posterior and scales are updated. */
  enum Update {
    ADABELIEF,
    IVON,
    POINTS;

    Training training(Backend backend) {
      Network network = Networks.mlp(Shape.of(64), new int[] {100, 100}, 10, UnaryFunction.SWISH);
      FlatModel.Config config = FlatModel.Config.PUBLISHED;
      Optimizer.Rule rule = this == IVON ? Optimizer.Ivon.SHORT_RUN : Optimizer.AdaBelief.DEFAULT;
      return OpenClTrainingTest.training(
          backend,
          network,
          Digits.split(0).train(),
          32,
          this == POINTS ? config.withPosterior(Latent.Posterior.POINT) : config,
          Optimizer.of(rule, LearningRate.constant(this == IVON ? 1e-2 : 1e-3)));
    }
  }

  /** A thousand steps, each loss within 10⁻⁴ nats per example: the noise is the same. */
  @Test
  void lossFollowsSimd() {
    int steps = 1_000;
    double[] expected = new double[steps];
    double[] actual = new double[steps];
    try (Backend simd = Backends.open(2);
        Backend opencl = Backends.open("opencl", 1)) {
      Training reference = training(simd);
      Training onDevice = training(opencl);
      for (int i = 0; i < steps; i++) {
        expected[i] = reference.step();
        actual[i] = onDevice.step();
      }
    }
    double largest = 0;
    for (int i = 0; i < steps; i++) {
      largest = Math.max(largest, Math.abs(expected[i] - actual[i]));
    }
    assertTrue(expected[steps - 1] < 0.5 * expected[0], "it learns");
    System.out.println("Largest deviation of a loss: " + largest + " nats per example");
    assertTrue(largest < 1e-4, "largest deviation of a loss: " + largest + " nats per example");
  }

  /** The scales' updates by other rules, too: they are kernels of their own. */
  @ParameterizedTest
  @EnumSource
  void eachUpdateFollowsSimd(Update update) {
    try (Backend simd = Backends.open(2);
        Backend opencl = Backends.open("opencl", 1)) {
      Training reference = update.training(simd);
      Training onDevice = update.training(opencl);
      double first = reference.step();
      assertEquals(first, onDevice.step(), 1e-4);
      double last = first;
      for (int i = 1; i < 200; i++) {
        last = reference.step();
        assertEquals(last, onDevice.step(), 1e-4 * (1 + last), update + ", step " + i);
      }
      assertTrue(last < 0.9 * first, update + " learns: from " + first + " to " + last);
    }
  }

  /**
   * The order goes there once an epoch, and each tenth step, at its end, ten losses come back. No
   * step transfers anything else, the queue is never empty because of us, and no memory is taken.
   */
  @ParameterizedTest
  @EnumSource
  void onlyTheOrderOfAnEpochAndTheLossesOfTenStepsAreTransferred(Update update) {
    try (Backend backend = Backends.open("opencl", 1)) {
      int epoch = Digits.split(0).train().size() / 32;
      assertTrue(epoch < 80, "there are two epochs in what follows");
      assertTransfers(backend, update.training(backend), epoch, 91);
    }
  }

  @Test
  void convolutionsTransferNothingElseEither() {
    Dataset data = enlarged(Digits.split(0).train()).select(new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8});
    try (Backend backend = Backends.open("opencl", 1)) {
      assertTransfers(backend, training(backend, Networks.lenet5(1, 10), data, 2), 4, 21);
    }
  }

  private static void assertTransfers(Backend backend, Training training, int epoch, int steps) {
    Context context = ((OpenClBackend) backend).context();
    training.inference().setLossPeriod(10);
    training.step();
    long bytes = context.bufferBytes();
    for (int step = 2; step <= steps; step++) {
      long writes = context.writes();
      long reads = context.reads();
      long drains = context.drains();
      training.step();
      int write = step % epoch == 1 ? 1 : 0;
      int read = step % 10 == 1 ? 1 : 0;
      assertEquals(write, context.writes() - writes, "orders, step " + step);
      assertEquals(read, context.reads() - reads, "losses, step " + step);
      assertEquals(read, context.drains() - drains, "waits for the queue, step " + step);
      assertEquals(bytes, context.bufferBytes(), "bytes of buffers, step " + step);
    }
  }

  /** A back end whose device has no room for the data. */
  private static Backend withoutRoom(Backend backend) {
    Memory memory =
        new Memory() {
          @Override
          public float[] allocate(int length) {
            return backend.memory().allocate(length);
          }

          @Override
          public void push(Slice slice) {
            backend.memory().push(slice);
          }

          @Override
          public void pull(Slice slice) {
            backend.memory().pull(slice);
          }

          @Override
          public boolean adopt(float[]... arrays) {
            return false;
          }
        };
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (self, method, arguments) ->
                method.getName().equals("memory") ? memory : method.invoke(backend, arguments));
  }

  /** Then each step transfers its batch, images and labels, and the losses are the same. */
  @Test
  void dataWithoutRoomOnTheDeviceGoThereBatchByBatch() {
    try (Backend there = Backends.open("opencl", 1);
        Backend elsewhere = Backends.open("opencl", 1)) {
      Context context = ((OpenClBackend) elsewhere).context();
      Training whole = training(there);
      Training byBatches = training(withoutRoom(elsewhere));
      for (int step = 1; step <= 50; step++) {
        long writes = context.writes();
        assertEquals(whole.step(), byBatches.step(), "loss, step " + step);
        assertEquals(2, context.writes() - writes, "images and labels, step " + step);
      }
    }
  }

  @Test
  void aStepAllocatesNothingOnTheHeapOnceCompiled() {
    ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Backend backend = Backends.open("opencl", 1)) {
      Training training = training(backend);
      int steps = 200;
      long perStep = Long.MAX_VALUE;
      for (int round = 0; round < 30 && perStep > 64; round++) {
        long before = bean.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < steps; i++) {
          training.step();
        }
        perStep = (bean.getCurrentThreadAllocatedBytes() - before) / steps;
      }
      assertTrue(perStep <= 64, perStep + " bytes a step");
    }
  }

  /** Digits as images of 32 × 32, each pixel four by four times. */
  private static Dataset enlarged(Dataset digits) {
    float[] images = new float[digits.size() * 1024];
    float[] small = digits.features();
    for (int i = 0; i < images.length; i++) {
      int image = i / 1024;
      images[i] = small[image * 64 + i / 32 % 32 / 4 * 8 + i % 32 / 4] / 16;
    }
    return Dataset.classification(
        "digits, enlarged",
        new InputShape(1, 32, 32),
        images,
        digits.labels(),
        digits.classNames(),
        digits.provenance());
  }

  /** Convolution and pooling, forward and back, in the two LeNets. */
  @Test
  void lenetFollowsSimd() {
    Dataset data = enlarged(Digits.split(0).train());
    for (Network network : List.of(Networks.lenet(1, 10), Networks.lenet5(1, 10))) {
      try (Backend simd = Backends.open(2);
          Backend opencl = Backends.open("opencl", 1)) {
        Training reference = training(simd, network, data, 8);
        Training onDevice = training(opencl, network, data, 8);
        for (int i = 0; i < 5; i++) {
          double expected = reference.step();
          assertEquals(expected, onDevice.step(), 1e-4 * expected, network.name() + ", step " + i);
        }
      }
    }
  }

  /** Training, pruning and evaluation: the same decisions but for rounding. */
  @Test
  void aNetworkIsPrunedAsOnSimd() {
    Network network = Networks.mlp(Shape.of(64), new int[] {32}, 10, UnaryFunction.SWISH);
    Split split = Digits.split(0);
    StochasticBmr.Config config =
        StochasticBmr.Config.PUBLISHED.withBatch(40).withSchedule(500, 4, 20);
    StochasticBmr.Result expected;
    StochasticBmr.Result actual;
    try (Backend simd = Backends.open(2);
        Backend opencl = Backends.open("opencl", 1)) {
      expected = run(simd, network, split, config);
      actual = run(opencl, network, split, config);
    }
    double pruned = expected.prunedFraction();
    assertTrue(pruned > 0.02 && pruned < 0.98, pruned + " of the weights are pruned");
    assertEquals(pruned, actual.prunedFraction(), 2e-3);
    assertClose(expected.before().elbo(), actual.before().elbo(), 1e-4);
    assertClose(expected.predicted(), actual.predicted(), 1e-3);
    assertClose(expected.after().elbo(), actual.after().elbo(), 1e-2);
  }

  private static void assertClose(double expected, double actual, double relative) {
    assertEquals(expected, actual, relative * Math.abs(expected));
  }

  private static StochasticBmr.Result run(
      Backend backend, Network network, Split split, StochasticBmr.Config config) {
    return new StochasticBmr(
            backend, network, split.train(), split.test(), config, StochasticBmr.Listener.NONE)
        .run();
  }

  private static CommandProcess prune(Path out) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("prune", "--backend", "opencl", "--json", "--resume"));
    arguments.addAll(List.of("--hidden", "20", "--warm-up", "200", "--rounds", "2"));
    arguments.addAll(List.of("--iterations", "20", "--samples", "2", "--checkpoint-every", "0.1"));
    arguments.addAll(List.of("--out", out.toString()));
    return CommandProcess.onModulePath(
        List.of("--enable-native-access=io.github.bmr4j.kernels.opencl"),
        arguments.toArray(String[]::new));
  }

  /** SIGKILL in the middle of training: the device is free for the next, which goes on. */
  @Test
  void aProcessKilledOnTheDeviceGoesOnToTheSameBits(@TempDir Path folder) throws Exception {
    Path whole = folder.resolve("whole");
    CommandProcess.Ended expected = prune(whole).end();
    assertEquals(0, expected.code(), expected.toString());
    Path killed = folder.resolve("killed");
    CommandProcess process = prune(killed);
    process.awaitFile(killed.resolve("checkpoint.safetensors"));
    assertTrue(process.killAfter(0), "it was to be killed while it ran");
    process.end();
    CommandProcess.Ended resumed = prune(killed).end();
    assertEquals(0, resumed.code(), resumed.toString());
    assertTrue(resumed.err().contains("Going on after step"), resumed.err());
    for (String name : List.of("posterior.safetensors", "certificate.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(whole.resolve(name)), Files.readAllBytes(killed.resolve(name)), name);
    }
  }
}
