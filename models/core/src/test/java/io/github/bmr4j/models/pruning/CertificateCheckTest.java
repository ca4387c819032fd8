package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.pruning.CertificateFiles.Certificate;
import io.github.bmr4j.models.pruning.ModelReduction.Decisions;
import io.github.bmr4j.models.pruning.ModelReduction.Reason;
import io.github.bmr4j.models.pruning.ModelReduction.Round;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A right certificate passes; with one value changed, the check names that one and no other. */
class CertificateCheckTest {

  /** Elements of layer1 [2, 3] with bias. */
  private static final int LEFT_LATER = 0;

  private static final int LEFT = 1;
  private static final int STAYED = 2;
  private static final int STAYED_BIAS = 6;
  private static final int LEFT_BIAS = 7;

  /** An element of layer2 [2, 2]: in column 1, which left as dead. */
  private static final int DEAD = 1;

  private Backend backend;
  private Certificate certificate;
  private Decisions first;
  private Decisions second;

  @BeforeEach
  void reduce() {
    backend = Backends.open(1);
    take(Certificates.of(Certificates.twoRounds(backend)));
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private void take(Certificate taken) {
    certificate = taken;
    first = taken.layers().get(0);
    second = taken.layers().get(1);
  }

  private static double deltaF(double priorVariance, double mean) {
    return 0.5 * Math.log(priorVariance) + Math.log(10) - 50 * mean * mean;
  }

  private void assertDifference(String expected) {
    assertDifference(expected, certificate);
  }

  private static void assertDifference(String expected, Certificate of) {
    String found = new CertificateCheck(of).firstDifference().orElse("no difference");
    // Values computed from a float's 0.1 have digits that nobody needs to see here.
    assertEquals(expected, found.replaceAll("(-?\\d+\\.\\d{3})\\d+", "$1"));
  }

  private static void assertAgrees(Certificate of) {
    assertEquals(Optional.empty(), new CertificateCheck(of).firstDifference());
  }

  @Test
  void aRightOnePassesAndIsCounted() {
    CertificateCheck check = new CertificateCheck(certificate);
    for (int time = 0; time < 2; time++) {
      assertEquals(Optional.empty(), check.firstDifference());
      assertEquals(9, check.removed());
      double expected = deltaF(1, 0) + deltaF(4, 0.9) + deltaF(4, 1.1) + deltaF(4, 0.06);
      for (double mean : new double[] {0.01, 0.02, 0.03, 0.04, 0.05}) {
        expected += deltaF(1, mean);
      }
      // Posterior σ is a float: its relative error, at most 6e-8, is twice that in 50 μ².
      assertEquals(expected, check.predicted(), 1e-4);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0 | 'layer1.weight[0, 0] (round 2) has dF = 2.304 in the certificate, but it is 2.302'
          1 | 'layer1.weight[0, 1] (round 1) has dF = 2.299 in the certificate, but it is 2.297'
          2 | 'layer1.weight[0, 2] has dF = -15.695 in the certificate, but it is -15.697'
          4 | 'layer1.weight[1, 1] (round 1) has dF = 2.259 in the certificate, but it is 2.257'
          6 | 'layer1.bias[0] has dF = -22.195 in the certificate, but it is -22.197'
          7 | 'layer1.bias[1] (round 1) has dF = 2.179 in the certificate, but it is 2.177'
          """)
  void anotherEvidence(int i, String expected) {
    first.deltaF()[i] += 0.002f;
    assertDifference(expected);
  }

  @Test
  void anotherEvidenceOfALayerAbove() {
    second.deltaF()[DEAD] = -37;
    assertDifference(
        "layer2.weight[0, 1] (round 1) has dF = -37.0 in the certificate, but it is -37.504");
  }

  @Test
  void evidenceThatIsNoNumber() {
    first.deltaF()[LEFT] = Float.NaN;
    assertDifference(
        "layer1.weight[0, 1] (round 1) has dF = NaN in the certificate, but it is 2.297");
  }

  /** The tolerance is 1e-5 of |ΔF| + μ²/σ²: here 15.7 + 36, so 0.0005. */
  @ParameterizedTest
  @CsvSource({"0.0004, true", "-0.0004, true", "0.0007, false", "-0.0007, false"})
  void theErrorOfAFloatIsNoDifference(float error, boolean agrees) {
    first.deltaF()[STAYED] += error;
    assertEquals(agrees, new CertificateCheck(certificate).firstDifference().isEmpty());
  }

  /** Close to 0 the tolerance is 1e-5 nats: μ²/σ² = 2 · 2.3 gives ΔF = 0, and 4.6e-5. */
  @ParameterizedTest
  @CsvSource({"0.00004, true", "0.00006, false"})
  void soItIsWhereBothTermsCancel(float error, boolean agrees) {
    float mean = (float) Math.sqrt(Math.log(10) / 50);
    first.mean()[STAYED] = mean;
    double precision = 1 / ((double) first.deviation()[STAYED] * first.deviation()[STAYED]);
    double exact = 0.5 * Math.log(precision) - 0.5 * precision * mean * mean;
    first.deltaF()[STAYED] = (float) exact + error;
    assertEquals(agrees, new CertificateCheck(certificate).firstDifference().isEmpty());
  }

  @Test
  void anotherMean() {
    first.mean()[LEFT] = -0.02f;
    assertDifference(
        "layer1.weight[0, 1] (round 1) has dF = 2.297 in the certificate, but it is 2.282");
  }

  @Test
  void theSignOfAMeanIsOfNoAccount() {
    first.mean()[LEFT] = -first.mean()[LEFT];
    assertAgrees(certificate);
  }

  @Test
  void anotherStandardDeviation() {
    first.deviation()[STAYED_BIAS] = 0.2f;
    assertDifference("layer1.bias[0] has dF = -22.197 in the certificate, but it is -4.515");
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -0.5f, Float.NaN, Float.POSITIVE_INFINITY})
  void aStandardDeviationThatIsNone(float bad) {
    first.deviation()[LEFT_BIAS] = bad;
    assertDifference(
        "layer1.bias[1] (round 1) has the posterior mean 0.050 and standard deviation "
            + bad
            + " and the prior variance 1.0");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void aMeanThatIsNotFinite(float bad) {
    first.mean()[STAYED] = bad;
    assertDifference(
        "layer1.weight[0, 2] has the posterior mean "
            + bad
            + " and standard deviation 0.100 and the prior variance 1.0");
  }

  private static Round prior(Round round, double... variances) {
    return new Round(
        round.round(),
        round.byEvidence(),
        round.byStructure(),
        round.predicted(),
        round.thresholds(),
        List.of(variances[0], variances[1]));
  }

  @Test
  void anotherPriorOfALayerInARound() {
    assertDifference(
        "layer1.weight[0, 1] (round 1) has dF = 2.297 in the certificate, but it is 2.644",
        Certificates.with(certificate, 1, round -> prior(round, 2, 4)));
    assertDifference(
        "layer2.weight[0, 1] (round 1) has dF = -37.504 in the certificate, but it is -37.648",
        Certificates.with(certificate, 1, round -> prior(round, 1, 3)));
    // What is left has the evidence of the last round.
    assertDifference(
        "layer1.weight[0, 0] (round 2) has dF = 2.302 in the certificate, but it is 2.649",
        Certificates.with(certificate, 2, round -> prior(round, 2, 4)));
    assertDifference(
        "layer2.weight[0, 0] has dF = -29.004 in the certificate, but it is -29.148",
        Certificates.with(certificate, 2, round -> prior(round, 1, 3)));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN})
  void aPriorThatIsNone(double bad) {
    assertDifference(
        "layer1.weight[0, 1] (round 1) has the posterior mean 0.009 and standard deviation 0.100"
            + " and the prior variance "
            + bad,
        Certificates.with(certificate, 1, round -> prior(round, bad, 4)));
  }

  private static Round thresholds(Round round, double... values) {
    return new Round(
        round.round(),
        round.byEvidence(),
        round.byStructure(),
        round.predicted(),
        List.of(values[0], values[1]),
        round.priorVariances());
  }

  @Test
  void anotherThreshold() {
    assertDifference(
        "layer1.weight[1, 2] (round 1) left, but dF = 2.222 is below the threshold 2.25",
        Certificates.with(certificate, 1, round -> thresholds(round, 2.25, 0.25)));
    assertDifference(
        "layer2.bias[1] (round 1) left, but dF = 2.815 is below the threshold 3.0",
        Certificates.with(certificate, 1, round -> thresholds(round, 0.25, 3)));
    assertDifference(
        "layer1.weight[0, 2] stayed, but dF = -15.697 is above the threshold -16.0",
        Certificates.with(certificate, 2, round -> thresholds(round, -16, 0.25)));
    assertDifference(
        "layer2.bias[0] stayed, but dF = -15.004 is above the threshold -20.0",
        Certificates.with(certificate, 2, round -> thresholds(round, 0.25, -20)));
  }

  /** A weight as close to the threshold as a float's error may be on either side. */
  @Test
  void atTheThresholdEitherDecisionIsRight() {
    double leftAs = deltaF(1, 0.05);
    assertAgrees(
        Certificates.with(certificate, 1, round -> thresholds(round, leftAs + 2e-6, 0.25)));
    assertTrue(
        new CertificateCheck(
                Certificates.with(certificate, 1, r -> thresholds(r, leftAs + 1e-4, 0.25)))
            .firstDifference()
            .isPresent());
    double stayedAs = deltaF(1, 0.6);
    assertAgrees(
        Certificates.with(certificate, 2, round -> thresholds(round, stayedAs - 2e-4, 0.25)));
    assertTrue(
        new CertificateCheck(
                Certificates.with(certificate, 2, r -> thresholds(r, stayedAs - 1e-3, 0.25)))
            .firstDifference()
            .isPresent());
  }

  @Test
  void aDecisionAgainstTheEvidence() {
    first.reason()[STAYED] = Reason.EVIDENCE.code();
    first.round()[STAYED] = 2;
    assertDifference(
        "layer1.weight[0, 2] (round 2) left, but dF = -15.697 is below the threshold 0.25");
  }

  @Test
  void aWeightThatShouldHaveLeft() {
    first.reason()[LEFT] = Reason.KEPT.code();
    first.round()[LEFT] = 0;
    assertDifference("layer1.weight[0, 1] stayed, but dF = 2.297 is above the threshold 0.25");
  }

  @Test
  void aRoundThatIsNone() {
    first.round()[STAYED] = 1;
    assertDifference("layer1.weight[0, 2] (round 1) left in round 1, but it stayed");
    first.round()[STAYED] = 0;
    first.round()[LEFT_LATER] = 3;
    assertDifference("layer1.weight[0, 0] (round 3) left in round 3, but there were 2");
    first.round()[LEFT_LATER] = 0;
    assertDifference("layer1.weight[0, 0] left in round 0, but there were 2");
  }

  @Test
  void anotherRound() {
    first.round()[LEFT] = 2;
    assertDifference(
        "round 1 removed 6 weights by evidence and 2 as dead in its totals, but 5 and 2 of the"
            + " weights left in it");
  }

  @Test
  void anotherReason() {
    first.reason()[LEFT_LATER] = Reason.DEAD_UNIT.code();
    assertDifference(
        "round 2 removed 1 weights by evidence and 0 as dead in its totals, but 0 and 1 of the"
            + " weights left in it");
  }

  @ParameterizedTest
  @CsvSource({"1, 0, 7, 2", "0, 1, 6, 3"})
  void anotherTotal(long moreByEvidence, long moreAsDead, long byEvidence, long asDead) {
    assertDifference(
        "round 1 removed "
            + byEvidence
            + " weights by evidence and "
            + asDead
            + " as dead in its totals, but 6 and 2 of the weights left in it",
        Certificates.with(
            certificate,
            1,
            round ->
                Certificates.counts(
                    round,
                    round.byEvidence() + moreByEvidence,
                    round.byStructure() + moreAsDead,
                    round.predicted())));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.001, -0.001})
  void anotherPredictedChange(double error) {
    double sum = certificate.rounds().get(1).predicted();
    String found =
        new CertificateCheck(changedPrediction(certificate, 2, sum + error))
            .firstDifference()
            .orElse("");
    assertEquals(
        "round 2 has the total dF = " + (sum + error) + ", but its weights sum to " + sum, found);
    assertAgrees(changedPrediction(certificate, 2, sum * (1 + 1e-10)));
    double large = certificate.rounds().get(0).predicted();
    assertTrue(large < -70);
    assertAgrees(changedPrediction(certificate, 1, large + 3e-8));
    assertTrue(
        new CertificateCheck(changedPrediction(certificate, 1, large + 3e-7))
            .firstDifference()
            .isPresent());
  }

  private static Certificate changedPrediction(Certificate of, int round, double predicted) {
    return Certificates.with(
        of,
        round,
        each -> Certificates.counts(each, each.byEvidence(), each.byStructure(), predicted));
  }

  @Test
  void aPredictedChangeThatIsNoNumber() {
    assertDifference(
        "round 2 has the total dF = NaN, but its weights sum to 2.302",
        changedPrediction(certificate, 2, Double.NaN));
  }

  /** Weights that depend on each other: their ΔF are no sum. */
  @Test
  void sumsAreOfIndependentWeightsOnly() {
    Certificate changed = changedPrediction(certificate, 2, 7);
    assertAgrees(
        new Certificate(
            changed.layers(), changed.rounds(), true, false, true, true, changed.metadata()));
    assertAgrees(
        new Certificate(
            changed.layers(), changed.rounds(), false, true, true, true, changed.metadata()));
  }

  /** What a rule decides by more than each weight's ΔF is not decided again; ΔF is checked. */
  @Test
  void aRuleThatComparesMore() {
    Certificate other =
        new Certificate(
            certificate.layers(),
            certificate.rounds().stream().map(round -> thresholds(round, 9, -90)).toList(),
            false,
            true,
            true,
            true,
            certificate.metadata());
    assertAgrees(other);
    first.deltaF()[STAYED] += 0.002f;
    assertDifference(
        "layer1.weight[0, 2] has dF = -15.695 in the certificate, but it is -15.697", other);
  }

  /** A round's totals are compared with its own weights' alone. */
  private Certificate deadTotals(long byStructure, double predicted) {
    return Certificates.with(
        certificate,
        1,
        round -> Certificates.counts(round, round.byEvidence(), byStructure, predicted));
  }

  @Test
  void aDeadWeightThatStayed() {
    double deltaF = second.deltaF()[DEAD];
    second.reason()[DEAD] = Reason.KEPT.code();
    second.round()[DEAD] = 0;
    assertDifference(
        "layer2.weight[0, 1] stayed in round 1, but did nothing any more",
        deadTotals(1, certificate.rounds().get(0).predicted() - deltaF));
  }

  @Test
  void aWeightThatLeftAsDeadButWasNot() {
    first.reason()[STAYED_BIAS] = Reason.DEAD_UNIT.code();
    first.round()[STAYED_BIAS] = 1;
    double sum = certificate.rounds().get(0).predicted() + first.deltaF()[STAYED_BIAS];
    assertDifference(
        "layer1.bias[0] (round 1) left as dead in round 1, but did something", deadTotals(3, sum));
  }

  @Test
  void whereZeroIsNotMappedToZeroAUnitWithoutInputsDoesSomething() {
    assertDifference(
        "layer2.weight[0, 1] (round 1) left as dead in round 1, but did something",
        new Certificate(
            certificate.layers(),
            certificate.rounds(),
            true,
            true,
            true,
            false,
            certificate.metadata()));
  }

  @Test
  void withoutAChainNothingIsDead() {
    assertDifference(
        "round 1 removed weights as dead, but the layers are no chain, where none can be",
        new Certificate(
            certificate.layers(),
            certificate.rounds(),
            true,
            true,
            false,
            true,
            certificate.metadata()));
  }

  static Stream<Arguments> otherRuns() {
    return Stream.of(
        // secondByEvidence, chained, zeroAtZero, removed
        Arguments.of(false, true, true, 8),
        Arguments.of(true, false, true, 7),
        Arguments.of(true, true, false, 7),
        Arguments.of(false, false, false, 6));
  }

  @ParameterizedTest
  @MethodSource("otherRuns")
  void runsOfOtherKindsPass(boolean secondByEvidence, boolean chained, boolean zero, long removed) {
    Certificate other =
        Certificates.of(
            Certificates.twoRounds(
                backend,
                new EvidenceThreshold(Certificates.THRESHOLD),
                secondByEvidence,
                chained,
                zero));
    CertificateCheck check = new CertificateCheck(other);
    assertEquals(Optional.empty(), check.firstDifference());
    assertEquals(removed, check.removed());
  }

  /** Before the first round nothing has left, and no evidence has been computed. */
  @Test
  void withoutRounds() {
    Certificate none = Certificates.with(certificate, List.of());
    assertDifference("layer1.weight[0, 0] (round 2) left in round 2, but there were 0", none);
    for (Decisions layer : none.layers()) {
      Arrays.fill(layer.reason(), Reason.KEPT.code());
      Arrays.fill(layer.round(), 0);
    }
    first.deltaF()[LEFT] = 5;
    CertificateCheck check = new CertificateCheck(none);
    assertEquals(Optional.empty(), check.firstDifference());
    assertEquals(0, check.removed());
    assertEquals(0, check.predicted());
  }

  /** Unit 0 dies in round 3, of weights that left in all three rounds. */
  @Test
  void aUnitThatDiesBitByBit() {
    ModelReduction reduction = Certificates.twoRounds(backend);
    Slice mean = reduction.layers().get(0).weights().factors().mean();
    for (int i = 0; i < mean.length(); i++) {
      mean.set(i, 0);
    }
    backend.memory().push(mean);
    ModelReduction.Round round = reduction.prune();
    assertEquals(2, round.byEvidence());
    assertEquals(2, round.byStructure());
    take(Certificates.of(reduction));
    assertAgrees(certificate);
    assertEquals(3, second.round()[0]);
    second.reason()[0] = Reason.KEPT.code();
    second.round()[0] = 0;
    assertDifference(
        "layer2.weight[0, 0] stayed in round 3, but did nothing any more",
        Certificates.with(
            certificate,
            3,
            each ->
                Certificates.counts(each, 2, 1, each.predicted() - (double) second.deltaF()[0])));
  }
}
