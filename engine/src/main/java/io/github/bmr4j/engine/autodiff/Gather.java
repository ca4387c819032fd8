package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import java.util.Arrays;

/**
 * Rows of a table by their numbers: an embedding of tokens. The numbers are floats, as class labels
 * are, and have no gradient; that of a row is the sum over all places that it went to.
 */
public final class Gather extends Node {

  private final int entries;
  private final int width;

  /**
   * @param table [entries, width]
   * @param indices any shape, whole numbers 0 … entries − 1
   */
  public Gather(Node table, Node indices) {
    super(shape(table.shape(), indices.shape()), table, indices);
    this.entries = table.shape().extent(0);
    this.width = table.shape().extent(1);
  }

  private static Shape shape(Shape table, Shape indices) {
    require(table.rank() == 2, "Gather needs a table [entries, width], but got %s", table);
    int[] extents = Arrays.copyOf(indices.toArray(), indices.rank() + 1);
    extents[indices.rank()] = table.extent(1);
    return Shape.of(extents);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if a number is no row of the table
   */
  @Override
  protected void forward(Backend backend) {
    Slice indices = input(1).slice();
    backend.memory().pull(indices);
    for (int i = 0; i < indices.length(); i++) {
      checkRow(indices.get(i), i);
    }
    backend.sequence().gatherRows(input(0).matrix(), indices, 0, value().matrix());
  }

  private void checkRow(float index, int at) {
    if (!(index >= 0 && index < entries) || index != (int) index) {
      throw new IllegalArgumentException(
          "An embedding has the rows 0 to " + (entries - 1) + ", but index " + at + " is " + index);
    }
  }

  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) == null) {
      return;
    }
    Slice sum = inputGradient(0).slice();
    if (!accumulates(0)) {
      backend.elementwise().fill(sum, 0);
    }
    Slice indices = input(1).slice();
    Slice given = gradient().slice();
    backend.memory().pull(sum);
    backend.memory().pull(given);
    float[] to = sum.array();
    float[] from = given.array();
    for (int i = 0; i < indices.length(); i++) {
      int row = sum.offset() + width * (int) indices.get(i);
      int place = given.offset() + i * width;
      for (int j = 0; j < width; j++) {
        to[row + j] += from[place + j];
      }
    }
    backend.memory().push(sum);
  }
}
