package io.github.bmr4j.kernels.opencl.kernel;

/** The operands of a product c = f(a b + c + bias), each with any distances of rows and columns. */
abstract class Products extends Functions {

  float[] a;
  int aAt;
  int aRow;
  int aColumn;
  float[] b;
  int bAt;
  int bRow;
  int bColumn;
  float[] c;
  int cAt;
  int cStride;
  int rows;
  int columns;
  int inner;

  /** Tiles side by side that cover c. */
  int tilesAcross;

  int accumulate;
  float[] bias;
  int biasAt;
  int hasBias;
  int function;

  /** What is stored for a product. */
  protected void store(int i, int j, float product) {
    if (i < rows && j < columns) {
      int at = cAt + i * cStride + j;
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
