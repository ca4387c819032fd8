package io.github.bmr4j.models.pruning;

/**
 * A weight leaves when the evidence of the model without it is at least as large: ΔF ≥ threshold.
 *
 * @param threshold in nats; 0 for the plain comparison of evidences
 */
public record EvidenceThreshold(double threshold) implements EvidenceRule {

  /** ΔF ≥ 0. */
  public static final EvidenceThreshold ZERO = new EvidenceThreshold(0);

  @Override
  public double prune(float[] deltaF, boolean[] active) {
    for (int i = 0; i < deltaF.length; i++) {
      active[i] &= !(deltaF[i] >= threshold);
    }
    return threshold;
  }

  @Override
  public String name() {
    return "evidence";
  }
}
