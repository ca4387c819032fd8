package io.github.bmr4j.engine.reduction;

/**
 * The regularised horseshoe as a reduced prior: scales γ of weights that shrink towards zero but
 * not beyond a slab of variance c² (Piironen and Vehtari 2017; in the form of Marković, Friston and
 * Kiebel, arXiv 2309.12095, where each half-Cauchy scale is the root of a ratio of two Gamma(½,
 * 1)).
 */
public final class RegularisedHorseshoe {

  /** The scale that stands for a removed weight. */
  public static final double SPIKE = 1e-16;

  private RegularisedHorseshoe() {}

  /**
   * The scale of a row of weights.
   *
   * @param globalScale τ₀, positive
   * @param layerNumerator z₀, positive
   * @param layerDenominator z₁, positive
   * @param rowNumerator v, positive
   * @param rowDenominator u, positive
   * @param inverseSquaredSlab c⁻², zero (no slab) or positive
   * @return γ = √(ψ/(u + c⁻²ψ)), ψ = τ₀² (z₀/z₁) v
   * @throws IllegalArgumentException if an argument is outside its domain
   */
  public static double scale(
      double globalScale,
      double layerNumerator,
      double layerDenominator,
      double rowNumerator,
      double rowDenominator,
      double inverseSquaredSlab) {
    ReductionArguments.positive("globalScale", globalScale);
    ReductionArguments.positive("layerNumerator", layerNumerator);
    ReductionArguments.positive("layerDenominator", layerDenominator);
    ReductionArguments.positive("rowNumerator", rowNumerator);
    ReductionArguments.positive("rowDenominator", rowDenominator);
    ReductionArguments.notNegative("inverseSquaredSlab", inverseSquaredSlab);
    double psi = globalScale * globalScale * (layerNumerator / layerDenominator) * rowNumerator;
    return 1 / Math.sqrt(rowDenominator / psi + inverseSquaredSlab);
  }

  /**
   * How much of the precision 1/γ² is the horseshoe's own rather than the slab's: ω = (u/ψ) / (u/ψ
   * + c⁻²). It is the whole gradient of {@link #scale}: ∂ ln γ² is ω by ln z₀, by ln v and by 2 ln
   * τ₀, −ω by ln z₁ and by ln u, and −(1 − ω) by ln c⁻².
   *
   * @param scale γ of {@link #scale}, positive
   * @param inverseSquaredSlab c⁻², zero (no slab) or positive, and at most γ⁻²
   * @return ω = 1 − c⁻²γ², from 0 to 1
   * @throws IllegalArgumentException if an argument is outside its domain
   */
  public static double localShare(double scale, double inverseSquaredSlab) {
    ReductionArguments.positive("scale", scale);
    ReductionArguments.notNegative("inverseSquaredSlab", inverseSquaredSlab);
    double share = 1 - inverseSquaredSlab * scale * scale;
    // A scale that the slab alone sets may exceed it by a rounding.
    if (!(share > -1e-12)) {
      throw new IllegalArgumentException(
          "scale must be at most that of the slab, but scale = "
              + scale
              + " and inverseSquaredSlab = "
              + inverseSquaredSlab);
    }
    return Math.max(0, share);
  }

  /**
   * The scale of the weights of the last layer, which has neither rows nor a slab.
   *
   * @param layerNumerator z₀, positive
   * @param layerDenominator z₁, positive
   * @return γ = √(z₀/z₁)
   * @throws IllegalArgumentException if an argument is outside its domain
   */
  public static double lastLayerScale(double layerNumerator, double layerDenominator) {
    ReductionArguments.positive("layerNumerator", layerNumerator);
    ReductionArguments.positive("layerDenominator", layerDenominator);
    return Math.sqrt(layerNumerator / layerDenominator);
  }

  /**
   * The scale after a pruning: the old one times the harmonic root mean square of draws from the
   * posterior of the horseshoe's scale.
   *
   * @param scale γ before, zero or positive
   * @param draws γ drawn from its posterior, [S], S ≥ 1, zero or positive
   * @param smallest δ: below it a weight is removed; positive
   * @return γ/√(mean of draws⁻²), or {@link #SPIKE} where that is below δ
   * @throws IllegalArgumentException if an argument is outside its domain
   */
  public static double prunedScale(double scale, double[] draws, double smallest) {
    ReductionArguments.notNegative("scale", scale);
    ReductionArguments.notNegative("draws", draws);
    ReductionArguments.positive("smallest", smallest);
    if (draws.length == 0) {
      throw new IllegalArgumentException("prunedScale needs at least one draw, but draws is empty");
    }
    double least = Double.POSITIVE_INFINITY;
    for (double draw : draws) {
      least = Math.min(least, draw);
    }
    if (least == 0) {
      return SPIKE;
    }
    // Relative to the least draw, whose inverse square would overflow below 1e-154.
    double sum = 0;
    for (double draw : draws) {
      double ratio = least / draw;
      sum += ratio * ratio;
    }
    double pruned = scale * least / Math.sqrt(sum / draws.length);
    return pruned < smallest ? SPIKE : pruned;
  }
}
