package io.github.bmr4j.models.data;

import java.util.List;
import java.util.Objects;

/**
 * Examples with their targets, which do not change: n rows of d features, row-major (an image
 * channel by channel, each row by row), and for each either a class label or t real targets.
 */
public final class Dataset {

  private final String name;
  private final InputShape inputShape;
  private final int size;
  private final float[] features;

  /** Null for regression. */
  private final int[] labels;

  private final List<String> classNames;

  /** Null for classification. */
  private final float[] targets;

  private final int targetSize;
  private final Provenance provenance;

  private Dataset(
      String name,
      InputShape inputShape,
      int size,
      float[] features,
      int[] labels,
      List<String> classNames,
      float[] targets,
      int targetSize,
      Provenance provenance) {
    this.name = Objects.requireNonNull(name, "name");
    this.inputShape = inputShape;
    this.size = size;
    this.features = features;
    this.labels = labels;
    this.classNames = List.copyOf(classNames);
    this.targets = targets;
    this.targetSize = targetSize;
    this.provenance = Objects.requireNonNull(provenance, "provenance");
    if ((long) size * inputShape.size() != features.length) {
      throw new IllegalArgumentException(
          "Data set "
              + name
              + " has "
              + features.length
              + " features, but "
              + size
              + " examples of shape "
              + inputShape
              + " need "
              + (long) size * inputShape.size());
    }
    checkFinite("feature", features, inputShape.size());
  }

  /**
   * Examples with class labels.
   *
   * @param name of the data set
   * @param inputShape of one example
   * @param features [n, d], row-major, finite; copied
   * @param labels n of them, each an index of the class names; copied
   * @param classNames at least one
   * @param provenance where the data comes from
   * @throws IllegalArgumentException when sizes do not fit, a feature is not finite or a label out
   *     of range; names the row
   */
  public static Dataset classification(
      String name,
      InputShape inputShape,
      float[] features,
      int[] labels,
      List<String> classNames,
      Provenance provenance) {
    return adoptClassification(
        name, inputShape, features.clone(), labels.clone(), classNames, provenance);
  }

  /** As {@link #classification}, for arrays that nobody else keeps. */
  static Dataset adoptClassification(
      String name,
      InputShape inputShape,
      float[] features,
      int[] labels,
      List<String> classNames,
      Provenance provenance) {
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classNames.size()) {
        throw new IllegalArgumentException(
            "Data set "
                + name
                + " has the label "
                + labels[i]
                + " in row "
                + i
                + ", but its classes are 0 … "
                + (classNames.size() - 1));
      }
    }
    return new Dataset(
        name, inputShape, labels.length, features, labels, classNames, null, 0, provenance);
  }

  /**
   * Examples with real targets.
   *
   * @param name of the data set
   * @param inputShape of one example
   * @param features [n, d], row-major, finite; copied
   * @param targets [n, t], row-major, finite; copied
   * @param targetSize t, at least 1
   * @param provenance where the data comes from
   * @throws IllegalArgumentException when sizes do not fit or a number is not finite; names the row
   */
  public static Dataset regression(
      String name,
      InputShape inputShape,
      float[] features,
      float[] targets,
      int targetSize,
      Provenance provenance) {
    if (targetSize < 1 || targets.length % targetSize != 0) {
      throw new IllegalArgumentException(
          "Data set "
              + name
              + " has "
              + targets.length
              + " targets, which is no multiple of the target size "
              + targetSize);
    }
    Dataset dataset =
        new Dataset(
            name,
            inputShape,
            targets.length / targetSize,
            features.clone(),
            null,
            List.of(),
            targets.clone(),
            targetSize,
            provenance);
    dataset.checkFinite("target", dataset.targets, targetSize);
    return dataset;
  }

  private void checkFinite(String what, float[] numbers, int columns) {
    for (int i = 0; i < numbers.length; i++) {
      if (!Float.isFinite(numbers[i])) {
        throw new IllegalArgumentException(
            "Data set "
                + name
                + " has the "
                + what
                + " "
                + numbers[i]
                + " in row "
                + i / columns
                + ", column "
                + i % columns
                + "; it must be finite");
      }
    }
  }

  /** Name of the data set. */
  public String name() {
    return name;
  }

  /** Shape of one example. */
  public InputShape inputShape() {
    return inputShape;
  }

  /** How many examples: n. */
  public int size() {
    return size;
  }

  /** Whether the targets are class labels rather than real numbers. */
  public boolean isClassification() {
    return labels != null;
  }

  /** The classes' names by label; empty for regression. */
  public List<String> classNames() {
    return classNames;
  }

  /** How many real targets an example has: t; 0 for classification. */
  public int targetSize() {
    return targetSize;
  }

  /** Where the data comes from. */
  public Provenance provenance() {
    return provenance;
  }

  /** A copy of the features: [n, d], row-major. */
  public float[] features() {
    return features.clone();
  }

  /**
   * A copy of the labels.
   *
   * @throws IllegalStateException for regression
   */
  public int[] labels() {
    return requireLabels().clone();
  }

  /**
   * The label of one example.
   *
   * @param example its row
   * @throws IllegalStateException for regression
   */
  public int label(int example) {
    return requireLabels()[example];
  }

  /**
   * A copy of the real targets: [n, t], row-major.
   *
   * @throws IllegalStateException for classification
   */
  public float[] targets() {
    return requireTargets().clone();
  }

  /**
   * Copies the features of consecutive examples.
   *
   * @param first row
   * @param count how many rows
   * @param out takes [count, d] from the offset on
   * @param offset of the first number in it
   */
  public void copyFeatures(int first, int count, float[] out, int offset) {
    Objects.checkFromIndexSize(first, count, size);
    int d = inputShape.size();
    System.arraycopy(features, first * d, out, offset, count * d);
  }

  /** The features themselves, [n, d], which nobody may change. */
  float[] featureNumbers() {
    return features;
  }

  /** The real targets themselves, [n, t], which nobody may change; or the labels, as floats. */
  float[] targetNumbers() {
    if (!isClassification()) {
      return targets;
    }
    float[] numbers = new float[size];
    for (int i = 0; i < size; i++) {
      numbers[i] = labels[i];
    }
    return numbers;
  }

  /**
   * Gathers the features of a batch.
   *
   * @param examples their rows
   * @param out takes [batch, d] from the offset on
   * @param offset of the first number in it
   */
  public void gatherFeatures(int[] examples, float[] out, int offset) {
    gather(features, inputShape.size(), examples, out, offset);
  }

  /**
   * Gathers the labels of a batch.
   *
   * @param examples their rows
   * @param out takes as many labels, from index 0 on
   * @throws IllegalStateException for regression
   */
  public void gatherLabels(int[] examples, int[] out) {
    int[] all = requireLabels();
    for (int i = 0; i < examples.length; i++) {
      out[i] = all[examples[i]];
    }
  }

  /**
   * Gathers the real targets of a batch.
   *
   * @param examples their rows
   * @param out takes [batch, t] from the offset on
   * @param offset of the first number in it
   * @throws IllegalStateException for classification
   */
  public void gatherTargets(int[] examples, float[] out, int offset) {
    gather(requireTargets(), targetSize, examples, out, offset);
  }

  private static void gather(float[] rows, int columns, int[] examples, float[] out, int offset) {
    for (int i = 0; i < examples.length; i++) {
      System.arraycopy(rows, examples[i] * columns, out, offset + i * columns, columns);
    }
  }

  /**
   * Some of the examples as a data set of their own.
   *
   * @param examples their rows, in the order wanted
   */
  public Dataset select(int[] examples) {
    float[] selected = new float[Math.multiplyExact(examples.length, inputShape.size())];
    gatherFeatures(examples, selected, 0);
    if (isClassification()) {
      int[] selectedLabels = new int[examples.length];
      gatherLabels(examples, selectedLabels);
      return withExamples(inputShape, examples.length, selected, selectedLabels, null);
    }
    float[] selectedTargets = new float[Math.multiplyExact(examples.length, targetSize)];
    gatherTargets(examples, selectedTargets, 0);
    return withExamples(inputShape, examples.length, selected, null, selectedTargets);
  }

  /** The same examples with other features, which nobody else keeps. */
  Dataset withFeatures(InputShape shape, float[] newFeatures) {
    return withExamples(shape, size, newFeatures, labels, targets);
  }

  /**
   * The same examples with other real targets.
   *
   * @param newTargets [n, t], row-major, finite; copied
   * @throws IllegalArgumentException if they are not as many, or one is not finite
   */
  public Dataset withTargets(float[] newTargets) {
    if (newTargets.length != requireTargets().length) {
      throw new IllegalArgumentException(
          this + " needs " + targets.length + " targets, but got " + newTargets.length);
    }
    checkFinite("target", newTargets, targetSize);
    return withExamples(inputShape, size, features, null, newTargets.clone());
  }

  private Dataset withExamples(
      InputShape shape, int n, float[] newFeatures, int[] newLabels, float[] newTargets) {
    return new Dataset(
        name, shape, n, newFeatures, newLabels, classNames, newTargets, targetSize, provenance);
  }

  private int[] requireLabels() {
    if (labels == null) {
      throw new IllegalStateException("Data set " + name + " has real targets, not labels");
    }
    return labels;
  }

  private float[] requireTargets() {
    if (targets == null) {
      throw new IllegalStateException("Data set " + name + " has labels, not real targets");
    }
    return targets;
  }

  @Override
  public String toString() {
    return name + " (" + size + " examples of shape " + inputShape + ")";
  }
}
