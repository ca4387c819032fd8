package io.github.bmr4j.models.compact;

/**
 * The parameters of a linear layer: a row of weights for each unit, then a bias each.
 *
 * @param name of the block
 * @param block [units, columns], then [units]
 * @param units rows
 */
record LinearRows(String name, float[] block, int units) {

  int columns() {
    return block.length / units - 1;
  }

  /** Makes each unit y into scale y + shift. */
  void affine(float[] scale, float[] shift) {
    int columns = columns();
    for (int i = 0; i < units; i++) {
      for (int j = 0; j < columns; j++) {
        block[i * columns + j] *= scale[i];
      }
      int bias = units * columns + i;
      block[bias] = block[bias] * scale[i] + shift[i];
    }
  }
}
