package io.github.bmr4j.engine.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.distribution.DiracDivergence;
import io.github.bmr4j.engine.distribution.KullbackLeibler;
import io.github.bmr4j.engine.distribution.MixtureDivergence;
import io.github.bmr4j.engine.distribution.Normal;
import io.github.bmr4j.engine.distribution.ScaleMixture;
import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.inference.MixturePrior.Indicators;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Gradients of the priors against finite differences of their divergences in double. */
class MixturePriorTest {

  private static final int ROWS = 3;
  private static final int COLUMNS = 5;
  private static final int SIZE = ROWS * COLUMNS + ROWS;
  private static final double STEP = 1e-3;

  private static Backend backend;

  @BeforeAll
  static void open() {
    backend = Backends.open();
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  private static final ScaleMixture MIXTURE = new ScaleMixture(0.3, 1, 0.2);

  private static Slice means() {
    Slice means = Slice.allocate(SIZE);
    for (int i = 0; i < SIZE; i++) {
      means.set(i, 0.09f * ((i * 7) % 11) - 0.4f);
    }
    return means;
  }

  private static Slice deviations() {
    Slice deviations = Slice.allocate(SIZE);
    for (int i = 0; i < SIZE; i++) {
      deviations.set(i, 0.05f + 0.03f * ((i * 5) % 7));
    }
    return deviations;
  }

  private static MixturePrior prior(Indicators indicators) {
    return new MixturePrior(backend, new Sampling(3), 1, ROWS, COLUMNS, ROWS, indicators, MIXTURE);
  }

  @ParameterizedTest
  @EnumSource(value = Indicators.class, mode = EnumSource.Mode.EXCLUDE, names = "SAMPLED")
  void collapsedGradientsAreThoseOfTheDivergence(Indicators indicators) {
    check(prior(indicators));
  }

  @ParameterizedTest
  @EnumSource(Gates.Sharing.class)
  void gatesWeighTheDivergenceOfTheWeights(Gates.Sharing sharing) {
    check(new Gates(backend, new Sampling(3), 1, ROWS, COLUMNS, true, sharing, 0.2, 1, 0.6));
  }

  private static void check(WeightPrior prior) {
    Slice dMean = Slice.allocate(SIZE);
    Slice dDeviation = Slice.allocate(SIZE);
    prior.addDivergenceGradient(0.7f, means(), deviations(), dMean, dDeviation);
    for (int i = 0; i < SIZE; i++) {
      double byMean = difference(prior, means(), deviations(), i, true);
      double byDeviation = difference(prior, means(), deviations(), i, false);
      assertEquals(0.7 * byMean, dMean.get(i), 2e-3 * (1 + Math.abs(byMean)), "mean " + i);
      assertEquals(
          0.7 * byDeviation,
          dDeviation.get(i),
          2e-3 * (1 + Math.abs(byDeviation)),
          "deviation " + i);
    }
  }

  private static double difference(
      WeightPrior prior, Slice means, Slice deviations, int i, boolean mean) {
    Slice changed = mean ? means : deviations;
    float at = changed.get(i);
    changed.set(i, (float) (at + STEP));
    double above = changed.get(i);
    double high = prior.klDivergence(means, deviations, null);
    changed.set(i, (float) (at - STEP));
    double below = changed.get(i);
    double low = prior.klDivergence(means, deviations, null);
    return (high - low) / (above - below);
  }

  /** The sampled gradient is an unbiased estimate: its mean over draws is the marginal's. */
  @Test
  void sampledGradientsAverageToThoseOfTheMarginalDivergence() {
    Sampling sampling = new Sampling(3);
    MixturePrior prior =
        new MixturePrior(backend, sampling, 1, ROWS, COLUMNS, ROWS, Indicators.SAMPLED, MIXTURE);
    int draws = 40_000;
    double[] byMean = new double[SIZE];
    double[] byDeviation = new double[SIZE];
    for (int draw = 1; draw <= draws; draw++) {
      sampling.training(draw);
      Slice dMean = Slice.allocate(SIZE);
      Slice dDeviation = Slice.allocate(SIZE);
      prior.addDivergenceGradient(1, means(), deviations(), dMean, dDeviation);
      for (int i = 0; i < SIZE; i++) {
        byMean[i] += dMean.get(i) / draws;
        byDeviation[i] += dDeviation.get(i) / draws;
      }
    }
    for (int i = 0; i < SIZE; i++) {
      // λ ≤ 25 and |w| below some 1.5: a standard error below 0.1.
      assertEquals(difference(prior, means(), deviations(), i, true), byMean[i], 0.15);
      assertEquals(difference(prior, means(), deviations(), i, false), byDeviation[i], 0.25);
    }
  }

  @Test
  void divergencesAreSumsOverWeightsAndBiasesHaveTheSlab() {
    double expected = 0;
    Slice means = means();
    Slice deviations = deviations();
    for (int i = 0; i < SIZE; i++) {
      Normal q = new Normal(means.get(i), deviations.get(i));
      expected +=
          i < ROWS * COLUMNS
              ? MixtureDivergence.collapsed(q, MIXTURE)
              : KullbackLeibler.divergence(q, MIXTURE.slabComponent());
    }
    assertEquals(expected, prior(Indicators.COLLAPSED).klDivergence(means, deviations, null), 1e-9);
    float[] mask = new float[SIZE];
    mask[2] = 1;
    assertEquals(
        MixtureDivergence.collapsed(new Normal(means.get(2), deviations.get(2)), MIXTURE),
        prior(Indicators.COLLAPSED).klDivergence(means, deviations, Slice.of(mask)),
        1e-12);
  }

  @Test
  void howManyAreIncluded() {
    Slice means = means();
    Slice deviations = deviations();
    double expected = 0;
    for (int i = 0; i < ROWS * COLUMNS; i++) {
      expected +=
          SpecialFunctions.logistic(
              MixtureDivergence.inclusionLogit(
                  new Normal(means.get(i), deviations.get(i)), MIXTURE));
    }
    MixturePrior.Included included = prior(Indicators.COLLAPSED).included(means, deviations);
    assertEquals(expected, included.expected(), 1e-9);
    assertEquals(ROWS * COLUMNS, included.of());
    assertEquals(COLUMNS, prior(Indicators.COLLAPSED_COLUMNS).included(means, deviations).of());
  }

  /** A gate closes where the divergence alone decides, and as the closed form says. */
  @Test
  void aGatesLogitFollowsItsDivergence() {
    Gates gates =
        new Gates(
            backend, new Sampling(3), 1, ROWS, COLUMNS, true, Gates.Sharing.NODE, 0.2, 1, 0.6);
    double kl = gates.klDivergence(means(), deviations(), null);
    double expected = 0;
    for (int row = 0; row < ROWS; row++) {
      double slab = 0;
      for (int i = 0; i < SIZE; i++) {
        int owner = i < ROWS * COLUMNS ? i / COLUMNS : i - ROWS * COLUMNS;
        if (owner == row) {
          slab +=
              KullbackLeibler.divergence(
                  new Normal(means().get(i), deviations().get(i)), new Normal(0, 1));
        }
      }
      expected += DiracDivergence.total(SpecialFunctions.logit(0.6), 0.2, slab);
    }
    assertEquals(expected, kl, 1e-5);
    for (double phi : gates.inclusionProbabilities()) {
      assertEquals(0.6, phi, 1e-6);
    }
  }

  @Test
  void weightsWithAPriorOfTheirOwnAreNotTrainedAsDraws() {
    Sampling sampling = new Sampling(1);
    MeanFieldNormal weights = new MeanFieldNormal(backend, "w", 0, SIZE, 1, sampling);
    weights.setPrior(prior(Indicators.COLLAPSED));
    Draw draw = weights.draw(Shape.of(SIZE), null);
    String message =
        assertThrows(IllegalStateException.class, () -> weights.update(draw, null, null))
            .getMessage();
    assertTrue(message.contains("moments"), message);
  }
}
