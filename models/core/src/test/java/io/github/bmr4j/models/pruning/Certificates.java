package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.Sampling;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.pruning.CertificateFiles.Certificate;
import io.github.bmr4j.models.pruning.ModelReduction.Round;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A reduction of two dense layers in two rounds, small enough that each decision is known. All
 * posterior standard deviations are 0.1, so ΔF = ½ ln v + ln 10 − 50 μ², with v = 1 in layer1 and 4
 * in layer2; the threshold is 0.25 nats.
 *
 * <ul>
 *   <li>Round 1 removes by evidence from layer1 [2, 3] the weight [0, 1], row 1 and its bias, so
 *       that unit 1 is dead; from layer2 [2, 2] the bias [1]. Column 1 of layer2 leaves as dead.
 *   <li>Round 2 removes layer1's weight [0, 0], the mean of which has become 0.
 * </ul>
 */
final class Certificates {

  static final double THRESHOLD = 0.25;

  private Certificates() {}

  static ModelReduction twoRounds(Backend backend) {
    return twoRounds(backend, new EvidenceThreshold(THRESHOLD), true, true, true);
  }

  static ModelReduction twoRounds(
      Backend backend, PruningRule rule, boolean secondByEvidence, boolean chained, boolean zero) {
    MeanFieldNormal first =
        normal(backend, 0, 1, 0.5f, 0.01f, 0.6f, 0.02f, 0.03f, 0.04f, 0.7f, 0.05f);
    MeanFieldNormal second = normal(backend, 1, 4, 0.8f, 0.9f, 1, 1.1f, 0.6f, 0.06f);
    ModelReduction reduction =
        new ModelReduction(
            backend,
            List.of(
                new ModelReduction.Layer(new ParameterBlock("layer1", 2, 3, true), first, true),
                new ModelReduction.Layer(
                    new ParameterBlock("layer2", 2, 2, true), second, secondByEvidence)),
            rule,
            chained,
            zero);
    reduction.prune();
    first.factors().mean().set(0, 0);
    backend.memory().push(first.factors().mean());
    reduction.prune();
    return reduction;
  }

  private static MeanFieldNormal normal(
      Backend backend, int index, double priorVariance, float... means) {
    MeanFieldNormal weights =
        new MeanFieldNormal(
            backend, "layer" + (index + 1), index, means.length, priorVariance, new Sampling(0));
    weights.initialize(0, 0.1);
    weights.factors().mean().copyFrom(means, 0);
    backend.memory().push(weights.factors().mean());
    return weights;
  }

  /** The certificate of a reduction, as its file would have it; shares its arrays. */
  static Certificate of(ModelReduction reduction) {
    return new Certificate(
        reduction.decisions(),
        reduction.history(),
        reduction.rule().comparesEvidence(),
        !reduction.isCorrelated(),
        reduction.isChained(),
        reduction.isZeroAtZero(),
        Map.of());
  }

  /** The same with one round changed, counted from 1. */
  static Certificate with(Certificate certificate, int round, UnaryOperator<Round> change) {
    return with(
        certificate,
        certificate.rounds().stream()
            .map(each -> each.round() == round ? change.apply(each) : each)
            .toList());
  }

  static Certificate with(Certificate certificate, List<Round> rounds) {
    return new Certificate(
        certificate.layers(),
        rounds,
        certificate.comparesEvidence(),
        certificate.addsEvidence(),
        certificate.chained(),
        certificate.zeroAtZero(),
        certificate.metadata());
  }

  static Round counts(Round round, long byEvidence, long asDead, double predicted) {
    return new Round(
        round.round(), byEvidence, asDead, predicted, round.thresholds(), round.priorVariances());
  }
}
