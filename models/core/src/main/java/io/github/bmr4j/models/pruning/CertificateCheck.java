package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.reduction.GaussianReduction;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.pruning.CertificateFiles.Certificate;
import io.github.bmr4j.models.pruning.ModelReduction.Decisions;
import io.github.bmr4j.models.pruning.ModelReduction.Reason;
import io.github.bmr4j.models.pruning.ModelReduction.Round;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Computes a certificate again, in double and from its posteriors and priors alone: each ΔF by
 * {@link GaussianReduction}, on which side of its threshold it lies, which weights were dead when
 * those had left, and each round's totals. A threshold itself is taken from the certificate: it
 * depends on weights that stayed until later rounds, whose posteriors of that time are not kept.
 * Where the rule decides by more than each weight's own ΔF ({@link PruningRule#comparesEvidence}),
 * neither the choice nor the sum is computed again.
 */
public final class CertificateCheck {

  /**
   * Largest difference of a ΔF that was computed in float, relative to the larger of 1 nat, its
   * amount, and that of its two terms.
   */
  public static final double TOLERANCE = 1e-5;

  private final Certificate certificate;
  private long removed;
  private double predicted;

  /**
   * @param certificate to be checked
   */
  public CertificateCheck(Certificate certificate) {
    this.certificate = certificate;
  }

  /**
   * Checks all of it.
   *
   * @return what differs first, with both values and where; empty if all agrees
   */
  public Optional<String> firstDifference() {
    removed = 0;
    predicted = 0;
    for (int l = 0; l < certificate.layers().size(); l++) {
      Optional<String> difference = weights(l);
      if (difference.isPresent()) {
        return difference;
      }
    }
    for (Round round : certificate.rounds()) {
      Optional<String> difference = totals(round).or(() -> deadUnits(round));
      if (difference.isPresent()) {
        return difference;
      }
    }
    return Optional.empty();
  }

  /** Decisions that were checked: weights that left. */
  public long removed() {
    return removed;
  }

  /** Σ ΔF of the weights that left, each by itself, in nats, as computed again. */
  public double predicted() {
    return predicted;
  }

  private Optional<String> weights(int l) {
    Decisions layer = certificate.layers().get(l);
    for (int i = 0; i < layer.reason().length; i++) {
      Optional<String> difference = weight(l, i);
      if (difference.isPresent()) {
        return difference;
      }
    }
    return Optional.empty();
  }

  private Optional<String> weight(int l, int i) {
    Decisions layer = certificate.layers().get(l);
    boolean kept = layer.reason()[i] == Reason.KEPT.code();
    int rounds = certificate.rounds().size();
    int number = layer.round()[i];
    if (kept ? number != 0 : number < 1 || number > rounds) {
      String truth = kept ? "it stayed" : "there were " + rounds;
      return difference(l, i, "left in round " + number + ", but " + truth);
    }
    if (rounds == 0) {
      return Optional.empty();
    }
    Round round = certificate.rounds().get((kept ? rounds : number) - 1);
    double mean = layer.mean()[i];
    double deviation = layer.deviation()[i];
    double variance = round.priorVariances().get(l);
    if (!Double.isFinite(mean) || !isPositive(deviation) || !isPositive(variance)) {
      return difference(
          l,
          i,
          "has the posterior mean "
              + mean
              + " and standard deviation "
              + deviation
              + " and the prior variance "
              + variance);
    }
    double precision = 1 / (deviation * deviation);
    double expected = GaussianReduction.spikeDeltaF(mean, precision, variance);
    double slack = TOLERANCE * Math.max(1, Math.abs(expected) + precision * mean * mean);
    if (!(Math.abs(layer.deltaF()[i] - expected) <= slack)) {
      return difference(
          l, i, "has dF = " + layer.deltaF()[i] + " in the certificate, but it is " + expected);
    }
    if (!kept) {
      removed++;
      predicted += expected;
    }
    if (!certificate.comparesEvidence()) {
      return Optional.empty();
    }
    double threshold = round.thresholds().get(l);
    if (layer.reason()[i] == Reason.EVIDENCE.code() && !(expected >= threshold - slack)) {
      return difference(
          l, i, "left, but dF = " + expected + " is below the threshold " + threshold);
    }
    if (kept && expected > threshold + slack) {
      return difference(
          l, i, "stayed, but dF = " + expected + " is above the threshold " + threshold);
    }
    return Optional.empty();
  }

  private Optional<String> difference(int l, int i, String what) {
    Decisions layer = certificate.layers().get(l);
    ParameterBlock block = layer.block();
    int weights = block.rows() * block.columns();
    String where =
        i < weights
            ? ".weight[" + i / block.columns() + ", " + i % block.columns() + "]"
            : ".bias[" + (i - weights) + "]";
    String when = layer.round()[i] > 0 ? " (round " + layer.round()[i] + ") " : " ";
    return Optional.of(block.layer() + where + when + what);
  }

  private Optional<String> totals(Round round) {
    long byEvidence = 0;
    long asDead = 0;
    double sum = 0;
    for (Decisions layer : certificate.layers()) {
      for (int i = 0; i < layer.reason().length; i++) {
        if (layer.round()[i] == round.round()) {
          byEvidence += layer.reason()[i] == Reason.EVIDENCE.code() ? 1 : 0;
          asDead += layer.reason()[i] == Reason.DEAD_UNIT.code() ? 1 : 0;
          sum += layer.deltaF()[i];
        }
      }
    }
    if (byEvidence != round.byEvidence() || asDead != round.byStructure()) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "round %d removed %d weights by evidence and %d as dead in its totals, but %d and %d of"
                  + " the weights left in it",
              round.round(),
              round.byEvidence(),
              round.byStructure(),
              byEvidence,
              asDead));
    }
    boolean whole = certificate.comparesEvidence() && certificate.addsEvidence();
    if (whole && !(Math.abs(sum - round.predicted()) <= 1e-9 * Math.max(1, Math.abs(sum)))) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "round %d has the total dF = %s, but its weights sum to %s",
              round.round(),
              round.predicted(),
              sum));
    }
    return Optional.empty();
  }

  /** Takes out what left by evidence, lets the dead units be found, and compares. */
  private Optional<String> deadUnits(Round round) {
    if (!certificate.chained()) {
      return round.byStructure() == 0
          ? Optional.empty()
          : Optional.of(
              "round "
                  + round.round()
                  + " removed weights as dead, but the layers are no chain, where none can be");
    }
    List<ParameterBlock> chain = new ArrayList<>();
    List<boolean[]> active = new ArrayList<>();
    for (Decisions layer : certificate.layers()) {
      chain.add(layer.block());
      active.add(after(layer, round.round(), Reason.EVIDENCE));
    }
    DeadUnits.remove(chain, active, certificate.zeroAtZero());
    for (int l = 0; l < chain.size(); l++) {
      boolean[] recorded = after(certificate.layers().get(l), round.round(), Reason.DEAD_UNIT);
      int i = Arrays.mismatch(active.get(l), recorded);
      if (i >= 0) {
        return difference(
            l,
            i,
            recorded[i]
                ? "stayed in round " + round.round() + ", but did nothing any more"
                : "left as dead in round " + round.round() + ", but did something");
      }
    }
    return Optional.empty();
  }

  /** Which weights are in the model once those have left that leave in a round up to a reason. */
  private static boolean[] after(Decisions layer, int round, Reason last) {
    boolean[] active = new boolean[layer.reason().length];
    for (int i = 0; i < active.length; i++) {
      boolean earlier = layer.round()[i] > 0 && layer.round()[i] < round;
      boolean now = layer.round()[i] == round && layer.reason()[i] <= last.code();
      active[i] = !earlier && !now;
    }
    return active;
  }

  static boolean isPositive(double value) {
    return value > 0 && Double.isFinite(value);
  }
}
