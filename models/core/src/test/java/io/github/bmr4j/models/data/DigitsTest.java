package io.github.bmr4j.models.data;

import static io.github.bmr4j.models.data.DatasetTest.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DigitsTest {

  /** How many images of each digit the published file has. */
  private static final int[] COUNTS = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180};

  /** Hash of the test part's features for seed 137 and half of the images. */
  private static final int PINNED = 1987139585;

  private static int[] counts(Dataset dataset) {
    int[] counts = new int[10];
    for (int label : dataset.labels()) {
      counts[label]++;
    }
    return counts;
  }

  @Test
  void isThePublishedData() {
    Dataset digits = Digits.all();
    assertEquals(1797, digits.size());
    assertEquals(new InputShape(1, 8, 8), digits.inputShape());
    assertArrayEquals(COUNTS, counts(digits));
    assertEquals(
        Map.of("digits.csv", "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"),
        digits.provenance().sha256());
    float[] first = Arrays.copyOf(digits.features(), 8);
    assertArrayEquals(new float[] {0, 0, 5f / 16, 13f / 16, 9f / 16, 1f / 16, 0, 0}, first);
    assertEquals(0, digits.label(0));
    assertEquals(8, digits.label(1796));
    for (float pixel : digits.features()) {
      assertTrue(pixel >= 0 && pixel <= 1);
    }
    assertTrue(digits.provenance().licence().contains("CC BY 4.0"));
    assertNotNull(Digits.class.getResource("digits-LICENCE.txt"));
  }

  @Test
  void aSplitKeepsTheClassesSharesAndUsesEveryImageOnce() {
    Split split = Digits.split(0);
    int[] test = counts(split.test());
    int[] train = counts(split.train());
    for (int label = 0; label < 10; label++) {
      assertEquals(Math.round(COUNTS[label] * 0.2), test[label]);
      assertEquals(COUNTS[label], train[label] + test[label]);
    }
    assertEquals(1797, split.train().size() + split.test().size());
    double sum = 0;
    for (float pixel : split.train().features()) {
      sum += pixel;
    }
    for (float pixel : split.test().features()) {
      sum += pixel;
    }
    double all = 0;
    for (float pixel : Digits.all().features()) {
      all += pixel;
    }
    // Sixteenths add exactly.
    assertEquals(all, sum);
  }

  @Test
  void aSplitIsAFunctionOfTheSeed() {
    assertArrayEquals(Digits.split(1).test().features(), Digits.split(1).test().features());
    assertFalse(
        Arrays.equals(Digits.split(1).test().features(), Digits.split(2).test().features()));
    // Pinned, so that no later change moves images between the parts unnoticed.
    Split split = Digits.split(137, 0.5);
    assertEquals(PINNED, Arrays.hashCode(split.test().features()));
  }

  @Test
  void extremeSharesLeaveSomethingInEachPart() {
    assertEquals(10, Digits.split(0, 1e-9).test().size());
    assertEquals(10, Digits.split(0, 1 - 1e-9).train().size());
    assertRefused(() -> Digits.split(0, 0), "between 0 and 1");
    assertRefused(() -> Digits.split(0, 1), "between 0 and 1");
    assertRefused(() -> Digits.split(0, Double.NaN), "NaN");
  }
}
