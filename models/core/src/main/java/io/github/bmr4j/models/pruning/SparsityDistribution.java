package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** How a sparsity is shared out among layers that are ranked each by itself. */
public sealed interface SparsityDistribution {

  /** The same in all layers. */
  record Uniform() implements SparsityDistribution {}

  /**
   * Densities in proportion to (sum of extents)/(product of extents) of the weights' shapes, so
   * that small layers stay denser; layers whose density would exceed 1 stay whole (Evci et al.:
   * Rigging the lottery, 2020).
   */
  record ErdosRenyiKernel() implements SparsityDistribution {}

  /**
   * A sparsity for each layer by its name, whatever the target; layers without one stay whole.
   *
   * @param sparsities in [0, 1]
   */
  record Custom(Map<String, Double> sparsities) implements SparsityDistribution {

    /**
     * @throws IllegalArgumentException if a sparsity is outside [0, 1]
     */
    public Custom {
      sparsities = Map.copyOf(sparsities);
      sparsities.forEach(
          (layer, sparsity) -> {
            if (!(sparsity >= 0 && sparsity <= 1)) {
              throw new IllegalArgumentException(
                  "The sparsity of " + layer + " must lie in [0, 1], but is " + sparsity);
            }
          });
    }
  }

  /**
   * The sparsity of each layer.
   *
   * @param layers that take part
   * @param sparsity of all their weights together
   */
  default double[] sparsities(List<ParameterBlock> layers, double sparsity) {
    double[] result = new double[layers.size()];
    switch (this) {
      case Uniform _ -> Arrays.fill(result, sparsity);
      case ErdosRenyiKernel _ ->
          result = erdosRenyi(layers.stream().map(ParameterBlock::weightShape).toList(), sparsity);
      case Custom(Map<String, Double> given) ->
          Arrays.setAll(result, l -> given.getOrDefault(layers.get(l).layer(), 0.0));
    }
    return result;
  }

  /**
   * Sparsities by Erdős–Rényi kernels.
   *
   * @param shapes of the layers' weights
   * @param sparsity of all together
   */
  static double[] erdosRenyi(List<Shape> shapes, double sparsity) {
    boolean[] dense = new boolean[shapes.size()];
    while (true) {
      double weights = 0;
      double extents = 0;
      double largest = 0;
      for (int l = 0; l < dense.length; l++) {
        double n = shapes.get(l).size();
        double removed = Math.floor(sparsity * n);
        weights += dense[l] ? -removed : n - removed;
        if (!dense[l]) {
          extents += sumOfExtents(shapes.get(l));
          largest = Math.max(largest, sumOfExtents(shapes.get(l)) / n);
        }
      }
      double scale = extents == 0 ? 0 : weights / extents;
      double limit = largest;
      if (largest * scale <= 1) {
        double[] result = new double[dense.length];
        Arrays.setAll(result, l -> dense[l] ? 0 : 1 - scale * ratio(shapes.get(l)));
        return result;
      }
      for (int l = 0; l < dense.length; l++) {
        dense[l] |= ratio(shapes.get(l)) == limit;
      }
    }
  }

  private static double ratio(Shape shape) {
    return sumOfExtents(shape) / shape.size();
  }

  private static double sumOfExtents(Shape shape) {
    double sum = 0;
    for (int extent : shape.toArray()) {
      sum += extent;
    }
    return sum;
  }
}
