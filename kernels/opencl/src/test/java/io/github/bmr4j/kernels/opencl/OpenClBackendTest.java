package io.github.bmr4j.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Memory;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.opencl.host.Context;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class OpenClBackendTest {

  @Test
  void isFoundByItsName() {
    TestDevice.device();
    int before = Context.liveObjects();
    try (Backend backend = Backends.open("opencl", 1)) {
      assertEquals("opencl", backend.name());
      assertTrue(backend.describe().contains("compute units"), backend.describe());
    }
    assertEquals(before, Context.liveObjects());
  }

  @Test
  void closingTwiceIsFine() {
    Backend backend = TestDevice.open();
    float[] array = backend.memory().allocate(3);
    backend.close();
    backend.close();
    Slice slice = Slice.of(array);
    assertThrows(IllegalStateException.class, () -> backend.memory().push(slice));
    assertThrows(IllegalStateException.class, () -> backend.elementwise().fill(slice, 1));
    assertThrows(IllegalStateException.class, () -> backend.reduction().sum(slice));
  }

  @Test
  void arraysOfTheHeapAreRefused() {
    try (Backend backend = TestDevice.open()) {
      Slice own = Slice.of(backend.memory().allocate(3));
      Slice foreign = Slice.allocate(3);
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> backend.elementwise().add(own, foreign, own))
              .getMessage();
      assertTrue(message.contains("Backend.memory().allocate"), message);
      assertThrows(IllegalArgumentException.class, () -> backend.memory().push(foreign));
      assertThrows(IllegalArgumentException.class, () -> backend.memory().pull(foreign));
    }
  }

  @Test
  void pushAndPullAreWhatTheHostSees() {
    try (Backend backend = TestDevice.open()) {
      float[] array = backend.memory().allocate(8);
      Slice all = new Slice(array, 0, 8);
      all.fill(5);
      backend.memory().push(all.slice(2, 3));
      all.fill(-1);
      backend.elementwise().scale(2, all, all);
      assertEquals(-1, array[2]);
      backend.memory().pull(all);
      for (int i = 0; i < 8; i++) {
        assertEquals(i >= 2 && i < 5 ? 10 : 0, array[i], "element " + i);
      }
    }
  }

  @Test
  void adoptedArraysAreReadByKernels() {
    try (OpenClBackend backend = TestDevice.open()) {
      float[] x = new float[1003];
      float[] y = {7, 8};
      Arrays.fill(x, 2);
      long bytes = backend.context().bufferBytes();
      assertTrue(backend.memory().adopt(x, y));
      assertTrue(backend.memory().adopt(y, x));
      assertEquals(4 * 1005, backend.context().bufferBytes() - bytes, "taken in once");
      assertEquals(2006, backend.reduction().sum(Slice.of(x)));
      assertEquals(15, backend.reduction().sum(Slice.of(y)));
    }
  }

  /** Half of what is free, so that there is room for the rest of the work. */
  @Test
  void whatTakesMoreThanHalfOfTheFreeMemoryIsNotAdopted() {
    try (OpenClBackend backend = new OpenClBackend(TestDevice.believedToHave(10_000, 4_000))) {
      Memory memory = backend.memory();
      long own = backend.context().bufferBytes();
      assertTrue(memory.adopt(new float[500]));
      assertEquals(own + 2_000, backend.context().bufferBytes());
      assertFalse(memory.adopt(new float[500], new float[501]), "more than half of 8,000");
      assertFalse(memory.adopt(new float[1001]), "more than a buffer");
      assertEquals(own + 2_000, backend.context().bufferBytes());
      assertTrue(memory.adopt(new float[500], new float[490]));
      assertEquals(own + 5_960, backend.context().bufferBytes());
      memory.allocate(1000);
    }
  }

  @Test
  void twoAtATimeDoNotMeet() {
    try (Backend one = TestDevice.open();
        Backend other = TestDevice.open()) {
      Slice a = Slice.of(one.memory().allocate(100));
      Slice b = Slice.of(other.memory().allocate(100));
      one.elementwise().fill(a, 1);
      other.elementwise().fill(b, 2);
      assertEquals(100, one.reduction().sum(a));
      assertEquals(200, other.reduction().sum(b));
      assertThrows(IllegalArgumentException.class, () -> one.elementwise().fill(b, 1));
    }
  }
}
