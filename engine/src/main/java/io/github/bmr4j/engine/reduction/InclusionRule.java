package io.github.bmr4j.engine.reduction;

import java.util.Arrays;

/** What is kept, given inclusion probabilities. */
public final class InclusionRule {

  private InclusionRule() {}

  /**
   * The median probability model (Barbieri, Berger 2004): what is more likely in than out.
   *
   * @param probabilities in [0, 1]
   * @return which are kept: those above ½
   */
  public static boolean[] median(double[] probabilities) {
    return above(probabilities, 0.5);
  }

  /**
   * What is more likely in than a threshold.
   *
   * @param probabilities in [0, 1]
   * @param threshold in [0, 1)
   * @return which are kept: those above it
   * @throws IllegalArgumentException if a probability is none; names the index
   */
  public static boolean[] above(double[] probabilities, double threshold) {
    boolean[] kept = new boolean[probabilities.length];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = probability(probabilities, i) > threshold;
    }
    return kept;
  }

  /**
   * Control of the Bayesian false discovery rate (Müller, Parmigiani, Robert, Rousseau 2004): the
   * largest set of the most probable whose mean probability of being out, Σ(1 − p)/|S|, is at most
   * the level. Equal probabilities are kept or left together.
   *
   * @param probabilities in [0, 1]
   * @param level in (0, 1)
   * @return which are kept
   * @throws IllegalArgumentException if a probability or the level is outside its domain
   */
  public static boolean[] falseDiscoveryRate(double[] probabilities, double level) {
    if (!(level > 0 && level < 1)) {
      throw new IllegalArgumentException(
          "A false discovery rate must lie strictly between 0 and 1, but is " + level);
    }
    double[] sorted = new double[probabilities.length];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = probability(probabilities, i);
    }
    Arrays.sort(sorted);
    double least = Double.POSITIVE_INFINITY;
    double out = 0;
    for (int i = sorted.length - 1; i >= 0; i--) {
      out += 1 - sorted[i];
      boolean lastOfEqual = i == 0 || sorted[i - 1] < sorted[i];
      if (lastOfEqual && out <= level * (sorted.length - i)) {
        least = sorted[i];
      }
    }
    boolean[] kept = new boolean[probabilities.length];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = probabilities[i] >= least;
    }
    return kept;
  }

  private static double probability(double[] probabilities, int i) {
    double p = probabilities[i];
    if (!(p >= 0 && p <= 1)) {
      throw new IllegalArgumentException(
          "An inclusion probability must lie in [0, 1], but that of index " + i + " is " + p);
    }
    return p;
  }
}
