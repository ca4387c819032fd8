package io.github.bmr4j.kernels;

/**
 * Two-dimensional convolution (cross-correlation, as the field calls it) and pooling of images, and
 * their pullbacks. Images are stored channel by channel, each row by row; {@link ConvolutionShape}
 * and {@link PoolingShape} say the order. An output may not share elements with an input.
 *
 * <p>Error: an element that is a sum of k products differs from the exact one by at most {@code k ·
 * 2⁻²⁴ · Σ|a||b|}; maxima are exact. The result does not depend on the number of threads or on the
 * vector width.
 */
public interface ConvolutionKernels {

  /**
   * y[n, f, i, j] = Σ w[f, c, u, v] · x[n, c, i·s + u − p, j·t + v − q] over the channels c of f's
   * group and over the window, with strides s and t, paddings p and q, and x = 0 outside the image.
   *
   * @param shape the sizes
   * @param x the images
   * @param weights w
   * @param y the result
   * @param epilogue what is done before storing; its bias has one value for each filter
   */
  void convolve(ConvolutionShape shape, Slice x, Slice weights, Slice y, Epilogue epilogue);

  /**
   * The gradient of the images of {@link #convolve}.
   *
   * @param shape the sizes
   * @param weights those of the forward pass
   * @param dy gradient of the result
   * @param dx gradient of the images
   * @param accumulate whether dx is added to
   */
  void convolvePullbackInput(
      ConvolutionShape shape, Slice weights, Slice dy, Slice dx, boolean accumulate);

  /**
   * The gradients of weights and biases of {@link #convolve}.
   *
   * @param shape the sizes
   * @param x the images of the forward pass
   * @param dy gradient of the result
   * @param dWeights gradient of the weights
   * @param accumulateWeights whether dWeights is added to
   * @param dBias gradient of the biases, one for each filter; null if there are none
   * @param accumulateBias whether dBias is added to
   */
  void convolvePullbackWeights(
      ConvolutionShape shape,
      Slice x,
      Slice dy,
      Slice dWeights,
      boolean accumulateWeights,
      Slice dBias,
      boolean accumulateBias);

  /**
   * The largest element that each window sees; padding is never the largest. NaN if there is a NaN
   * in the window.
   */
  void maxPool(PoolingShape shape, Slice x, Slice y);

  /**
   * The gradient of the argument of {@link #maxPool}: each window's gradient goes to the first of
   * its largest elements, row by row; nowhere if the maximum is NaN.
   *
   * @param shape the sizes
   * @param x the argument of the forward pass
   * @param y its result
   * @param dy gradient of the result
   * @param dx gradient of the argument
   * @param accumulate whether dx is added to
   */
  void maxPoolPullback(
      PoolingShape shape, Slice x, Slice y, Slice dy, Slice dx, boolean accumulate);

  /** The mean of each window; padding counts as zeros, the divisor is always the window's size. */
  void averagePool(PoolingShape shape, Slice x, Slice y);

  /**
   * The gradient of the argument of {@link #averagePool}.
   *
   * @param shape the sizes
   * @param dy gradient of the result
   * @param dx gradient of the argument
   * @param accumulate whether dx is added to
   */
  void averagePoolPullback(PoolingShape shape, Slice dy, Slice dx, boolean accumulate);
}
