package io.github.bmr4j.kernels.opencl.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.opencl.OpenClBackend;
import io.github.bmr4j.kernels.opencl.TestDevice;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What fails on the device ends in a clear error; the JVM lives and can open the device again. */
class DeviceFailureTest {

  private static final float[] SPIKE = {0};

  private int objects;

  @BeforeEach
  void count() {
    TestDevice.device();
    objects = Context.liveObjects();
  }

  @AfterEach
  void theDeviceWorksAgain() {
    Native.fail(Status.SUCCESS);
    if (Backends.survey().stream().anyMatch(b -> b.name().equals("opencl") && b.available())) {
      assertEquals(objects, Context.liveObjects());
      try (Backend backend = Backends.open("opencl", 1)) {
        Slice x = Slice.of(backend.memory().allocate(100));
        backend.elementwise().fill(x, 2);
        assertEquals(200, backend.reduction().sum(x));
      }
    }
  }

  private static OpenClException assertFails(Executable call, String... parts) {
    OpenClException e = assertThrows(OpenClException.class, call);
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
    return e;
  }

  /** The commands' answers once the device is gone: each call says so, and closing still closes. */
  @ParameterizedTest
  @CsvSource({
    "-2, CL_DEVICE_NOT_AVAILABLE",
    "-5, CL_OUT_OF_RESOURCES",
    "-14, CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
    "-36, CL_INVALID_COMMAND_QUEUE"
  })
  void aDeviceThatDisappears(int code, String name) {
    try (OpenClBackend backend = (OpenClBackend) Backends.open("opencl", 1)) {
      Slice x = Slice.of(backend.memory().allocate(5_000_000));
      backend.memory().push(x); // still on its way
      backend.elementwise().fill(x, 1);
      Slice out = Slice.of(backend.memory().allocate(5_000_000));
      Slice y = Slice.allocate(3000);
      y.fill(1);
      Native.fail(code);
      String device = backend.context().device().name();
      List<Executable> calls =
          List.of(
              () -> backend.elementwise().scale(2, x, x),
              () -> backend.memory().push(x),
              () -> backend.memory().pull(x),
              () -> backend.memory().allocate(7),
              () -> backend.reduction().sum(x),
              () -> backend.evidence().deltaF(x, x, 1, 0, out),
              () -> backend.evidence().deltaFSums(y, y, 1, SPIKE, new double[1]),
              () -> backend.context().flush(),
              () -> backend.context().finish());
      for (Executable call : calls) {
        OpenClException e = assertFails(call, name, device, "; ");
        assertEquals(code, e.code());
      }
    }
  }

  /** Between two chunks of a stream: what is under way is waited for before its memory is freed. */
  @Test
  void aDeviceThatDisappearsUnderAStream() throws InterruptedException {
    try (Backend backend = Backends.open("opencl", 1)) {
      Slice posterior = Slice.allocate(3_000_000);
      posterior.fill(1);
      Slice out = Slice.allocate(3_000_000);
      System.setProperty("bmr4j.opencl.streamBytes", "100000");
      Thread trouble = new Thread(() -> Native.fail(-36));
      backend
          .evidence()
          .deltaF(posterior.slice(0, 100), posterior.slice(0, 100), 1, 0, out.slice(0, 100));
      trouble.start();
      assertFails(
          () -> {
            for (int i = 0; i < 1000; i++) {
              backend.evidence().deltaF(posterior, posterior, 1, 0, out);
            }
          },
          "CL_INVALID_COMMAND_QUEUE");
      trouble.join();
    } finally {
      System.clearProperty("bmr4j.opencl.streamBytes");
    }
  }

  /** One buffer larger than any may be: refused by us, and where we are mistaken by the driver. */
  @Test
  void aBufferLargerThanTheDeviceAllows() {
    Device device = TestDevice.believedToHave(1 << 20, 4096);
    try (Context context = new Context(device)) {
      assertFails(() -> context.createBuffer(1025), "4100 bytes is more than", "(4096)");
      Native.fail(-61);
      assertFails(
          () -> context.createBuffer(1024),
          "clCreateBuffer of 4096 bytes",
          "CL_INVALID_BUFFER_SIZE",
          device.name());
      Native.fail(Status.SUCCESS);
      assertEquals(0, context.bufferBytes());
      context.createBuffer(1024);
      assertEquals(4096, context.bufferBytes());
    }
  }

  /** Buffers that are allowed, but together more than the memory; one that is freed makes room. */
  @Test
  void moreThanTheDevicesMemory() {
    try (Context context = new Context(TestDevice.believedToHave(10_000, 8_000))) {
      long first = context.createBuffer(1500);
      OpenClException e =
          assertFails(
              () -> context.createBuffer(1001), "4004 bytes", "6000 bytes in use", "10000 bytes");
      assertEquals(Status.OUT_OF_MEMORY, e.code());
      context.createBuffer(1000);
      context.releaseBuffer(first, 1500);
      context.createBuffer(1500);
    }
  }

  /** Arrays of the host for which the driver has less room than it says: none is taken in. */
  @Test
  void moreThanTheDriverHas() {
    try (OpenClBackend backend = (OpenClBackend) Backends.open("opencl", 1)) {
      float[] x = {1, 2, 3};
      float[] y = {4, 5};
      long bytes = backend.context().bufferBytes();
      Native.fail(Status.OUT_OF_MEMORY);
      assertFalse(backend.memory().adopt(x, y));
      Native.fail(-36);
      assertFails(() -> backend.memory().adopt(x, y), "CL_INVALID_COMMAND_QUEUE");
      Native.fail(Status.SUCCESS);
      assertEquals(bytes, backend.context().bufferBytes());
      assertTrue(backend.memory().adopt(x, y));
      assertEquals(6, backend.reduction().sum(Slice.of(x)));
    }
  }
}
