package io.github.bmr4j.models.data;

import java.util.Arrays;

/**
 * Takes away the mean and divides by the standard deviation, both of the training part alone, so
 * that nothing about the test part leaks into it. What does not vary becomes 0.
 *
 * <p>{@linkplain #perFeature Per feature} for tables; {@linkplain #perChannel per channel} of an
 * image, over all its pixels, as Marković, Friston and Kiebel (2024) do.
 */
public final class Standardization {

  private final double[] mean;
  private final double[] standardDeviation;

  /** How many consecutive features share one mean: 1, or the pixels of a channel. */
  private final int run;

  private Standardization(double[] mean, double[] standardDeviation, int run) {
    this.mean = mean;
    this.standardDeviation = standardDeviation;
    this.run = run;
  }

  /**
   * One mean and standard deviation for each feature.
   *
   * @param train the training part, not empty
   */
  public static Standardization perFeature(Dataset train) {
    return fit(train, 1);
  }

  /**
   * One mean and standard deviation for each channel.
   *
   * @param train the training part, not empty
   */
  public static Standardization perChannel(Dataset train) {
    return fit(train, train.inputShape().height() * train.inputShape().width());
  }

  /**
   * A standardization found before, as a checkpoint keeps it.
   *
   * @param mean one for each feature or channel, finite
   * @param standardDeviation as many, finite and at least 0; 0 says that it does not vary
   * @param run how many consecutive features share one: 1, or the pixels of a channel
   */
  public static Standardization of(double[] mean, double[] standardDeviation, int run) {
    if (mean.length == 0 || mean.length != standardDeviation.length || run < 1) {
      throw new IllegalArgumentException(
          "Means and standard deviations must be as many, at least one, with a run of at least 1,"
              + " but are "
              + mean.length
              + " and "
              + standardDeviation.length
              + " with a run of "
              + run);
    }
    for (int i = 0; i < mean.length; i++) {
      if (!Double.isFinite(mean[i])
          || !(standardDeviation[i] >= 0 && standardDeviation[i] < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "Mean and standard deviation must be finite, the latter at least 0, but are "
                + mean[i]
                + " and "
                + standardDeviation[i]
                + " at index "
                + i);
      }
    }
    return new Standardization(mean.clone(), standardDeviation.clone(), run);
  }

  private static Standardization fit(Dataset train, int run) {
    if (train.size() == 0) {
      throw new IllegalArgumentException(train + " has no example to find a mean from");
    }
    int d = train.inputShape().size();
    int groups = d / run;
    double[] mean = new double[groups];
    float[] least = new float[groups];
    float[] greatest = new float[groups];
    Arrays.fill(least, Float.POSITIVE_INFINITY);
    Arrays.fill(greatest, Float.NEGATIVE_INFINITY);
    float[] row = new float[d];
    for (int i = 0; i < train.size(); i++) {
      train.copyFeatures(i, 1, row, 0);
      for (int j = 0; j < d; j++) {
        int group = j / run;
        mean[group] += row[j];
        least[group] = Math.min(least[group], row[j]);
        greatest[group] = Math.max(greatest[group], row[j]);
      }
    }
    double count = (double) train.size() * run;
    for (int group = 0; group < groups; group++) {
      // A constant's mean must be it exactly, not within rounding.
      mean[group] = least[group] == greatest[group] ? least[group] : mean[group] / count;
    }
    double[] squares = new double[groups];
    for (int i = 0; i < train.size(); i++) {
      train.copyFeatures(i, 1, row, 0);
      for (int j = 0; j < d; j++) {
        double gap = row[j] - mean[j / run];
        squares[j / run] += gap * gap;
      }
    }
    double[] standardDeviation = new double[groups];
    Arrays.setAll(standardDeviation, group -> Math.sqrt(squares[group] / count));
    return new Standardization(mean, standardDeviation, run);
  }

  /** A copy of the means, one for each feature or channel. */
  public double[] mean() {
    return mean.clone();
  }

  /** A copy of the standard deviations (with divisor n), 0 for what does not vary. */
  public double[] standardDeviation() {
    return standardDeviation.clone();
  }

  /** How many consecutive features share one mean: 1, or the pixels of a channel. */
  public int run() {
    return run;
  }

  /**
   * Standardizes a data set.
   *
   * @param dataset with as many features as the training part
   * @return one like it with standardized features
   */
  public Dataset apply(Dataset dataset) {
    int d = mean.length * run;
    if (dataset.inputShape().size() != d) {
      throw new IllegalArgumentException(
          dataset + " has " + dataset.inputShape().size() + " features, the training part " + d);
    }
    float[] features = dataset.features();
    for (int i = 0; i < features.length; i++) {
      int group = i % d / run;
      double deviation = standardDeviation[group];
      features[i] = deviation == 0 ? 0 : (float) ((features[i] - mean[group]) / deviation);
    }
    return dataset.withFeatures(dataset.inputShape(), features);
  }

  /**
   * Standardizes both parts.
   *
   * @param split with as many features as the training part this was found from
   */
  public Split apply(Split split) {
    return new Split(apply(split.train()), apply(split.test()));
  }
}
