package io.github.bmr4j.models.compact;

import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.SparsePattern;
import io.github.bmr4j.kernels.UnaryFunction;
import java.util.List;

/**
 * A linear layer with its activation, y = f(x Wᵀ + b), for several sets of weights that share one
 * pattern: the posterior's mean first, then its samples.
 *
 * @param name of the layer that it was made from
 * @param pattern which elements of W are stored
 * @param weights the stored elements, a slice for each set
 * @param biases b, a slice for each set
 * @param activation f
 */
public record CompactLayer(
    String name,
    SparsePattern pattern,
    List<Slice> weights,
    List<Slice> biases,
    UnaryFunction activation) {

  /**
   * Checks the lengths.
   *
   * @throws IllegalArgumentException if a slice does not fit the pattern
   */
  public CompactLayer {
    weights = List.copyOf(weights);
    biases = List.copyOf(biases);
    if (weights.isEmpty() || weights.size() != biases.size()) {
      throw new IllegalArgumentException(
          "Layer "
              + name
              + " needs as many sets of weights as of biases, at least one, but has "
              + weights.size()
              + " and "
              + biases.size());
    }
    for (int set = 0; set < weights.size(); set++) {
      if (weights.get(set).length() != pattern.count()
          || biases.get(set).length() != pattern.rows()) {
        throw new IllegalArgumentException(
            "Set "
                + set
                + " of layer "
                + name
                + " needs "
                + pattern.count()
                + " weights and "
                + pattern.rows()
                + " biases, but has "
                + weights.get(set).length()
                + " and "
                + biases.get(set).length());
      }
    }
  }

  /** Inputs. */
  public int inputs() {
    return pattern.columns();
  }

  /** Outputs. */
  public int outputs() {
    return pattern.rows();
  }

  /** Whether compressed rows take less memory than the whole matrix. */
  public boolean isSmallerSparse() {
    return sparseBytes() < denseBytes();
  }

  private long denseBytes() {
    return 4L * pattern.rows() * pattern.columns();
  }

  /** A value and a column for each weight, and where each row starts. */
  private long sparseBytes() {
    return 8L * pattern.count() + 4L * (pattern.rows() + 1);
  }

  ModelCost cost() {
    long parameters = pattern.count();
    for (int unit = 0; unit < outputs(); unit++) {
      int at = unit;
      parameters += biases.stream().anyMatch(bias -> bias.get(at) != 0) ? 1 : 0;
    }
    long bytes = Math.min(denseBytes(), sparseBytes()) + 4L * outputs();
    return new ModelCost(parameters, pattern.count(), bytes);
  }

  /**
   * A set's weights as a whole matrix [outputs, inputs], zeros included.
   *
   * @param set 0 for the mean, samples from 1 on
   */
  public MatrixView dense(int set) {
    float[] matrix = new float[Math.multiplyExact(outputs(), inputs())];
    for (int unit = 0; unit < outputs(); unit++) {
      for (int p = pattern.start(unit); p < pattern.start(unit + 1); p++) {
        matrix[unit * inputs() + pattern.column(p)] = weights.get(set).get(p);
      }
    }
    return MatrixView.of(outputs(), inputs(), matrix);
  }
}
