package io.github.bmr4j.kernels;

/** The argument checks of {@link NoiseKernels}, the same for every back end. */
public final class NoiseArguments {

  private NoiseArguments() {}

  public static void localDraw(Slice mean, Slice variance, Slice deviation, Slice out) {
    String operation = "localDraw";
    Checks.sameLength(operation, "mean", mean, "variance", variance);
    Checks.sameLength(operation, "mean", mean, "deviation", deviation);
    Checks.sameLength(operation, "mean", mean, "out", out);
    Checks.disjoint(operation, "mean", mean, "deviation", deviation);
    Checks.disjoint(operation, "variance", variance, "deviation", deviation);
    Checks.disjoint(operation, "mean", mean, "out", out);
    Checks.disjoint(operation, "variance", variance, "out", out);
    Checks.disjoint(operation, "deviation", deviation, "out", out);
  }

  public static void localDrawPullback(Slice dy, Slice deviation, Slice dVariance) {
    String operation = "localDrawPullback";
    Checks.sameLength(operation, "dy", dy, "deviation", deviation);
    Checks.sameLength(operation, "dy", dy, "dVariance", dVariance);
    Checks.disjoint(operation, "dy", dy, "dVariance", dVariance);
    Checks.disjoint(operation, "deviation", deviation, "dVariance", dVariance);
  }
}
