package io.github.bmr4j.kernels.opencl.kernel;

/**
 * The sizes that all kernels on images share; see {@link io.github.bmr4j.kernels.ConvolutionShape}.
 */
abstract class Images extends Functions {

  int height;
  int width;
  int outHeight;
  int outWidth;
  int windowHeight;
  int windowWidth;
  int strideDown;
  int strideAcross;
  int paddingDown;
  int paddingAcross;

  /** First output row or column whose window sees an input. */
  protected int firstWindow(int padded, int extent, int stride) {
    int over = padded - extent + stride;
    return over > 0 ? over / stride : 0;
  }

  /** Last output row or column whose window sees an input, and exists. */
  protected int lastWindow(int padded, int stride, int outputs) {
    int last = padded / stride;
    return last < outputs ? last : outputs - 1;
  }
}
