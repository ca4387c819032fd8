package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.pruning.StructureCount.Layer;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The paper's count against what its authors' function returns, and the other against networks. */
class StructureCountTest {

  private static List<Layer> mlp(int inputs, int hidden, int layers) {
    List<Layer> chain = new ArrayList<>();
    int in = inputs;
    for (int i = 0; i < layers; i++) {
      chain.add(new Layer(hidden, in, 1, true, hidden));
      in = hidden;
    }
    chain.add(new Layer(10, in, 1, true, 0));
    return chain;
  }

  private static List<Layer> leNet(int channels) {
    int c = channels;
    return List.of(
        new Layer(6 * c, c, 25, true, 6 * c),
        new Layer(16 * c, 6 * c, 25, true, 16 * c),
        new Layer(120 * c, 400 * c, 1, true, 120 * c),
        new Layer(84 * c, 120 * c, 1, true, 84 * c),
        new Layer(10, 84 * c, 1, true, 0));
  }

  private static List<Layer> network(String name) {
    if (name.startsWith("MLP Fashion-MNIST")) {
      return mlp(1024, 150, 2);
    }
    return switch (name) {
      case "MLP MNIST (1024-100x8-10)" -> mlp(1024, 100, 8);
      case "MLP CIFAR10 (3072-150x6-10)" -> mlp(3072, 150, 6);
      case "LeNet5 1ch" -> leNet(1);
      case "LeNet5 3ch" -> leNet(3);
      default -> throw new AssertionError("no network for " + name);
    };
  }

  private static List<boolean[]> masks(List<Layer> layers, Object pruned) {
    List<boolean[]> kept = new ArrayList<>();
    for (Layer layer : layers) {
      if (layer.structures() > 0) {
        boolean[] mask = new boolean[layer.structures()];
        java.util.Arrays.fill(mask, !pruned.equals("all"));
        kept.add(mask);
      }
    }
    if (pruned instanceof Map<?, ?> map) {
      map.forEach(
          (layer, indices) -> {
            for (Object index : (List<?>) indices) {
              kept.get(Integer.parseInt((String) layer))[((Number) index).intValue()] = false;
            }
          });
    }
    return kept;
  }

  @Test
  void theAuthorsCounts() throws IOException {
    List<?> cases;
    try (InputStream in = getClass().getResourceAsStream("bmrs-parameter-counts.json")) {
      cases = (List<?>) Json.parse(in.readAllBytes(), "counts", Json.Limits.DEFAULT);
    }
    assertEquals(13, cases.size());
    for (Object item : cases) {
      Map<?, ?> expected = (Map<?, ?>) item;
      List<Layer> layers = network((String) expected.get("name"));
      StructureCount.Count count =
          StructureCount.published(layers, masks(layers, expected.get("pruned")));
      assertEquals(((Number) expected.get("removed")).longValue(), count.removed());
      assertEquals(((Number) expected.get("total_trainable")).longValue(), count.total());
      assertEquals(
          ((Number) expected.get("param_compression_pct")).doubleValue(),
          100 * count.fraction(),
          1e-12);
    }
  }

  @Test
  void whatASmallerNetworkLacks() {
    List<Layer> layers = leNet(1);
    List<boolean[]> kept = masks(layers, "none");
    kept.get(0)[3] = false;
    kept.get(1)[0] = false;
    kept.get(1)[15] = false;
    kept.get(2)[7] = false;
    // 5 filters of 1, 14 of 5, 119 units of 14·25, 84 of 119.
    long left = 5 * 25 + 5 + 14 * 5 * 25 + 14 + 119 * 14 * 25 + 119 + 84 * 119 + 84 + 84 * 10 + 10;
    StructureCount.Count count = StructureCount.compact(layers, kept);
    assertEquals(61706, count.total());
    assertEquals(count.total() - left, count.removed());
    StructureCount.Count none = StructureCount.compact(layers, masks(layers, "none"));
    assertEquals(0, none.removed());
    StructureCount.Count all = StructureCount.compact(layers, masks(layers, "all"));
    assertEquals(10, all.total() - all.removed());
  }

  @Test
  void masksMustFit() {
    List<Layer> layers = mlp(4, 3, 1);
    assertThrows(
        IllegalArgumentException.class,
        () -> StructureCount.published(layers, List.of(new boolean[2])));
    assertThrows(
        IllegalArgumentException.class,
        () -> StructureCount.compact(layers, List.of(new boolean[3], new boolean[3])));
    assertThrows(IllegalArgumentException.class, () -> new Layer(3, 3, 1, true, 2));
  }
}
