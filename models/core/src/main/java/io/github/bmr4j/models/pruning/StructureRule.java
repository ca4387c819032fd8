package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.distribution.TruncatedLogNormal;
import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.reduction.TruncatedLogNormalReduction;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * Decides which structures leave the model: those whose score is at least the threshold. A larger
 * score speaks for removal, so that structures can be ranked by it, too.
 *
 * @param name for reports
 * @param evidence whether the score is ΔF = ln p̃(D) − ln p(D), in nats
 * @param score of a structure
 * @param threshold of the score
 */
public record StructureRule(
    String name, boolean evidence, ToDoubleFunction<Structure> score, double threshold) {

  /** Standard deviation of ln θ in the reduced prior of BMRS_N, σ̃_p. */
  private static final double SPIKE = 1e-6;

  /** Bits of the mantissa of single precision, p₂ of BMRS_U. */
  private static final double PRECISION_BITS = 23;

  /**
   * BMRS_N of Wright, Igel and Selvan as their code computes it and their tables report it:
   * equation 8 without its 2π, which is a prior log odds of ½ ln 2π for removal.
   */
  public static final StructureRule BMRS_N =
      spike("bmrs-n", -TruncatedLogNormalReduction.OMITTED_CONSTANT);

  /**
   * BMRS_N by equation 8 exactly: ΔF ≥ 0. A structure about which the data say nothing has a ΔF
   * just below 0, so this removes next to nothing.
   */
  public static final StructureRule BMRS_N_EXACT = spike("bmrs-n-exact", 0);

  /**
   * BMRS_N where a structure stays only if there is positive evidence for it: a Bayes factor above
   * 3 (Kass and Raftery, Bayes factors, JASA 90, 1995, call less "not worth more than a bare
   * mention").
   */
  public static final StructureRule BMRS_N_PARSIMONIOUS =
      spike("bmrs-n-parsimonious", -Math.log(3));

  /** A signal-to-noise ratio of θ of at most 1 (Neklyudov et al. 2017). */
  public static final StructureRule SIGNAL_TO_NOISE =
      new StructureRule("snr", false, s -> -s.posterior().signalToNoise(), -1);

  /** E[θ] at most 0.1. */
  public static final StructureRule MEAN =
      new StructureRule("mean", false, s -> -s.posterior().mean(), -0.1);

  /** Nothing leaves. */
  public static final StructureRule NONE =
      new StructureRule("none", false, s -> 0, Double.POSITIVE_INFINITY);

  /**
   * @throws IllegalArgumentException if the threshold is NaN
   */
  public StructureRule {
    Objects.requireNonNull(name);
    Objects.requireNonNull(score);
    if (Double.isNaN(threshold)) {
      throw new IllegalArgumentException("The threshold of " + name + " is NaN");
    }
  }

  private static StructureRule spike(String name, double threshold) {
    return new StructureRule(name, true, StructureRule::spikeEvidence, threshold);
  }

  private static double spikeEvidence(Structure s) {
    TruncatedLogNormal reduced =
        new TruncatedLogNormal(s.prior().lower(), SPIKE, s.prior().lower(), s.prior().upper());
    return TruncatedLogNormalReduction.deltaF(s.posterior(), s.prior(), reduced);
  }

  /**
   * BMRS_U: the evidence for θ between 2⁻²³ and 2^−bits.
   *
   * @param bits p₁, above 0 and below 23; 8 and 4 in the paper
   */
  public static StructureRule bmrsU(double bits) {
    if (!(bits > 0 && bits < PRECISION_BITS)) {
      throw new IllegalArgumentException("p1 of BMRS_U must lie between 0 and 23, but is " + bits);
    }
    String name = "bmrs-u-" + (bits == Math.rint(bits) ? "" + (int) bits : "" + bits);
    return new StructureRule(
        name.toLowerCase(Locale.ROOT),
        true,
        s ->
            TruncatedLogNormalReduction.deltaF(
                s.posterior(),
                s.prior(),
                TruncatedLogNormalReduction.belowPowerOfTwo(bits, PRECISION_BITS)),
        0);
  }

  /**
   * A Euclidean norm of the incoming weights of at most some length.
   *
   * @param norm at least 0
   */
  public static StructureRule weightNorm(double norm) {
    return new StructureRule("l2", false, s -> -s.weightNorm(), -norm);
  }

  /**
   * A Euclidean norm of the incoming weights, each times its gradient, of at most some length.
   *
   * @param norm at least 0, up to the factor that the gradients have
   */
  public static StructureRule gradientWeightedNorm(double norm) {
    return new StructureRule("l2-gradient", false, s -> -s.gradientWeightedNorm(), -norm);
  }

  /** All rules that need no parameter, and those of BMRS_U that the paper has. */
  public static List<StructureRule> published() {
    return List.of(
        BMRS_N, BMRS_N_EXACT, BMRS_N_PARSIMONIOUS, bmrsU(8), bmrsU(4), SIGNAL_TO_NOISE, MEAN, NONE);
  }

  /**
   * The score of a structure.
   *
   * @throws DivergedException if it is NaN, which no comparison may decide on
   */
  public double scoreOf(Structure structure) {
    double value = score.applyAsDouble(structure);
    if (Double.isNaN(value)) {
      throw new DivergedException(
          "The score of structure "
              + structure.index()
              + " of "
              + structure.layer()
              + " by "
              + name
              + " is NaN ("
              + structure.posterior()
              + "); nothing was pruned");
    }
    return value;
  }
}
