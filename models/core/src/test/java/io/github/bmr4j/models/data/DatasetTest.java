package io.github.bmr4j.models.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class DatasetTest {

  static final Provenance MADE = new Provenance("made for a test", "none", Map.of());

  static Dataset classification(float[] features, int width, int... labels) {
    return Dataset.classification(
        "made", InputShape.row(width), features, labels, List.of("a", "b"), MADE);
  }

  @Test
  void nothingThatComesOutOrWentInChangesIt() {
    float[] features = {1, 2, 3, 4};
    int[] labels = {0, 1};
    Dataset dataset = classification(features, 2, labels);
    features[0] = 9;
    labels[0] = 1;
    dataset.features()[1] = 9;
    dataset.labels()[1] = 0;
    assertArrayEquals(new float[] {1, 2, 3, 4}, dataset.features());
    assertArrayEquals(new int[] {0, 1}, dataset.labels());
    assertEquals(2, dataset.size());
    assertTrue(dataset.isClassification());
    assertThrows(IllegalStateException.class, dataset::targets);
    assertThrows(UnsupportedOperationException.class, () -> dataset.classNames().clear());
  }

  @Test
  void gathersRowsInAnyOrder() {
    Dataset dataset = classification(new float[] {1, 2, 3, 4, 5, 6}, 2, 0, 1, 1);
    float[] out = new float[5];
    dataset.gatherFeatures(new int[] {2, 0}, out, 1);
    assertArrayEquals(new float[] {0, 5, 6, 1, 2}, out);
    int[] labels = new int[2];
    dataset.gatherLabels(new int[] {2, 0}, labels);
    assertArrayEquals(new int[] {1, 0}, labels);
    Dataset some = dataset.select(new int[] {2, 2});
    assertArrayEquals(new float[] {5, 6, 5, 6}, some.features());
    assertArrayEquals(new int[] {1, 1}, some.labels());
    float[] rows = new float[4];
    dataset.copyFeatures(1, 2, rows, 0);
    assertArrayEquals(new float[] {3, 4, 5, 6}, rows);
    assertThrows(
        IndexOutOfBoundsException.class, () -> dataset.copyFeatures(2, 2, new float[4], 0));
  }

  @Test
  void regressionHasTargetsAndNoLabels() {
    Dataset dataset =
        Dataset.regression(
            "made", InputShape.row(1), new float[] {1, 2}, new float[] {3, 4, 5, 6}, 2, MADE);
    assertEquals(2, dataset.size());
    assertEquals(2, dataset.targetSize());
    assertFalse(dataset.isClassification());
    float[] out = new float[2];
    dataset.gatherTargets(new int[] {1}, out, 0);
    assertArrayEquals(new float[] {5, 6}, out);
    assertArrayEquals(new float[] {5, 6}, dataset.select(new int[] {1}).targets());
    assertThrows(IllegalStateException.class, dataset::labels);
    assertEquals(List.of(), dataset.classNames());
  }

  @Test
  void refusesWhatDoesNotFitAndNamesTheRow() {
    assertRefused(() -> classification(new float[3], 2, 0), "3 features, but 1 examples");
    assertRefused(() -> classification(new float[4], 2, 0, 2), "label 2 in row 1");
    assertRefused(() -> classification(new float[4], 2, 0, -1), "label -1 in row 1");
    assertRefused(
        () -> classification(new float[] {0, 0, 0, Float.NaN}, 2, 0, 1), "row 1, column 1");
    assertRefused(
        () ->
            Dataset.regression(
                "made", InputShape.row(1), new float[1], new float[] {1, 2, 3}, 2, MADE),
        "no multiple");
    assertRefused(
        () ->
            Dataset.regression(
                "made",
                InputShape.row(1),
                new float[2],
                new float[] {1, Float.POSITIVE_INFINITY},
                1,
                MADE),
        "target Infinity in row 1");
    assertRefused(() -> InputShape.row(0), "at least 1");
    Dataset narrow = classification(new float[1], 1, 0);
    Dataset wide = classification(new float[2], 2, 0);
    assertRefused(() -> new Split(narrow, wide), "same shapes");
  }

  static void assertRefused(Executable call, String problem) {
    IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, call);
    assertTrue(refused.getMessage().contains(problem), refused.getMessage());
  }
}
