package io.github.bmr4j.kernels;

/** The argument checks of {@link ConvolutionKernels}; those that pass allocate nothing. */
public final class ConvolutionArguments {

  private ConvolutionArguments() {}

  public static void convolve(
      ConvolutionShape shape, Slice x, Slice weights, Slice y, Epilogue epilogue) {
    Checks.length("convolve", "x", x, shape.inputSize());
    Checks.length("convolve", "weights", weights, shape.weightSize());
    Checks.length("convolve", "y", y, shape.outputSize());
    Checks.disjoint("convolve", "x", x, "y", y);
    Checks.disjoint("convolve", "weights", weights, "y", y);
    if (epilogue.bias() != null) {
      Checks.length("convolve", "bias", epilogue.bias(), shape.filters());
      Checks.disjoint("convolve", "bias", epilogue.bias(), "y", y);
    }
  }

  public static void pullbackInput(ConvolutionShape shape, Slice weights, Slice dy, Slice dx) {
    Checks.length("convolvePullbackInput", "weights", weights, shape.weightSize());
    Checks.length("convolvePullbackInput", "dy", dy, shape.outputSize());
    Checks.length("convolvePullbackInput", "dx", dx, shape.inputSize());
    Checks.disjoint("convolvePullbackInput", "weights", weights, "dx", dx);
    Checks.disjoint("convolvePullbackInput", "dy", dy, "dx", dx);
  }

  public static void pullbackWeights(
      ConvolutionShape shape, Slice x, Slice dy, Slice dWeights, Slice dBias) {
    String operation = "convolvePullbackWeights";
    Checks.length(operation, "x", x, shape.inputSize());
    Checks.length(operation, "dy", dy, shape.outputSize());
    Checks.length(operation, "dWeights", dWeights, shape.weightSize());
    Checks.disjoint(operation, "x", x, "dWeights", dWeights);
    Checks.disjoint(operation, "dy", dy, "dWeights", dWeights);
    if (dBias != null) {
      Checks.length(operation, "dBias", dBias, shape.filters());
      Checks.disjoint(operation, "x", x, "dBias", dBias);
      Checks.disjoint(operation, "dy", dy, "dBias", dBias);
      Checks.disjoint(operation, "dWeights", dWeights, "dBias", dBias);
    }
  }

  public static void pool(String operation, PoolingShape shape, Slice x, Slice y) {
    Checks.length(operation, "x", x, shape.inputSize());
    Checks.length(operation, "y", y, shape.outputSize());
    Checks.disjoint(operation, "x", x, "y", y);
  }

  public static void poolPullback(String operation, PoolingShape shape, Slice dy, Slice dx) {
    Checks.length(operation, "dy", dy, shape.outputSize());
    Checks.length(operation, "dx", dx, shape.inputSize());
    Checks.disjoint(operation, "dy", dy, "dx", dx);
  }

  public static void maxPoolPullback(PoolingShape shape, Slice x, Slice y, Slice dy, Slice dx) {
    pool("maxPoolPullback", shape, x, y);
    poolPullback("maxPoolPullback", shape, dy, dx);
    Checks.disjoint("maxPoolPullback", "x", x, "dx", dx);
    Checks.disjoint("maxPoolPullback", "y", y, "dx", dx);
  }
}
