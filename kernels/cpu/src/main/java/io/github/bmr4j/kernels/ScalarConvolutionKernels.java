package io.github.bmr4j.kernels;

import java.util.Arrays;

/** Convolution and pooling as they are defined, in double and rounded once. */
final class ScalarConvolutionKernels implements ConvolutionKernels {

  private final ScalarElementwiseKernels elementwise = new ScalarElementwiseKernels();

  /** Does something with each product of a weight and a pixel that falls into an output. */
  private interface Term {
    void at(int input, int weight, int output);
  }

  /** All products inside the images, the window's elements in ascending order for each output. */
  private static void forEachTerm(ConvolutionShape s, Term term) {
    Window w = s.window();
    for (int n = 0; n < s.batch(); n++) {
      for (int f = 0; f < s.filters(); f++) {
        int firstChannel = f / s.groupFilters() * s.groupChannels();
        for (int i = 0; i < s.outputHeight(); i++) {
          for (int j = 0; j < s.outputWidth(); j++) {
            int output = ((n * s.filters() + f) * s.outputHeight() + i) * s.outputWidth() + j;
            for (int k = 0; k < s.filterSize(); k++) {
              int c = k / w.size();
              int row = i * w.verticalStride() + k / w.width() % w.height() - w.verticalPadding();
              int column = j * w.horizontalStride() + k % w.width() - w.horizontalPadding();
              if (row >= 0 && row < s.height() && column >= 0 && column < s.width()) {
                int plane = n * s.channels() + firstChannel + c;
                int input = (plane * s.height() + row) * s.width() + column;
                term.at(input, f * s.filterSize() + k, output);
              }
            }
          }
        }
      }
    }
  }

  private static void store(double[] sums, Slice out, boolean accumulate) {
    for (int i = 0; i < sums.length; i++) {
      out.set(i, (float) (accumulate ? out.get(i) + sums[i] : sums[i]));
    }
  }

  @Override
  public void convolve(ConvolutionShape shape, Slice x, Slice weights, Slice y, Epilogue epilogue) {
    ConvolutionArguments.convolve(shape, x, weights, y, epilogue);
    double[] sums = new double[y.length()];
    forEachTerm(shape, (i, w, o) -> sums[o] += (double) x.get(i) * weights.get(w));
    if (epilogue.bias() != null) {
      for (int o = 0; o < sums.length; o++) {
        sums[o] += epilogue.bias().get(o / shape.outputPixels() % shape.filters());
      }
    }
    store(sums, y, epilogue.accumulate());
    if (epilogue.activation() != UnaryFunction.IDENTITY) {
      elementwise.apply(epilogue.activation(), y, y);
    }
  }

  @Override
  public void convolvePullbackInput(
      ConvolutionShape shape, Slice weights, Slice dy, Slice dx, boolean accumulate) {
    ConvolutionArguments.pullbackInput(shape, weights, dy, dx);
    double[] sums = new double[dx.length()];
    forEachTerm(shape, (i, w, o) -> sums[i] += (double) dy.get(o) * weights.get(w));
    store(sums, dx, accumulate);
  }

  @Override
  public void convolvePullbackWeights(
      ConvolutionShape shape,
      Slice x,
      Slice dy,
      Slice dWeights,
      boolean accumulateWeights,
      Slice dBias,
      boolean accumulateBias) {
    ConvolutionArguments.pullbackWeights(shape, x, dy, dWeights, dBias);
    double[] sums = new double[dWeights.length()];
    forEachTerm(shape, (i, w, o) -> sums[w] += (double) dy.get(o) * x.get(i));
    store(sums, dWeights, accumulateWeights);
    if (dBias != null) {
      double[] biases = new double[dBias.length()];
      for (int o = 0; o < dy.length(); o++) {
        biases[o / shape.outputPixels() % shape.filters()] += dy.get(o);
      }
      store(biases, dBias, accumulateBias);
    }
  }

  /** Does something with each element that a window sees. */
  private interface Element {
    void at(int input, int output);
  }

  /** All elements inside the planes, those of each window row by row. */
  private static void forEachElement(PoolingShape s, Element element) {
    Window w = s.window();
    for (int o = 0; o < s.outputSize(); o++) {
      int j = o % s.outputWidth();
      int i = o / s.outputWidth() % s.outputHeight();
      int plane = o / s.outputWidth() / s.outputHeight();
      for (int k = 0; k < w.size(); k++) {
        int row = i * w.verticalStride() + k / w.width() - w.verticalPadding();
        int column = j * w.horizontalStride() + k % w.width() - w.horizontalPadding();
        if (row >= 0 && row < s.height() && column >= 0 && column < s.width()) {
          element.at((plane * s.height() + row) * s.width() + column, o);
        }
      }
    }
  }

  @Override
  public void maxPool(PoolingShape shape, Slice x, Slice y) {
    ConvolutionArguments.pool("maxPool", shape, x, y);
    y.fill(Float.NEGATIVE_INFINITY);
    forEachElement(shape, (i, o) -> y.set(o, Math.max(y.get(o), x.get(i))));
  }

  @Override
  public void maxPoolPullback(
      PoolingShape shape, Slice x, Slice y, Slice dy, Slice dx, boolean accumulate) {
    ConvolutionArguments.maxPoolPullback(shape, x, y, dy, dx);
    int[] largest = new int[y.length()];
    Arrays.fill(largest, -1);
    forEachElement(
        shape,
        (i, o) -> {
          if (largest[o] < 0 && x.get(i) == y.get(o)) {
            largest[o] = i;
          }
        });
    double[] sums = new double[dx.length()];
    for (int o = 0; o < largest.length; o++) {
      if (largest[o] >= 0) {
        sums[largest[o]] += dy.get(o);
      }
    }
    store(sums, dx, accumulate);
  }

  @Override
  public void averagePool(PoolingShape shape, Slice x, Slice y) {
    ConvolutionArguments.pool("averagePool", shape, x, y);
    double[] sums = new double[y.length()];
    forEachElement(shape, (i, o) -> sums[o] += x.get(i));
    for (int o = 0; o < sums.length; o++) {
      y.set(o, (float) (sums[o] / shape.window().size()));
    }
  }

  @Override
  public void averagePoolPullback(PoolingShape shape, Slice dy, Slice dx, boolean accumulate) {
    ConvolutionArguments.poolPullback("averagePoolPullback", shape, dy, dx);
    double[] sums = new double[dx.length()];
    forEachElement(shape, (i, o) -> sums[i] += (double) dy.get(o) / shape.window().size());
    store(sums, dx, accumulate);
  }
}
