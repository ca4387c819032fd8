package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.distribution.Normal;
import io.github.bmr4j.engine.distribution.ScaleMixture;
import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.reduction.InclusionProbability;
import io.github.bmr4j.engine.reduction.InclusionProbability.Estimator;
import io.github.bmr4j.engine.reduction.SharedResponsibility;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.pruning.InclusionReport.Grouping;
import io.github.bmr4j.models.pruning.InclusionReport.Layer;
import io.github.bmr4j.models.pruning.InclusionReport.Level;
import io.github.bmr4j.models.pruning.InclusionReport.Posterior;
import io.github.bmr4j.models.pruning.InclusionReport.Rule;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Three inputs, two hidden units, one output, with posteriors written by hand. */
class InclusionReportTest {

  private static final ScaleMixture PRIOR = new ScaleMixture(0.5, 1, 0.05);
  private static final ParameterBlock FIRST = new ParameterBlock("layer1", 2, 3, true);
  private static final ParameterBlock SECOND = new ParameterBlock("layer2", 1, 2, true);
  private static final float IN = 0.01f;

  private static Posterior posterior(ParameterBlock block, float[] means, float... wide) {
    float[] deviations = new float[means.length];
    Arrays.fill(deviations, IN);
    for (float k : wide) {
      deviations[(int) k] = 1;
    }
    return new Posterior(block, means, deviations, PRIOR, null, false);
  }

  private static InclusionReport report(Level level, Estimator estimator, Posterior... layers) {
    return new InclusionReport(
        List.of(layers),
        new Rule(level, Grouping.SHARED, estimator, estimator, 0.5, 0, false),
        UnaryFunction.TANH);
  }

  /** Unit 2 is not used; its incoming weights have relaxed to the slab and look included. */
  private static Posterior[] deadUnit() {
    return new Posterior[] {
      posterior(FIRST, new float[] {0.5f, 0, 0, 0, 0.9f, 0, 0.1f, 0.2f}, 3, 4, 5),
      posterior(SECOND, new float[] {1.5f, 0, 0.3f})
    };
  }

  @Test
  void weightsIntoDeadUnitsDoNotCount() {
    for (Level level : Level.values()) {
      InclusionReport report = report(level, Estimator.MEAN_FIELD, deadUnit());
      assertArrayEquals(new boolean[] {true, false, false}, report.features(), level::name);
      Layer first = report.layers().get(0);
      assertArrayEquals(
          new boolean[] {true, false, false}, Arrays.copyOf(first.kept(), 3), level::name);
      assertArrayEquals(
          new boolean[] {true, false}, Arrays.copyOfRange(first.kept(), 6, 8), level::name);
      assertEquals(4, report.kept(), level::name);
    }
    // Without the order from the output backwards, the estimator would have kept feature 2.
    assertTrue(
        InclusionProbability.probability(new Normal(0.9, 1), PRIOR, Estimator.MEAN_FIELD) > 0.99);
  }

  @Test
  void groupsSumTheEvidenceOfLiveUnits() {
    InclusionReport report = report(Level.NODES, Estimator.SAVAGE_DICKEY, deadUnit());
    double one =
        InclusionProbability.logEvidence(new Normal(0.5, IN), PRIOR, Estimator.SAVAGE_DICKEY);
    assertEquals(one, report.featureLogits()[0], 1e-3 * one);
    double two =
        InclusionProbability.logEvidence(new Normal(0, IN), PRIOR, Estimator.SAVAGE_DICKEY);
    assertEquals(two, report.featureLogits()[2], 1e-4);
  }

  /** One weight that is needed holds a feature whose other uses are all in the spike. */
  @Test
  void separateIndicatorsNeedOneWeightOnly() {
    int units = 40;
    ParameterBlock wide = new ParameterBlock("layer1", units, 1, true);
    float[] means = new float[2 * units];
    means[7] = 0.05f;
    float[] above = new float[units + 1];
    Arrays.fill(above, 0, units, 0.5f);
    Posterior[] layers = {
      posterior(wide, means), posterior(new ParameterBlock("layer2", 1, units, true), above)
    };
    assertFalse(report(Level.NODES, Estimator.SAVAGE_DICKEY, layers).features()[0]);
    double[] logits = new double[2];
    for (Estimator estimator : new Estimator[] {Estimator.SAVAGE_DICKEY, Estimator.MEAN_FIELD}) {
      Rule rule = new Rule(Level.NODES, Grouping.SEPARATE, estimator, estimator, 0.5, 0, false);
      InclusionReport report = new InclusionReport(List.of(layers), rule, UnaryFunction.TANH);
      double expected = 0;
      for (int i = 0; i < units; i++) {
        double pip = InclusionProbability.probability(new Normal(means[i], IN), PRIOR, estimator);
        expected += Math.log(0.5) - Math.log1p(-pip);
      }
      assertEquals(expected, report.featureLogits()[0], 1e-4, estimator::name);
      logits[estimator == Estimator.MEAN_FIELD ? 1 : 0] = report.featureLogits()[0];
    }
    // e = 12.5 − ln 100 for the one that is needed against ln ½ or so for each of the others.
    assertTrue(logits[0] < 0 && logits[0] > -25, "but not against any number of them");
  }

  @Test
  void nodesKeepAllTheirWeightsAndBothKeepsTheLikelyOnes() {
    Posterior[] layers = {
      posterior(FIRST, new float[] {0.5f, 0, 0, 0.0f, 0.9f, 0, 0.1f, 0.2f}),
      posterior(SECOND, new float[] {1.5f, 0.8f, 0.3f})
    };
    assertArrayEquals(
        new boolean[] {true, true, false, true, true, false, true, true},
        report(Level.NODES, Estimator.MEAN_FIELD, layers).layers().get(0).kept());
    for (Level level : new Level[] {Level.WEIGHTS, Level.BOTH}) {
      assertArrayEquals(
          new boolean[] {true, false, false, false, true, false, true, true},
          report(level, Estimator.MEAN_FIELD, layers).layers().get(0).kept(),
          level::name);
    }
  }

  @Test
  void aUnitWithoutInputsBecomesPartOfTheBiasAboveIt() {
    Posterior[] layers = {
      posterior(FIRST, new float[] {0.5f, 0, 0, 0, 0, 0, 0.1f, 0.7f}),
      posterior(SECOND, new float[] {1.5f, 0.8f, 0.3f})
    };
    InclusionReport report = report(Level.WEIGHTS, Estimator.MEAN_FIELD, layers);
    Layer second = report.layers().get(1);
    assertArrayEquals(new boolean[] {true, false, true}, second.kept());
    assertEquals(0.3 + 0.8 * Math.tanh(0.7), second.means()[2], 1e-6);
    assertFalse(report.layers().get(0).kept()[7]);
    assertEquals(0.3f, layers[1].means()[2], "the posterior itself stays as it was");
  }

  @Test
  void indicatorsOfThePosteriorDecide() {
    double[] edges = {0.9, 0.1, 0.2, 0.3, 0.8, 0.1, 1, 1};
    Posterior[] layers = {
      new Posterior(
          FIRST, new float[] {0.5f, 0, 0, 0, 0.9f, 0, 0.1f, 0.2f}, filled(8), PRIOR, edges, false),
      posterior(SECOND, new float[] {1.5f, 0.8f, 0.3f})
    };
    InclusionReport report = report(Level.WEIGHTS, Estimator.MEAN_FIELD, layers);
    assertArrayEquals(new boolean[] {true, true, false}, report.features());
    assertEquals(Math.log(9), report.featureLogits()[0], 1e-12);

    double[] units = {0.9, 0.9, 0.9, 0.2, 0.2, 0.2, 0.9, 0.2};
    layers[0] = new Posterior(FIRST, layers[0].means(), filled(8), PRIOR, units, true);
    assertArrayEquals(
        new boolean[] {true, true, true, false, false, false, true, false},
        report(Level.WEIGHTS, Estimator.MEAN_FIELD, layers).layers().get(0).kept());
  }

  private static float[] filled(int n) {
    float[] values = new float[n];
    Arrays.fill(values, IN);
    return values;
  }

  @Test
  void theFalseDiscoveryRateIsControlledLayerByLayer() {
    Posterior[] layers = deadUnit();
    Rule strict =
        new Rule(
            Level.NODES,
            Grouping.SHARED,
            Estimator.MEAN_FIELD,
            Estimator.MEAN_FIELD,
            0.5,
            0.01,
            false);
    assertArrayEquals(
        new boolean[] {true, false, false},
        new InclusionReport(List.of(layers), strict, UnaryFunction.TANH).features());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Rule(
                Level.NODES,
                Grouping.SHARED,
                Estimator.MEAN_FIELD,
                Estimator.MEAN_FIELD,
                1,
                0,
                false));
  }

  /** Among p candidates the prior odds are 1 to p − 1, whatever those of a weight are. */
  @Test
  void theMoreCandidatesTheMoreEvidenceEachNeeds() {
    Posterior[] layers = deadUnit();
    int candidates = layers[0].block().columns();
    for (Grouping grouping : Grouping.values()) {
      double[][] logits = new double[2][];
      for (int many = 0; many < 2; many++) {
        Rule rule =
            new Rule(
                Level.NODES,
                grouping,
                Estimator.MEAN_FIELD,
                Estimator.SAVAGE_DICKEY,
                0.5,
                0,
                many == 1);
        logits[many] =
            new InclusionReport(List.of(layers), rule, UnaryFunction.TANH).featureLogits();
      }
      double shift = -Math.log(candidates - 1) - SpecialFunctions.logit(PRIOR.inclusion());
      for (int j = 0; j < candidates; j++) {
        assertEquals(logits[0][j] + shift, logits[1][j], 1e-9 * Math.abs(logits[0][j]) + 1e-9);
      }
    }
  }

  /** A bias of 0.7 or −0.7 behind each activation, times 0.8, goes to the bias above. */
  @ParameterizedTest
  @EnumSource(names = {"TANH", "RELU", "SIGMOID", "SWISH", "SOFTPLUS", "GELU"})
  void constantsOfEachActivation(UnaryFunction activation) {
    for (double bias : new double[] {0.7, -0.7}) {
      double expected =
          switch (activation) {
            case TANH -> Math.tanh(bias);
            case RELU -> Math.max(bias, 0);
            case SIGMOID -> 1 / (1 + Math.exp(-bias));
            case SWISH -> bias / (1 + Math.exp(-bias));
            case SOFTPLUS -> Math.log1p(Math.exp(bias));
            // Φ(0.7) = 0.758036347776927.
            case GELU -> bias * (bias > 0 ? 0.758036347776927 : 1 - 0.758036347776927);
            default -> throw new AssertionError(activation);
          };
      Posterior[] layers = {
        posterior(FIRST, new float[] {0.5f, 0, 0, 0, 0, 0, 0.1f, (float) bias}),
        posterior(SECOND, new float[] {1.5f, 0.8f, 0.3f})
      };
      Rule rule =
          new Rule(
              Level.WEIGHTS,
              Grouping.SHARED,
              Estimator.MEAN_FIELD,
              Estimator.MEAN_FIELD,
              0.5,
              0,
              false);
      InclusionReport report = new InclusionReport(List.of(layers), rule, activation);
      assertEquals(0.3 + 0.8 * expected, report.layers().get(1).means()[2], 1e-6);
      assertEquals(11, report.total());
      // layer1: [0, 0] and its bias; layer2: [0, 0] and its bias.
      assertEquals(4, report.kept());
      assertEquals(List.of(layers), report.posterior());
    }
  }

  /** Groups by responsibilities, and each row's weights together. */
  @Test
  void groupsByTheirResponsibilities() {
    Posterior[] layers = {
      posterior(FIRST, new float[] {0.06f, 0, 0.02f, 0.05f, 0.1f, 0, 0.1f, 0.2f}),
      posterior(SECOND, new float[] {0.5f, 0.8f, 0.3f})
    };
    float[] means = layers[0].means();
    for (Grouping grouping : Grouping.values()) {
      Rule rule =
          new Rule(
              Level.NODES,
              grouping,
              Estimator.RAO_BLACKWELL,
              Estimator.RAO_BLACKWELL,
              0.5,
              0,
              false);
      Layer first = new InclusionReport(List.of(layers), rule, UnaryFunction.TANH).layers().get(0);
      for (int column = 0; column < 3; column++) {
        double expected = grouped(grouping, means[column], means[3 + column]);
        assertEquals(expected, first.outgoingLogits()[column], 1e-6 * (1 + Math.abs(expected)));
      }
      for (int row = 0; row < 2; row++) {
        double expected = grouped(grouping, means[3 * row], means[3 * row + 1], means[3 * row + 2]);
        assertEquals(expected, first.incomingLogits()[row], 1e-6 * (1 + Math.abs(expected)));
      }
    }
  }

  private static double grouped(Grouping grouping, double... means) {
    if (grouping == Grouping.SHARED) {
      double[] deviations = new double[means.length];
      Arrays.fill(deviations, IN);
      double shared = SharedResponsibility.of(means, deviations, PRIOR);
      return Math.log(shared) - Math.log1p(-shared);
    }
    double sum = 0;
    for (double mean : means) {
      double pip =
          InclusionProbability.probability(new Normal(mean, IN), PRIOR, Estimator.RAO_BLACKWELL);
      sum += Math.log(0.5) - Math.log1p(-pip);
    }
    return sum;
  }

  /** A unit that its own indicator closes keeps no weight, though its inputs are in. */
  @Test
  void aClosedUnitKeepsNothing() {
    float[] means = {0.5f, 0.5f, 0, 0.5f, 0.5f, 0, 0.1f, 0.2f};
    double[] units = {0.9, 0.9, 0.9, 0.5, 0.5, 0.5, 0.9, 0.5};
    InclusionReport report =
        report(
            Level.NODES,
            Estimator.SAVAGE_DICKEY,
            new Posterior(FIRST, means, filled(8), PRIOR, units, true),
            posterior(SECOND, new float[] {1.5f, 0.8f, 0.3f}));
    Layer first = report.layers().get(0);
    assertArrayEquals(
        new boolean[] {true, true, false, false, false, false, true, false}, first.kept());
    assertArrayEquals(new double[] {Math.log(9), 0}, first.incomingLogits(), 1e-12);
  }

  @Test
  void behindNothingThereIsNothing() {
    InclusionReport report =
        report(
            Level.NODES,
            Estimator.SAVAGE_DICKEY,
            posterior(FIRST, new float[] {0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.1f, 0.2f}),
            posterior(SECOND, new float[] {0, 0, 0.3f}));
    assertArrayEquals(new boolean[3], report.features());
    for (double logit : report.featureLogits()) {
      assertEquals(Double.NEGATIVE_INFINITY, logit);
    }
    assertEquals(1, report.kept());
  }

  @ParameterizedTest
  @CsvSource({"-0.1, 0", "1, 0", "NaN, 0", "0.5, -0.1", "0.5, 1", "0.5, NaN"})
  void ratesOutsideOfTheirDomainAreRefused(double threshold, double rate) {
    assertThrows(IllegalArgumentException.class, () -> rule(threshold, rate));
    assertEquals(0, rule(0, 0).threshold());
  }

  private static Rule rule(double threshold, double rate) {
    return new Rule(
        Level.NODES,
        Grouping.SHARED,
        Estimator.MEAN_FIELD,
        Estimator.MEAN_FIELD,
        threshold,
        rate,
        false);
  }
}
