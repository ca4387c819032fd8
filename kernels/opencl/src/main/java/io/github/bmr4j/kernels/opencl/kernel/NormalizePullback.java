package io.github.bmr4j.kernels.opencl.kernel;

/** The pullback of {@link Normalize} to its rows, and dOut times the normalised rows. */
final class NormalizePullback extends NormalizedRows {

  float[] dOut;
  int dOutAt;
  int dOutStride;
  float[] dX;
  int dXAt;
  int dXStride;
  float[] products;
  int productsAt;
  int productsStride;
  int accumulate;

  @Override
  public void run() {
    int row = getGroupId(0);
    int l = getLocalId(0);
    float mean = rowMean(row);
    float inverse = inverseDeviation(row, mean);
    float ofMean = 0f;
    float ofDeviation = 0f;
    for (int j = l; j < columns; j = j + SIZE) {
      float normalized = (x[xAt + row * xStride + j] - mean) * inverse;
      float gradient = dOut[dOutAt + row * dOutStride + j];
      float d = gradient * scale[scaleAt + j];
      ofMean = ofMean + d;
      ofDeviation = fma(d, normalized, ofDeviation);
      products[productsAt + row * productsStride + j] = gradient * normalized;
    }
    ofMean = groupSum(ofMean) / columns;
    ofDeviation = groupSum(ofDeviation) / columns;
    for (int j = l; j < columns; j = j + SIZE) {
      float normalized = (x[xAt + row * xStride + j] - mean) * inverse;
      float d = dOut[dOutAt + row * dOutStride + j] * scale[scaleAt + j];
      float share = inverse * (d - ofMean - normalized * ofDeviation);
      int at = dXAt + row * dXStride + j;
      if (accumulate != 0) {
        share = dX[at] + share;
      }
      dX[at] = share;
    }
  }
}
