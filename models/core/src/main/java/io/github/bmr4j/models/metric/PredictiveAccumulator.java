package io.github.bmr4j.models.metric;

import java.util.Arrays;

/**
 * Averages predictions over samples from the posterior as they come, without keeping them: for each
 * sample the class probabilities of all examples, in as many pieces as wanted (batches of the test
 * set), row by row; then the next sample.
 *
 * <p>As Marković, Friston and Kiebel (2024) evaluate: the predictive p̄(y|x) = (1/S) Σ_s p(y|x,
 * θ_s), its negative log-likelihood −(1/n) Σ_n ln p̄(y_n|x_n), and the log posterior predictive
 * density of the data set as a whole, LPD = (1/n) [ln Σ_s exp Σ_n ln p(y_n|x_n, θ_s) − ln S]. Sums
 * are kept in double, those of probabilities of labels as logarithms, so that nothing underflows.
 */
public final class PredictiveAccumulator {

  private final int classes;
  private final int[] labels;

  /** Σ_s p(y|x, θ_s) for each example and class, of complete samples and the one under way. */
  private final double[] sums;

  /** ln Σ_s p(y_n|x_n, θ_s) for each example's label. */
  private final double[] labelLogSums;

  private final double[] row;

  private int samples;
  private int nextRow;

  /** Σ_n ln p(y_n|x_n, θ_s) of the sample under way. */
  private double sampleLogLikelihood;

  /** ln Σ_s exp Σ_n ln p(y_n|x_n, θ_s) of the complete samples. */
  private double logSumOverSamples = Double.NEGATIVE_INFINITY;

  /**
   * @param classes how many, at least 1
   * @param labels one for each example, in 0 … classes − 1
   */
  public PredictiveAccumulator(int classes, int[] labels) {
    ClassificationMetrics.checkLabels(labels, classes);
    if ((long) labels.length * classes > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          labels.length + " examples of " + classes + " classes do not fit an array");
    }
    this.classes = classes;
    this.labels = labels.clone();
    this.sums = new double[labels.length * classes];
    this.labelLogSums = new double[labels.length];
    Arrays.fill(labelLogSums, Double.NEGATIVE_INFINITY);
    this.row = new double[classes];
  }

  /**
   * Adds the next rows of the sample under way; the row after the last example's begins the next
   * sample.
   *
   * @param probabilities has [rows, classes], row-major, from the offset on; each row sums to 1
   * @param offset of the first
   * @param rows how many, at most as many as the sample still lacks
   * @throws IllegalArgumentException when there are too many rows, or a row is no distribution
   *     (names it)
   */
  public void addProbabilities(float[] probabilities, int offset, int rows) {
    checkRows(probabilities.length, offset, rows);
    for (int i = 0; i < rows; i++) {
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        row[c] = probabilities[offset + i * classes + c];
        ClassificationMetrics.checkProbability(row[c], nextRow, c);
        sum += row[c];
      }
      ClassificationMetrics.checkSum(sum, nextRow);
      addRow(Math.log(row[labels[nextRow]]));
    }
  }

  /**
   * As {@link #addProbabilities}, from the network's outputs before the softmax: it is done here,
   * in double, so that no label's probability underflows.
   *
   * @param logits has [rows, classes], row-major, from the offset on; all finite
   * @param offset of the first
   * @param rows how many, at most as many as the sample still lacks
   * @throws IllegalArgumentException when there are too many rows, or a number is not finite (names
   *     the row)
   */
  public void addLogits(float[] logits, int offset, int rows) {
    checkRows(logits.length, offset, rows);
    for (int i = 0; i < rows; i++) {
      double maximum = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < classes; c++) {
        row[c] = logits[offset + i * classes + c];
        if (!Double.isFinite(row[c])) {
          throw new IllegalArgumentException(
              "A logit must be finite, but is " + row[c] + " in row " + nextRow + ", column " + c);
        }
        maximum = Math.max(maximum, row[c]);
      }
      double label = row[labels[nextRow]] - maximum;
      double total = 0;
      for (int c = 0; c < classes; c++) {
        row[c] = Math.exp(row[c] - maximum);
        total += row[c];
      }
      for (int c = 0; c < classes; c++) {
        row[c] /= total;
      }
      addRow(label - Math.log(total));
    }
  }

  private void checkRows(int length, int offset, int rows) {
    if (rows < 0 || rows > labels.length - nextRow) {
      throw new IllegalArgumentException(
          rows
              + " rows were added, but the sample still lacks "
              + (labels.length - nextRow)
              + " of "
              + labels.length);
    }
    if (offset < 0 || (long) rows * classes > (long) length - offset) {
      throw new IllegalArgumentException(
          rows
              + " rows of "
              + classes
              + " classes from offset "
              + offset
              + " do not fit the array's length "
              + length);
    }
  }

  private void addRow(double labelLogProbability) {
    int first = nextRow * classes;
    for (int c = 0; c < classes; c++) {
      sums[first + c] += row[c];
    }
    labelLogSums[nextRow] = logAdd(labelLogSums[nextRow], labelLogProbability);
    sampleLogLikelihood += labelLogProbability;
    if (++nextRow == labels.length) {
      logSumOverSamples = logAdd(logSumOverSamples, sampleLogLikelihood);
      sampleLogLikelihood = 0;
      nextRow = 0;
      samples++;
    }
  }

  /** ln(e^a + e^b). */
  private static double logAdd(double a, double b) {
    double larger = Math.max(a, b);
    return larger == Double.NEGATIVE_INFINITY
        ? larger
        : larger + Math.log1p(Math.exp(Math.min(a, b) - larger));
  }

  /** How many samples are complete. */
  public int samples() {
    return samples;
  }

  /**
   * The averaged probabilities p̄(y|x): [n, classes], row-major.
   *
   * @throws IllegalStateException before the first sample is complete, or inside one
   */
  public double[] probabilities() {
    checkComplete();
    double[] mean = new double[sums.length];
    for (int i = 0; i < sums.length; i++) {
      mean[i] = sums[i] / samples;
    }
    return mean;
  }

  /**
   * The metrics of the averaged probabilities. The likelihood is the one kept as logarithms.
   *
   * @throws IllegalStateException before the first sample is complete, or inside one
   */
  public ClassificationMetrics metrics() {
    ClassificationMetrics metrics = ClassificationMetrics.of(probabilities(), classes, labels);
    double sum = 0;
    for (double labelLogSum : labelLogSums) {
      sum += labelLogSum - Math.log(samples);
    }
    return new ClassificationMetrics(
        metrics.examples(),
        metrics.accuracy(),
        0 - sum / labels.length,
        metrics.brierScore(),
        metrics.calibration(),
        metrics.equalWidthCalibration());
  }

  /**
   * LPD, the log posterior predictive density of the whole data set, in nats per example: (1/n) [ln
   * Σ_s exp Σ_n ln p(y_n|x_n, θ_s) − ln S]. It scores the samples as whole models, not their
   * average for each example; −∞ where every sample gives some label the probability 0.
   *
   * @throws IllegalStateException before the first sample is complete, or inside one
   */
  public double logPredictiveDensity() {
    checkComplete();
    return (logSumOverSamples - Math.log(samples)) / labels.length;
  }

  private void checkComplete() {
    if (samples == 0 || nextRow != 0) {
      throw new IllegalStateException(
          "The predictions end inside a sample: "
              + samples
              + " are complete, of the next there are "
              + nextRow
              + " of "
              + labels.length
              + " rows; add whole samples, at least one");
    }
  }
}
