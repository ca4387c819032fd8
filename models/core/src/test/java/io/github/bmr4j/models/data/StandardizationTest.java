package io.github.bmr4j.models.data;

import static io.github.bmr4j.models.data.DatasetTest.MADE;
import static io.github.bmr4j.models.data.DatasetTest.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StandardizationTest {

  private static Dataset images(int channels, int height, int width, float[] features) {
    InputShape shape = new InputShape(channels, height, width);
    return Dataset.classification(
        "made", shape, features, new int[features.length / shape.size()], List.of("a"), MADE);
  }

  @Test
  void perFeatureUsesTheTrainingPartAlone() {
    Dataset train = DatasetTest.classification(new float[] {1, 5, 3, 5}, 2, 0, 1);
    Dataset test = DatasetTest.classification(new float[] {6, 7}, 2, 0);
    Standardization found = Standardization.perFeature(train);
    assertArrayEquals(new double[] {2, 5}, found.mean());
    assertArrayEquals(new double[] {1, 0}, found.standardDeviation());
    Split split = found.apply(new Split(train, test));
    assertArrayEquals(new float[] {-1, 0, 1, 0}, split.train().features());
    assertArrayEquals(new float[] {4, 0}, split.test().features());
    assertArrayEquals(train.labels(), split.train().labels());
  }

  @Test
  void perChannelSharesOneMeanOverTheImage() {
    Dataset train = images(2, 1, 2, new float[] {0, 2, 10, 10, 4, 6, 30, 30});
    Standardization found = Standardization.perChannel(train);
    assertEquals(2, found.run());
    assertArrayEquals(new double[] {3, 20}, found.mean());
    assertArrayEquals(new double[] {Math.sqrt(5), 10}, found.standardDeviation(), 1e-15);
    assertEquals(-1f, found.apply(train).features()[2]);
    assertEquals((float) (3 / Math.sqrt(5)), found.apply(train).features()[5]);
  }

  @Test
  void standardizedFeaturesHaveMeanNoughtAndVarianceOne() {
    Random random = new Random(9);
    float[] features = new float[3 * 5000];
    for (int i = 0; i < features.length; i++) {
      // A mean of 1,000 standard deviations, where one pass over the squares would lose digits.
      features[i] = (float) (1000 + random.nextGaussian());
    }
    Dataset train = DatasetTest.classification(features, 3, new int[5000]);
    float[] found = Standardization.perFeature(train).apply(train).features();
    for (int j = 0; j < 3; j++) {
      double sum = 0;
      double squares = 0;
      for (int i = j; i < found.length; i += 3) {
        sum += found[i];
        squares += (double) found[i] * found[i];
      }
      assertEquals(0, sum / 5000, 1e-7);
      assertEquals(1, squares / 5000, 1e-6);
    }
  }

  @Test
  void aConstantThatFloatsCannotAverageBecomesNought() {
    float[] features = new float[7001];
    Arrays.fill(features, 0.1f);
    Dataset train = DatasetTest.classification(features, 1, new int[7001]);
    assertArrayEquals(new float[7001], Standardization.perFeature(train).apply(train).features());
  }

  @Test
  void comesBackFromItsNumbers() {
    Dataset train = images(1, 1, 3, new float[] {1, 2, 4});
    Standardization found = Standardization.perChannel(train);
    Standardization back = Standardization.of(found.mean(), found.standardDeviation(), found.run());
    assertArrayEquals(found.apply(train).features(), back.apply(train).features());
  }

  @Test
  void refusesWhatDoesNotFit() {
    Dataset empty = DatasetTest.classification(new float[0], 2);
    assertRefused(() -> Standardization.perFeature(empty), "no example");
    Dataset train = images(1, 1, 3, new float[] {1, 2, 4});
    assertRefused(() -> Standardization.perFeature(train).apply(empty), "2 features");
    assertRefused(() -> Standardization.of(new double[1], new double[] {-1}, 1), "index 0");
    assertRefused(() -> Standardization.of(new double[] {Double.NaN}, new double[1], 1), "NaN");
    assertRefused(() -> Standardization.of(new double[1], new double[2], 1), "as many");
  }

  @Test
  void paddingPutsTheImageIntoTheMiddle() {
    Dataset padded = Padding.zeros(images(2, 2, 1, new float[] {1, 2, 3, 4}), 5, 3);
    assertEquals(new InputShape(2, 5, 3), padded.inputShape());
    float[] expected = new float[30];
    expected[1 * 3 + 1] = 1;
    expected[2 * 3 + 1] = 2;
    expected[15 + 1 * 3 + 1] = 3;
    expected[15 + 2 * 3 + 1] = 4;
    assertArrayEquals(expected, padded.features());
    assertRefused(() -> Padding.zeros(padded, 4, 3), "smaller 4×3");
  }
}
