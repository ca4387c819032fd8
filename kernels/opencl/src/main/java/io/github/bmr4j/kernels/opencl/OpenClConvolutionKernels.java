package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.ConvolutionArguments;
import io.github.bmr4j.kernels.ConvolutionKernels;
import io.github.bmr4j.kernels.ConvolutionShape;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.PoolingShape;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.Window;

/**
 * Direct convolution and pooling on the device. Gradients of images are gathered, so that no two
 * work items write the same element.
 */
final class OpenClConvolutionKernels implements ConvolutionKernels {

  private static final String IMAGES =
      "height, width, outHeight, outWidth, windowHeight, windowWidth, strideDown, strideAcross,"
          + " paddingDown, paddingAcross, ";
  private static final String CHANNELS =
      IMAGES + "channels, filters, groupChannels, groupFilters, ";
  private static final int GROUP = OpenClReductionKernels.GROUP;

  private final Work work;
  private final Launch convolve;
  private final Launch input;
  private final Launch weights;
  private final Launch bias;
  private final Launch pool;
  private final Launch maxPullback;
  private final Launch averagePullback;

  OpenClConvolutionKernels(Work work) {
    this.work = work;
    convolve =
        new Launch(work, "Convolve", CHANNELS + "@x, @w, @y, n, accumulate, ?bias, function");
    input = new Launch(work, "ConvolveInput", CHANNELS + "@w, @dy, @dx, n, accumulate");
    weights =
        new Launch(work, "ConvolveWeights", CHANNELS + "batch, @x, @dy, @dw, accumulate, shared");
    bias = new Launch(work, "ChannelSums", "@dy, batch, filters, pixels, @out, accumulate, shared");
    pool = new Launch(work, "Pool", IMAGES + "@x, @y, n, average");
    maxPullback = new Launch(work, "MaxPoolPullback", IMAGES + "@x, @y, @dy, @dx, n, accumulate");
    averagePullback = new Launch(work, "AveragePoolPullback", IMAGES + "@dy, @dx, n, accumulate");
  }

  @Override
  public void convolve(ConvolutionShape shape, Slice x, Slice w, Slice y, Epilogue epilogue) {
    ConvolutionArguments.convolve(shape, x, w, y, epilogue);
    synchronized (work.context()) {
      channels(convolve.start(), shape).slice(x).slice(w).slice(y).number(y.length());
      convolve.flag(epilogue.accumulate()).optional(epilogue.bias());
      convolve.function(epilogue.activation()).run(y.length());
    }
  }

  @Override
  public void convolvePullbackInput(
      ConvolutionShape shape, Slice w, Slice dy, Slice dx, boolean accumulate) {
    ConvolutionArguments.pullbackInput(shape, w, dy, dx);
    synchronized (work.context()) {
      channels(input.start(), shape).slice(w).slice(dy).slice(dx).number(dx.length());
      input.flag(accumulate).run(dx.length());
    }
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
    synchronized (work.context()) {
      channels(weights.start(), shape).number(shape.batch()).slice(x).slice(dy).slice(dWeights);
      weights.flag(accumulateWeights).local(GROUP).runGroups(dWeights.length(), GROUP);
      if (dBias != null) {
        bias.start().slice(dy).number(shape.batch()).number(shape.filters());
        bias.number(shape.outputPixels()).slice(dBias).flag(accumulateBias).local(GROUP);
        bias.runGroups(shape.filters(), GROUP);
      }
    }
  }

  @Override
  public void maxPool(PoolingShape shape, Slice x, Slice y) {
    ConvolutionArguments.pool("maxPool", shape, x, y);
    pool(shape, x, y, false);
  }

  @Override
  public void averagePool(PoolingShape shape, Slice x, Slice y) {
    ConvolutionArguments.pool("averagePool", shape, x, y);
    pool(shape, x, y, true);
  }

  private void pool(PoolingShape shape, Slice x, Slice y, boolean average) {
    synchronized (work.context()) {
      planes(pool.start(), shape).slice(x).slice(y).number(y.length()).flag(average);
      pool.run(y.length());
    }
  }

  @Override
  public void maxPoolPullback(
      PoolingShape shape, Slice x, Slice y, Slice dy, Slice dx, boolean accumulate) {
    ConvolutionArguments.maxPoolPullback(shape, x, y, dy, dx);
    synchronized (work.context()) {
      planes(maxPullback.start(), shape).slice(x).slice(y).slice(dy).slice(dx);
      maxPullback.number(dx.length()).flag(accumulate).run(dx.length());
    }
  }

  @Override
  public void averagePoolPullback(PoolingShape shape, Slice dy, Slice dx, boolean accumulate) {
    ConvolutionArguments.poolPullback("averagePoolPullback", shape, dy, dx);
    synchronized (work.context()) {
      planes(averagePullback.start(), shape).slice(dy).slice(dx).number(dx.length());
      averagePullback.flag(accumulate).run(dx.length());
    }
  }

  private static Launch channels(Launch launch, ConvolutionShape shape) {
    launch.number(shape.height()).number(shape.width());
    launch.number(shape.outputHeight()).number(shape.outputWidth());
    window(launch, shape.window()).number(shape.channels()).number(shape.filters());
    return launch.number(shape.groupChannels()).number(shape.groupFilters());
  }

  private static Launch planes(Launch launch, PoolingShape shape) {
    launch.number(shape.height()).number(shape.width());
    launch.number(shape.outputHeight()).number(shape.outputWidth());
    return window(launch, shape.window());
  }

  private static Launch window(Launch launch, Window window) {
    launch.number(window.height()).number(window.width());
    launch.number(window.verticalStride()).number(window.horizontalStride());
    return launch.number(window.verticalPadding()).number(window.horizontalPadding());
  }
}
