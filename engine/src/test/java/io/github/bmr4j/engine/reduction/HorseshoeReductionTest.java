package io.github.bmr4j.engine.reduction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.inference.DivergedException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HorseshoeReductionTest {

  /** The evidence of weights with these posteriors under N(0, 1), summed in double. */
  private static EvidenceCurve curve(double[] means, double deviation) {
    float[] grid = EvidenceCurve.grid();
    double[] values = new double[grid.length];
    for (int k = 0; k < grid.length; k++) {
      values[k] = evidence(means, deviation, grid[k]);
    }
    return new EvidenceCurve(values);
  }

  private static double evidence(double[] means, double deviation, double variance) {
    double sum = 0;
    for (double mean : means) {
      sum += GaussianReduction.deltaF(mean, 1 / (deviation * deviation), variance, 1);
    }
    return sum;
  }

  private static double[] normals(int count, double mean, double deviation, long seed) {
    Random random = new Random(seed);
    double[] values = new double[count];
    Arrays.setAll(values, i -> mean + deviation * random.nextGaussian());
    return values;
  }

  private static HorseshoeReduction.Noise noise(long seed) {
    return (step, out) -> {
      Random random = new Random(seed * 1_000_003 + step);
      for (int i = 0; i < out.length; i++) {
        out[i] = (float) random.nextGaussian();
      }
    };
  }

  private static HorseshoeReduction.Config config(int steps) {
    HorseshoeReduction.Config published = HorseshoeReduction.Config.PUBLISHED;
    return new HorseshoeReduction.Config(
        published.globalScale(),
        published.slabShape(),
        published.slabRate(),
        published.halfShape(),
        published.particles(),
        steps,
        published.rule(),
        published.learningRate(),
        published.samples());
  }

  @Test
  void theCurveIsTheSumBetweenItsPoints() {
    double[] means = normals(25, 0, 0.5, 1);
    EvidenceCurve curve = curve(means, 0.1);
    Random random = new Random(2);
    for (int i = 0; i < 200; i++) {
      double at = -31 + 42 * random.nextDouble();
      double exact = evidence(means, 0.1, Math.exp(at));
      assertEquals(exact, curve.value(at), 1e-4 * (1 + Math.abs(exact)), () -> "at " + at);
      double step = 1e-4;
      double slope =
          (evidence(means, 0.1, Math.exp(at + step)) - evidence(means, 0.1, Math.exp(at - step)))
              / (2 * step);
      assertEquals(slope, curve.slope(at), 1e-3 * (1 + Math.abs(slope)), () -> "at " + at);
    }
    assertEquals(evidence(means, 0.1, 0), curve.value(-50), 1e-6);
    assertEquals(0, curve.slope(-50));
    assertTrue(Double.isNaN(curve.value(Double.NaN)) && Double.isNaN(curve.slope(Double.NaN)));
  }

  /** Rows with weights of size 0.8 keep their scale, rows of noise about 0 lose it. */
  @Test
  void rowsWithoutSignalShrinkAndOthersDoNot() {
    EvidenceCurve[] rows = new EvidenceCurve[6];
    for (int row = 0; row < 6; row++) {
      boolean signal = row < 3;
      rows[row] = curve(normals(40, 0, signal ? 0.8 : 0.05, 10 + row), 0.05);
    }
    double[] scales =
        new HorseshoeReduction(HorseshoeReduction.Config.PUBLISHED, rows, noise(3)).run().scales();
    for (int row = 0; row < 6; row++) {
      double scale = scales[row];
      if (row < 3) {
        assertTrue(scale > 0.4 && scale < 1.6, () -> "signal got " + scale);
      } else {
        assertTrue(scale > 1e-4 && scale < 0.1, () -> "noise got " + scale);
      }
    }
  }

  /** The scale with the largest evidence, where many weights outvote the prior. */
  @Test
  void aSingleRowOfManyWeightsGetsTheScaleOfItsWeights() {
    double[] means = normals(20_000, 0, 0.3, 4);
    EvidenceCurve[] rows = {curve(means, 0.02)};
    HorseshoeReduction.Result result =
        new HorseshoeReduction(HorseshoeReduction.Config.PUBLISHED, rows, noise(5)).run();
    double squares = Arrays.stream(means).map(m -> m * m).average().orElseThrow();
    assertEquals(Math.sqrt(squares), result.scales()[0], 0.02);
    assertEquals(0, result.skipped());
  }

  @Test
  void stepsWithoutAFiniteGradientAreLeftOut() {
    EvidenceCurve[] rows = {
      curve(normals(40, 0, 0.8, 1), 0.05), curve(normals(40, 0, 0.8, 2), 0.05)
    };
    HorseshoeReduction.Noise sound = noise(3);
    HorseshoeReduction.Noise broken =
        (step, out) -> {
          sound.fill(step, out);
          if (step % 10 == 5 && step <= 2_000) {
            out[3] = Float.NaN;
          }
        };
    HorseshoeReduction.Result result = new HorseshoeReduction(config(2_000), rows, broken).run();
    assertEquals(200, result.skipped());
    for (double scale : result.scales()) {
      assertTrue(scale > 0.4 && scale < 1.6, () -> "got " + scale);
    }

    double[] undefined = new double[EvidenceCurve.grid().length];
    Arrays.fill(undefined, Double.NaN);
    EvidenceCurve[] without = {new EvidenceCurve(undefined)};
    String message =
        assertThrows(
                DivergedException.class,
                () -> new HorseshoeReduction(config(20), without, sound).run())
            .getMessage();
    assertTrue(message.contains("no finite gradient in any of 20 steps"), message);
  }

  @Test
  void defaultsAreThePublishedOnes() {
    HorseshoeReduction.Config config = HorseshoeReduction.Config.PUBLISHED;
    assertEquals(1e-2, config.globalScale());
    assertEquals(2, config.slabShape());
    assertEquals(6, config.slabRate());
    assertEquals(0.5, config.halfShape());
    assertEquals(16, config.particles());
    assertEquals(5_000, config.steps());
    assertEquals(1e-2, config.learningRate());
    assertEquals(1_000, config.samples());
    assertThrows(IllegalArgumentException.class, () -> config(0));
  }
}
