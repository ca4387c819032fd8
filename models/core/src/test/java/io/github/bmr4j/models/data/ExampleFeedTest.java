package io.github.bmr4j.models.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Memory;
import io.github.bmr4j.kernels.Slice;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Batches as a kernel gathers them and as the host copies them: those of the order, both. */
class ExampleFeedTest {

  private static final int[] ORDER = {4, 0, 3, 3, 1};

  private static float[] numbers(int n) {
    float[] numbers = new float[n];
    for (int i = 0; i < n; i++) {
      numbers[i] = i + 0.5f;
    }
    return numbers;
  }

  private static Dataset labelled() {
    return Dataset.classification(
        "labelled",
        InputShape.row(3),
        numbers(15),
        new int[] {2, 0, 1, 1, 2},
        List.of("a", "b", "c"),
        new Provenance("test", "none", Map.of()));
  }

  private static Dataset real() {
    return Dataset.regression(
        "real",
        InputShape.row(3),
        numbers(15),
        numbers(10),
        2,
        new Provenance("test", "none", Map.of()));
  }

  /** A back end that takes no arrays of the host in, and notes what is pushed. */
  private static Backend withoutRoom(Backend backend, List<Slice> pushed) {
    Memory memory =
        new Memory() {
          @Override
          public float[] allocate(int length) {
            return backend.memory().allocate(length);
          }

          @Override
          public void push(Slice slice) {
            pushed.add(slice);
          }

          @Override
          public void pull(Slice slice) {}

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

  private static void assertBatches(Backend backend, Dataset data, int columns) {
    Slice features = new Slice(new float[11], 1, 6);
    Slice targets = new Slice(new float[2 * columns + 2], 2, 2 * columns);
    ExampleFeed feed = new ExampleFeed(backend, data, 6);
    ExampleFeed.Batch batch = feed.batch(features, targets);
    for (int[] order : new int[][] {ORDER, {1, 2}, {2, 2, 2, 4, 4, 4}}) {
      feed.order(order);
      for (int from = 0; from + 2 <= order.length; from++) {
        batch.fill(from);
        int[] chosen = {order[from], order[from + 1]};
        float[] expected = new float[6];
        data.gatherFeatures(chosen, expected, 0);
        assertArrayEquals(expected, features.toArray());
        float[] expectedTargets = new float[2 * columns];
        if (data.isClassification()) {
          expectedTargets[0] = data.label(chosen[0]);
          expectedTargets[1] = data.label(chosen[1]);
        } else {
          data.gatherTargets(chosen, expectedTargets, 0);
        }
        assertArrayEquals(expectedTargets, targets.toArray());
      }
    }
  }

  @Test
  void batchesAreThoseOfTheOrder() {
    for (String name : List.of("scalar", "simd")) {
      try (Backend backend = Backends.open(name, 1)) {
        List<Slice> pushed = new ArrayList<>();
        assertBatches(backend, labelled(), 1);
        assertBatches(backend, real(), 2);
        assertBatches(withoutRoom(backend, pushed), labelled(), 1);
        assertBatches(withoutRoom(backend, pushed), real(), 2);
        // Ten batches each, and nothing else: the order stays on the host.
        assertEquals(2 * 10 * 2, pushed.size());
      }
    }
  }

  @Test
  void ordersThatDoNotFitAreRefused() {
    try (Backend backend = Backends.open("scalar", 1)) {
      ExampleFeed feed = new ExampleFeed(backend, labelled(), 2);
      String message =
          assertThrows(IllegalArgumentException.class, () -> feed.order(ORDER)).getMessage();
      assertTrue(message.contains("at most 2") && message.contains("has 5"), message);
      assertThrows(IndexOutOfBoundsException.class, () -> feed.order(new int[] {5}));
      assertThrows(IndexOutOfBoundsException.class, () -> feed.order(new int[] {-1}));
    }
  }
}
