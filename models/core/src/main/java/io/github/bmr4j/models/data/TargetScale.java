package io.github.bmr4j.models.data;

/**
 * Mean and standard deviation of single real targets, of the training part alone.
 *
 * @param mean finite
 * @param standardDeviation positive
 */
public record TargetScale(double mean, double standardDeviation) {

  /** For labels, which are left as they are. */
  public static final TargetScale NONE = new TargetScale(0, 1);

  /**
   * That of a training part.
   *
   * @param train examples; {@link #NONE} for labels
   * @throws IllegalArgumentException if the targets do not vary
   */
  public static TargetScale of(Dataset train) {
    if (train.isClassification()) {
      return NONE;
    }
    float[] targets = train.targets();
    double sum = 0;
    for (float y : targets) {
      sum += y;
    }
    double mean = sum / targets.length;
    double squares = 0;
    for (float y : targets) {
      squares += (y - mean) * (y - mean);
    }
    double deviation = Math.sqrt(squares / targets.length);
    if (!(deviation > 0)) {
      throw new IllegalArgumentException(
          "All " + targets.length + " targets of " + train + " are " + mean + "; nothing to learn");
    }
    return new TargetScale(mean, deviation);
  }

  /**
   * Standardises the targets.
   *
   * @param data with one real target an example, or labels
   */
  public Dataset apply(Dataset data) {
    if (data.isClassification()) {
      return data;
    }
    float[] targets = data.targets();
    for (int i = 0; i < targets.length; i++) {
      targets[i] = (float) ((targets[i] - mean) / standardDeviation);
    }
    return data.withTargets(targets);
  }

  /** Standardises both parts. */
  public Split apply(Split split) {
    return new Split(apply(split.train()), apply(split.test()));
  }
}
