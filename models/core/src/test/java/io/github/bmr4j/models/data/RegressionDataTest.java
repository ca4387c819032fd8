package io.github.bmr4j.models.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RegressionDataTest {

  @Test
  void targetScalesRestoreUnits() {
    Dataset data =
        Dataset.regression(
            "three",
            InputShape.row(1),
            new float[] {1, 2, 3},
            new float[] {10, 14, 18},
            1,
            new Provenance("written here", "none needed", Map.of()));
    TargetScale scale = TargetScale.of(data);
    assertEquals(14, scale.mean()[0], 1e-12);
    assertEquals(Math.sqrt(32 / 3.0), scale.standardDeviation()[0], 1e-12);
    float[] standardised = scale.apply(data).targets();
    assertEquals(0, standardised[1]);
    assertEquals(-standardised[0], standardised[2]);
  }

  @Test
  void toySequencesAreWindowsWithTheNextValue() {
    Dataset sine = ToySequences.SINE.dataset();
    assertEquals(792, sine.size());
    assertEquals(8, sine.inputShape().size());
    assertEquals(Math.sin(Math.PI * 0.01 * 8), sine.targets()[0], 1e-6);
    assertEquals(Math.sin(Math.PI * 0.01 * 108), sine.targets()[100], 1e-6);
    assertEquals(sine.features()[8 + 7], sine.targets()[0]);
    Dataset square = ToySequences.SQUARE.dataset();
    // At x = π/4.
    assertEquals(
        Math.sqrt(0.5) * (1 + 1 / 3.0 - 1 / 5.0 - 1 / 7.0), square.features()[8 * 25], 1e-6);
  }

  @Test
  void epochsAreOrdersOfAllExamples() {
    Epochs epochs = new Epochs(100, true, 5);
    int[] first = epochs.order(0).clone();
    int[] second = epochs.order(1).clone();
    assertTrue(!Arrays.equals(first, second));
    assertArrayEquals(first, new Epochs(100, true, 5).order(0));
    Arrays.sort(first);
    for (int i = 0; i < 100; i++) {
      assertEquals(i, first[i]);
      assertEquals(i, new Epochs(100, false, 5).order(3)[i]);
    }
  }
}
