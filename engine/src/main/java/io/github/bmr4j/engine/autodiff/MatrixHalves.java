package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;

/** The two halves of a packed tensor [2 batch, n]: means, then variances. */
final class MatrixHalves {

  private final Slice means;
  private final Slice variances;
  private final MatrixView meanMatrix;
  private final MatrixView varianceMatrix;

  MatrixHalves(Tensor packed) {
    int half = packed.size() / 2;
    int columns = packed.matrix().columns();
    int batch = packed.matrix().rows() / 2;
    means = packed.slice().slice(0, half);
    variances = packed.slice().slice(half, half);
    meanMatrix = means.asMatrix(batch, columns);
    varianceMatrix = variances.asMatrix(batch, columns);
  }

  Slice means() {
    return means;
  }

  Slice variances() {
    return variances;
  }

  MatrixView meanMatrix() {
    return meanMatrix;
  }

  MatrixView varianceMatrix() {
    return varianceMatrix;
  }
}
