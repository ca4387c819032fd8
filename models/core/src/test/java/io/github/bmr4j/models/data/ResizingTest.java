package io.github.bmr4j.models.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class ResizingTest {

  private static Dataset images(InputShape shape, float... greys) {
    float[] features = greys.clone();
    for (int i = 0; i < features.length; i++) {
      features[i] /= 255;
    }
    return Dataset.classification(
        "images",
        shape,
        features,
        new int[features.length / shape.size()],
        List.of("a"),
        new Provenance("test", "none", java.util.Map.of()));
  }

  private static void assertGreys(Dataset images, float... greys) {
    float[] features = images.features();
    float[] actual = new float[features.length];
    for (int i = 0; i < actual.length; i++) {
      actual[i] = features[i] * 255;
    }
    assertArrayEquals(greys, actual, 1e-4f);
  }

  /** Centres of a line of 4 in one of 2: −¼, ¼, ¾, 1¼; outside it is the edge. */
  @Test
  void interpolatesBetweenCentresAndRounds() {
    Dataset line = images(new InputShape(1, 1, 2), 10, 21);
    assertGreys(Resizing.bilinear(line, 1, 4), 10, 13, 18, 21);
    Dataset column = images(new InputShape(1, 2, 1), 10, 21);
    assertGreys(Resizing.bilinear(column, 4, 1), 10, 13, 18, 21);
  }

  /** Columns are rounded before rows: 10 and 13 give 11.5, and so does each of them. */
  @Test
  void channelsAndExamplesAreApart() {
    Dataset two = images(new InputShape(2, 1, 2), 0, 100, 200, 200, 50, 50, 7, 8);
    Dataset wide = Resizing.bilinear(two, 2, 4);
    assertEquals(new InputShape(2, 2, 4), wide.inputShape());
    assertGreys(
        wide, 0, 25, 75, 100, 0, 25, 75, 100, 200, 200, 200, 200, 200, 200, 200, 200, 50, 50, 50,
        50, 50, 50, 50, 50, 7, 7, 8, 8, 7, 7, 8, 8);
  }

  @Test
  void theSameSizeChangesNothingAndASmallerOneIsRefused() {
    Dataset image = images(new InputShape(1, 2, 2), 1, 2, 3, 4);
    assertGreys(Resizing.bilinear(image, 2, 2), 1, 2, 3, 4);
    assertThrows(IllegalArgumentException.class, () -> Resizing.bilinear(image, 1, 2));
  }
}
