package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeadUnitsTest {

  /** 2 inputs – 3 units – 2 units – 1 output. */
  private static final List<ParameterBlock> CHAIN =
      List.of(
          new ParameterBlock("a", 3, 2, true),
          new ParameterBlock("b", 2, 3, true),
          new ParameterBlock("c", 1, 2, true));

  private static List<boolean[]> all() {
    return CHAIN.stream()
        .map(
            block -> {
              boolean[] active = new boolean[block.size()];
              Arrays.fill(active, true);
              return active;
            })
        .toList();
  }

  private static void remove(boolean[] active, int... indices) {
    for (int i : indices) {
      active[i] = false;
    }
  }

  @Test
  void aWholeNetworkHasNone() {
    List<boolean[]> active = all();
    assertEquals(0, DeadUnits.remove(CHAIN, active, true));
    assertArrayEquals(all().get(0), active.get(0));
  }

  @Test
  void aUnitWithoutInputsLosesItsOutputs() {
    List<boolean[]> active = all();
    // Unit 1 of layer a: weights 2 and 3, bias 7.
    remove(active.get(0), 2, 3, 7);
    assertEquals(2, DeadUnits.remove(CHAIN, active, true));
    boolean[] b = all().get(1);
    remove(b, 1, 4);
    assertArrayEquals(b, active.get(1));
  }

  @Test
  void aUnitWithABiasGivesAConstantAndStays() {
    List<boolean[]> active = all();
    remove(active.get(0), 2, 3);
    assertEquals(0, DeadUnits.remove(CHAIN, active, true));
  }

  @Test
  void anActivationThatIsNotZeroAtZeroKeepsUnitsWithoutInputs() {
    List<boolean[]> active = all();
    remove(active.get(0), 2, 3, 7);
    assertEquals(0, DeadUnits.remove(CHAIN, active, false));
  }

  @Test
  void whatNobodyUsesGoesAllTheWayDown() {
    List<boolean[]> active = all();
    // Both weights of the output: nothing below is used. 3·2+3 in a, 2·3+2 in b.
    remove(active.get(2), 0, 1);
    assertEquals(9 + 8, DeadUnits.remove(CHAIN, active, true));
    for (int l = 0; l < 2; l++) {
      for (boolean left : active.get(l)) {
        assertTrue(!left);
      }
    }
    assertTrue(active.get(2)[2], "the output's bias stays");
  }

  /** 2 filters by 3×3 – 3 filters by 2×2 – flattened, 4 pixels each – 2 outputs. */
  @Test
  void filtersFeedWindowsAndPixels() {
    List<ParameterBlock> chain =
        List.of(
            new ParameterBlock("a", Shape.of(2, 1, 3, 3), true),
            new ParameterBlock("b", Shape.of(3, 2, 2, 2), true),
            new ParameterBlock("c", 2, 12, true));
    List<boolean[]> active = new ArrayList<>();
    for (ParameterBlock block : chain) {
      boolean[] all = new boolean[block.size()];
      Arrays.fill(all, true);
      active.add(all);
    }
    // Filter 0 of a gives nothing: of each filter of b the first four weights go.
    remove(active.get(0), 0, 1, 2, 3, 4, 5, 6, 7, 8, 18);
    // Filter 2 of b: nobody uses its four pixels, but the last one still is.
    remove(active.get(2), 8, 9, 10, 11, 20, 21, 22);
    assertEquals(3 * 4, DeadUnits.remove(chain, active, true));
    boolean[] b = new boolean[27];
    for (int i = 0; i < 27; i++) {
      b[i] = i >= 24 || i % 8 >= 4;
    }
    assertArrayEquals(b, active.get(1));
    remove(active.get(2), 23);
    // Now filter 2 of b goes: four weights are left of it, and its bias.
    assertEquals(5, DeadUnits.remove(chain, active, true));
    remove(b, 20, 21, 22, 23, 26);
    assertArrayEquals(b, active.get(1));
  }

  @Test
  void blocksThatAreNoChainAreRefused() {
    List<ParameterBlock> broken = List.of(CHAIN.get(0), CHAIN.get(2));
    List<boolean[]> active = List.of(new boolean[9], new boolean[3]);
    assertThrows(IllegalArgumentException.class, () -> DeadUnits.remove(broken, active, true));
  }
}
