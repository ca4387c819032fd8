package io.github.bmr4j.kernels.opencl.host;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.kernels.opencl.TestDevice;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Objects of OpenCL are released, and mistakes end in a clear error while the JVM lives. */
class ContextTest {

  private static final String DOUBLES =
      "__kernel void run(\n   __global float *x, \n   int n, \n   int passid\n){\n"
          + " int i = get_global_id(0); if (i < n) { x[i] = 2.0f * x[i]; } }";

  @Test
  void whatWasMadeIsReleased() {
    Device device = TestDevice.device();
    int before = Context.liveObjects();
    for (int round = 0; round < 20; round++) {
      Context context = new Context(device);
      long buffer = context.createBuffer(1000);
      DeviceKernel kernel = new DeviceKernel(context, "doubles", DOUBLES, "x", "n");
      float[] values = {1, 2, 3};
      context.write(MemorySegment.ofArray(values), 0, buffer, 7, 3);
      kernel.start().buffer(buffer).number(1000).run(1000, 256);
      long spare = context.createBuffer(5);
      context.releaseBuffer(spare, 5);
      assertEquals(4000, context.bufferBytes());
      if (round % 2 == 0) {
        float[] back = new float[5];
        context.read(buffer, 6, MemorySegment.ofArray(back), 0, 5);
        assertArrayEquals(new float[] {0, 2, 4, 6, 0}, back);
      }
      assertTrue(Context.liveObjects() > before);
      context.close();
      context.close();
      assertEquals(before, Context.liveObjects());
    }
  }

  @Test
  void manyTransfersGoThroughTheStages() {
    try (Context context = new Context(TestDevice.device())) {
      int n = 5_000_011; // several stages, the last not whole
      float[] values = new float[n];
      for (int i = 0; i < n; i++) {
        values[i] = i;
      }
      long buffer = context.createBuffer(n);
      long other = context.createBuffer(n);
      float[] back = new float[n];
      for (int round = 0; round < 3; round++) {
        values[round] = -1;
        context.write(MemorySegment.ofArray(values), 0, buffer, 0, n);
        context.copy(buffer, 0, other, 0, n);
        context.read(other, 0, MemorySegment.ofArray(back), 0, n);
        assertArrayEquals(values, back);
      }
      assertEquals(3, context.writes());
      assertEquals(3, context.reads());
    }
  }

  @Test
  void aKernelThatDoesNotCompileShowsTheLog() {
    try (Context context = new Context(TestDevice.device())) {
      String wrong = DOUBLES.replace("2.0f", "undeclared");
      OpenClException e =
          assertThrows(
              OpenClException.class, () -> new DeviceKernel(context, "wrong", wrong, "x", "n"));
      assertTrue(e.getMessage().contains("CL_BUILD_PROGRAM_FAILURE"), e.getMessage());
      assertTrue(e.getMessage().contains("kernel wrong"), e.getMessage());
      assertTrue(e.getMessage().contains("undeclared"), e.getMessage());
      // And it goes on.
      new DeviceKernel(context, "doubles", DOUBLES, "x", "n");
    }
  }

  @Test
  void argumentsMustBeThoseOfTheKernel() {
    try (Context context = new Context(TestDevice.device())) {
      assertRefused(() -> new DeviceKernel(context, "doubles", DOUBLES, "x"), "[x, n, passid]");
      assertRefused(() -> new DeviceKernel(context, "doubles", "int x;", "x"), "kernel run");
      DeviceKernel kernel = new DeviceKernel(context, "doubles", DOUBLES, "x", "n");
      assertRefused(() -> kernel.start().number(3), "BUFFER");
      long buffer = context.createBuffer(3);
      assertRefused(() -> kernel.start().buffer(buffer).run(3, 1), "1 of 2");
    }
  }

  private static void assertRefused(Runnable call, String part) {
    String message = assertThrows(RuntimeException.class, call::run).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void moreThanTheDeviceAllowsIsRefused() {
    Device device = TestDevice.device();
    Device small = TestDevice.believedToHave(device.memoryBytes(), 4096);
    try (Context context = new Context(small)) {
      assertRefused(() -> context.createBuffer(1025), "4100 bytes is more than");
      context.createBuffer(1024);
    }
    try (Context context = new Context(device)) {
      // Work groups of more items than any device runs: the error has its name.
      DeviceKernel kernel = new DeviceKernel(context, "doubles", DOUBLES, "x", "n");
      long buffer = context.createBuffer(3);
      int items = 1 << 30;
      assertRefused(
          () -> kernel.start().buffer(buffer).number(3).run(items, items), "CL_INVALID_WORK");
    }
  }

  @Test
  void afterClosingNothingWorks() {
    Context context = new Context(TestDevice.device());
    DeviceKernel kernel = new DeviceKernel(context, "doubles", DOUBLES, "x", "n");
    context.close();
    assertRefused(() -> context.createBuffer(3), "closed");
    assertRefused(kernel::start, "closed");
    assertRefused(context::finish, "closed");
  }
}
