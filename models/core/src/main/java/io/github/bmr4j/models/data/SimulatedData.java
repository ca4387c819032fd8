package io.github.bmr4j.models.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Simulated data sets of the literature on variable selection, of which it is known which features
 * matter. Features are called {@code x1}, {@code x2}, …; those beyond the last that matters are
 * noise. A data set is a pure function of its kind, sizes and seed.
 */
public final class SimulatedData {

  /** How features and targets come about; e is N(0, 1). */
  public enum Kind {
    /**
     * Friedman 1991: x uniform in (0, 1), y = 10 sin(π x₁ x₂) + 20 (x₃ − ½)² + 10 x₄ + 5 x₅ + e.
     */
    FRIEDMAN1(5),
    /**
     * Bai, Song and Cheng 2020: x uniform in (−1, 1), y = 7 x₂/(1 + x₁²) + 5 sin(x₃ x₄) + 2 x₅ + e.
     */
    BAI(5),
    /**
     * Sun, Song and Liang 2022: x_j = (c + z_j)/√2 with c and z_j standard normal within ±10, so
     * that all pairs have correlation ½; y = 5 x₂/(1 + x₁²) + 5 sin(x₃ x₄) + 2 x₅ + e.
     */
    SUN_REGRESSION(5),
    /**
     * The same features; class 1 where exp(x₁) + x₂² + 5 sin(x₃ x₄) − 3 &gt; 0, as many examples of
     * either class (of an odd number one more of class 0).
     */
    SUN_CLASSIFICATION(4),
    /**
     * The same features; y = tanh(2 tanh(2 x₁ − x₂)) + 2 tanh(2 tanh(x₃ − 2 x₄) − tanh(2 x₅)) + e.
     */
    SUN_TEACHER(5);

    private final int relevant;

    Kind(int relevant) {
      this.relevant = relevant;
    }

    /** How many features matter: the first so many. */
    public int relevant() {
      return relevant;
    }

    /** Whether the target is a class. */
    public boolean isClassification() {
      return this == SUN_CLASSIFICATION;
    }

    /** As commands and messages call it, for instance {@code sun-regression}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private static final int STREAM = 3;
  private static final double BOUND = 10;

  private final Kind kind;
  private final NormalWords random;
  private final double[] row;
  private double lastTarget;

  private SimulatedData(Kind kind, int features, long seed) {
    if (features < kind.relevant) {
      throw new IllegalArgumentException(
          kind.label()
              + " needs at least "
              + kind.relevant
              + " features, those that matter, but got "
              + features);
    }
    this.kind = kind;
    this.random = new NormalWords(seed, STREAM);
    this.row = new double[features];
  }

  /**
   * Draws training and test examples.
   *
   * @param kind of the data
   * @param train number of training examples, at least 1
   * @param test number of test examples, at least 1
   * @param features number of features, at least those that matter
   * @param seed of all draws
   */
  public static Split draw(Kind kind, int train, int test, int features, long seed) {
    SimulatedData data = new SimulatedData(kind, features, seed);
    return new Split(data.examples(train, 0), data.examples(test, 1));
  }

  /**
   * The names of features: {@code x1}, {@code x2}, ….
   *
   * @param features how many
   */
  public static List<String> featureNames(int features) {
    return IntStream.rangeClosed(1, features).mapToObj(j -> "x" + j).toList();
  }

  /**
   * The targets without their noise, which no model can do better than.
   *
   * @param kind a regression
   * @param data examples of that kind
   * @return one for each example
   */
  public static double[] withoutNoise(Kind kind, Dataset data) {
    if (kind.isClassification()) {
      throw new IllegalArgumentException(kind.label() + " has no noise");
    }
    float[] features = data.features();
    int d = data.inputShape().size();
    double[] targets = new double[data.size()];
    double[] x = new double[d];
    for (int i = 0; i < targets.length; i++) {
      for (int j = 0; j < d; j++) {
        x[j] = features[i * d + j];
      }
      targets[i] = function(kind, x);
    }
    return targets;
  }

  private Dataset examples(int n, long part) {
    if (n < 1) {
      throw new IllegalArgumentException("Each part needs at least 1 example, but got " + n);
    }
    random.restart(part);
    int d = row.length;
    float[] features = new float[Math.multiplyExact(n, d)];
    float[] targets = new float[n];
    int[] left = {n - n / 2, n / 2};
    for (int i = 0; i < n; i++) {
      drawExample(left);
      for (int j = 0; j < d; j++) {
        features[i * d + j] = (float) row[j];
      }
      targets[i] = (float) lastTarget;
    }
    Provenance provenance = new Provenance("simulated: " + kind.label(), "none needed", Map.of());
    if (kind.isClassification()) {
      int[] labels = new int[n];
      Arrays.setAll(labels, i -> (int) targets[i]);
      return Dataset.adoptClassification(
          kind.label(),
          InputShape.row(d),
          features,
          labels,
          new ArrayList<>(List.of("0", "1")),
          provenance);
    }
    return Dataset.regression(kind.label(), InputShape.row(d), features, targets, 1, provenance);
  }

  /** Draws features and target; a class of which none is left is drawn again. */
  private void drawExample(int[] left) {
    while (true) {
      drawFeatures();
      double value = function(kind, row);
      if (!kind.isClassification()) {
        lastTarget = value + random.nextNormal();
        return;
      }
      int label = value > 0 ? 1 : 0;
      if (left[label] > 0) {
        left[label]--;
        lastTarget = label;
        return;
      }
    }
  }

  private void drawFeatures() {
    switch (kind) {
      case FRIEDMAN1 -> Arrays.setAll(row, j -> random.nextUniform());
      case BAI -> Arrays.setAll(row, j -> 2 * random.nextUniform() - 1);
      case SUN_REGRESSION, SUN_CLASSIFICATION, SUN_TEACHER -> {
        double common = truncated();
        Arrays.setAll(row, j -> (common + truncated()) / Math.sqrt(2));
      }
    }
  }

  private double truncated() {
    while (true) {
      double z = random.nextNormal();
      if (Math.abs(z) <= BOUND) {
        return z;
      }
    }
  }

  private static double function(Kind kind, double[] x) {
    return switch (kind) {
      case FRIEDMAN1 ->
          10 * Math.sin(Math.PI * x[0] * x[1])
              + 20 * (x[2] - 0.5) * (x[2] - 0.5)
              + 10 * x[3]
              + 5 * x[4];
      case BAI -> 7 * x[1] / (1 + x[0] * x[0]) + 5 * Math.sin(x[2] * x[3]) + 2 * x[4];
      case SUN_REGRESSION -> 5 * x[1] / (1 + x[0] * x[0]) + 5 * Math.sin(x[2] * x[3]) + 2 * x[4];
      case SUN_CLASSIFICATION -> Math.exp(x[0]) + x[1] * x[1] + 5 * Math.sin(x[2] * x[3]) - 3;
      case SUN_TEACHER ->
          Math.tanh(2 * Math.tanh(2 * x[0] - x[1]))
              + 2 * Math.tanh(2 * Math.tanh(x[2] - 2 * x[3]) - Math.tanh(2 * x[4]));
    };
  }
}
