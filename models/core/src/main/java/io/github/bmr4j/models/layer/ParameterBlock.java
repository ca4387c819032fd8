package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;

/**
 * The parameters of one layer as one block of memory: the weight matrix [rows, columns] row-major,
 * then the bias [rows] if there is one. Row i feeds output unit i. Priors, posteriors and model
 * reduction see the block; the layer sees its two views.
 *
 * @param layer name of the layer
 * @param weightShape the weights as files have them: [output units, inputs] of a dense layer,
 *     [filters, channels, height, width] of a convolution; the first extent are the rows, all
 *     others make the columns
 * @param bias whether each row has a bias
 */
public record ParameterBlock(String layer, Shape weightShape, boolean bias) {

  /**
   * The block of a dense layer.
   *
   * @param layer name of the layer
   * @param rows output units
   * @param columns inputs of each
   * @param bias whether each row has a bias
   */
  public ParameterBlock(String layer, int rows, int columns, boolean bias) {
    this(layer, Shape.of(rows, columns), bias);
  }

  /** Number of output units. */
  public int rows() {
    return weightShape.extent(0);
  }

  /** Weights of each output unit. */
  public int columns() {
    return rows() == 0 ? 0 : weightShape.size() / rows();
  }

  /** Number of parameters. */
  public int size() {
    return Math.addExact(weightShape.size(), bias ? rows() : 0);
  }

  /** The block's shape as a whole. */
  public Shape shape() {
    return Shape.of(size());
  }

  /** The weight matrix inside the block. */
  public Node weights(Node block) {
    return new View(block, 0, Shape.of(rows(), columns()));
  }

  /** The bias inside the block. */
  public Node biases(Node block) {
    if (!bias) {
      throw new IllegalStateException("Layer " + layer + " has no bias");
    }
    return new View(block, weightShape.size(), Shape.of(rows()));
  }
}
