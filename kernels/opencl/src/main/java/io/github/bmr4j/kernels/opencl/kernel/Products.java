package io.github.bmr4j.kernels.opencl.kernel;

/**
 * The operands of products c = f(a b + c + bias) of many pairs, each with any distances of pairs,
 * rows and columns.
 */
abstract class Products extends Functions {

  float[] a;
  int aAt;
  int aPair;
  int aRow;
  int aColumn;
  float[] b;
  int bAt;
  int bPair;
  int bRow;
  int bColumn;
  float[] c;
  int cAt;
  int cStride;
  int cPair;
  int rows;
  int columns;
  int inner;

  /** Tiles that cover a pair's c. */
  int tiles;

  /** Those of them side by side. */
  int tilesAcross;

  int accumulate;
  float[] bias;
  int biasAt;
  int hasBias;
  int function;

  /** What is stored for an element of a pair's product. */
  protected void store(int pair, int i, int j, float product) {
    if (i < rows && j < columns) {
      int at = cAt + pair * cPair + i * cStride + j;
      float result = product;
      if (accumulate != 0) {
        result = result + c[at];
      }
      if (hasBias != 0) {
        result = result + bias[biasAt + j];
      }
      c[at] = value(function, result);
    }
  }
}
