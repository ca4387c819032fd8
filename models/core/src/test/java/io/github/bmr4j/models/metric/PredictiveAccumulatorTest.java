package io.github.bmr4j.models.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PredictiveAccumulatorTest {

  /** Probabilities go in as floats: half a unit in the last place of each, relative. */
  private static final double FLOAT_TOLERANCE = 1e-7;

  @Test
  void agreesWithTheGoldenVector() throws IOException {
    Map<?, ?> golden = GoldenVectors.metrics("nll_lpd");
    int[] labels = {0, 2};
    assertArrayEquals(new double[] {0, 2}, GoldenVectors.doubles(golden.get("y")));
    PredictiveAccumulator accumulator = new PredictiveAccumulator(3, labels);
    for (Object sample : (List<?>) golden.get("probs_SxNxC")) {
      for (Object row : (List<?>) sample) {
        double[] doubles = GoldenVectors.doubles(row);
        float[] floats = {(float) doubles[0], (float) doubles[1], (float) doubles[2]};
        accumulator.addProbabilities(floats, 0, 1);
      }
    }
    assertEquals(3, accumulator.samples());
    ClassificationMetrics found = accumulator.metrics();
    assertEquals(
        GoldenVectors.number(golden.get("nll")), found.negativeLogLikelihood(), FLOAT_TOLERANCE);
    assertEquals(
        GoldenVectors.number(golden.get("lpd_per_point")),
        accumulator.logPredictiveDensity(),
        FLOAT_TOLERANCE);
    // In row 1 the classes 1 and 2 tie at 0.4, which only exact probabilities show.
    assertEquals(
        GoldenVectors.number(golden.get("acc")),
        ClassificationMetrics.of(new double[] {.7, .55 / 3, .35 / 3, .2, .4, .4}, 3, labels)
            .accuracy());
    assertEquals(.7, accumulator.probabilities()[0], FLOAT_TOLERANCE);
  }

  @Test
  void piecesAndWholeSamplesLogitsAndProbabilitiesAgree() {
    Random random = new Random(5);
    int n = 17;
    int classes = 4;
    int[] labels = random.ints(n, 0, classes).toArray();
    PredictiveAccumulator whole = new PredictiveAccumulator(classes, labels);
    PredictiveAccumulator pieces = new PredictiveAccumulator(classes, labels);
    PredictiveAccumulator fromLogits = new PredictiveAccumulator(classes, labels);
    double[] mean = new double[n * classes];
    double direct = 0;
    double[] sampleLogLikelihoods = new double[6];
    for (int s = 0; s < 6; s++) {
      float[] logits = new float[n * classes + 3];
      float[] probabilities = new float[n * classes + 3];
      for (int i = 0; i < n; i++) {
        double total = 0;
        for (int c = 0; c < classes; c++) {
          logits[3 + i * classes + c] = (float) (3 * random.nextGaussian());
          total += Math.exp(logits[3 + i * classes + c]);
        }
        for (int c = 0; c < classes; c++) {
          double p = Math.exp(logits[3 + i * classes + c]) / total;
          probabilities[3 + i * classes + c] = (float) p;
          mean[i * classes + c] += p / 6;
        }
        sampleLogLikelihoods[s] += logits[3 + i * classes + labels[i]] - Math.log(total);
      }
      whole.addProbabilities(probabilities, 3, n);
      pieces.addProbabilities(probabilities, 3, 5);
      pieces.addProbabilities(probabilities, 3 + 5 * classes, 0);
      pieces.addProbabilities(probabilities, 3 + 5 * classes, n - 5);
      fromLogits.addLogits(logits, 3, n);
    }
    for (int i = 0; i < n; i++) {
      direct -= Math.log(mean[i * classes + labels[i]]) / n;
    }
    double likelihoodSum = 0;
    for (double logLikelihood : sampleLogLikelihoods) {
      likelihoodSum += Math.exp(logLikelihood);
    }
    assertEquals(whole.metrics(), pieces.metrics());
    assertEquals(whole.logPredictiveDensity(), pieces.logPredictiveDensity());
    assertEquals(direct, fromLogits.metrics().negativeLogLikelihood(), 1e-13);
    assertEquals(direct, whole.metrics().negativeLogLikelihood(), 1e-6);
    assertEquals(Math.log(likelihoodSum / 6) / n, fromLogits.logPredictiveDensity(), 1e-13);
    assertArrayEquals(mean, fromLogits.probabilities(), 1e-15);
  }

  @Test
  void nothingUnderflows() {
    int n = 2000;
    PredictiveAccumulator accumulator = new PredictiveAccumulator(2, new int[n]);
    float[] logits = new float[2 * n];
    for (int i = 0; i < n; i++) {
      logits[2 * i] = -1000;
      logits[2 * i + 1] = 1000;
    }
    accumulator.addLogits(logits, 0, n);
    accumulator.addLogits(logits, 0, n);
    // ln softmax = −2000 for each, the same for both samples.
    assertEquals(2000, accumulator.metrics().negativeLogLikelihood(), 1e-9);
    assertEquals(-2000, accumulator.logPredictiveDensity(), 1e-9);
  }

  @Test
  void oneSampleThatIsCertainOfAWrongLabelDoesNotSpoilTheMixture() {
    PredictiveAccumulator accumulator = new PredictiveAccumulator(2, new int[] {0});
    accumulator.addProbabilities(new float[] {0, 1}, 0, 1);
    assertEquals(Double.NEGATIVE_INFINITY, accumulator.logPredictiveDensity());
    assertEquals(Double.POSITIVE_INFINITY, accumulator.metrics().negativeLogLikelihood());
    accumulator.addProbabilities(new float[] {1, 0}, 0, 1);
    assertEquals(Math.log(.5), accumulator.logPredictiveDensity(), 1e-15);
    assertEquals(Math.log(2), accumulator.metrics().negativeLogLikelihood(), 1e-15);
  }

  @Test
  void refusesPartsOfSamplesAndBadRows() {
    PredictiveAccumulator accumulator = new PredictiveAccumulator(2, new int[] {0, 1, 0});
    assertThrows(IllegalStateException.class, accumulator::metrics);
    accumulator.addProbabilities(new float[] {.5f, .5f}, 0, 1);
    IllegalStateException early =
        assertThrows(IllegalStateException.class, accumulator::logPredictiveDensity);
    assertTrue(early.getMessage().contains("1 of 3 rows"), early.getMessage());
    IllegalArgumentException tooMany =
        assertThrows(
            IllegalArgumentException.class, () -> accumulator.addProbabilities(new float[6], 0, 3));
    assertTrue(tooMany.getMessage().contains("lacks 2 of 3"), tooMany.getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> accumulator.addProbabilities(new float[3], 0, 2));
    IllegalArgumentException noNumber =
        assertThrows(
            IllegalArgumentException.class,
            () -> accumulator.addProbabilities(new float[] {Float.NaN, 1}, 0, 1));
    assertTrue(noNumber.getMessage().contains("NaN in row 1"), noNumber.getMessage());
    IllegalArgumentException infinite =
        assertThrows(
            IllegalArgumentException.class,
            () -> accumulator.addLogits(new float[] {0, Float.POSITIVE_INFINITY}, 0, 1));
    assertTrue(infinite.getMessage().contains("row 1, column 1"), infinite.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> accumulator.addProbabilities(new float[] {.5f, .6f}, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new PredictiveAccumulator(2, new int[] {2}));
  }
}
