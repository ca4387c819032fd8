package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.ConvolutionShape;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.Window;

/** y = x ∗ W + b, or without b: a two-dimensional convolution before its activation. */
public final class Convolution extends Node {

  private final ConvolutionShape sizes;

  private Epilogue addBias;

  /**
   * @param x [batch, channels, height, width]
   * @param weights W, [filters, channels / groups · window height · window width]
   * @param bias b, [filters]
   * @param window size, stride and padding
   * @param groups of channels and filters that have nothing to do with each other
   */
  public Convolution(Node x, Node weights, Node bias, Window window, int groups) {
    this(x, weights, bias, sizes(x, weights, bias, window, groups));
  }

  /**
   * y = x ∗ W.
   *
   * @param x [batch, channels, height, width]
   * @param weights W, [filters, channels / groups · window height · window width]
   * @param window size, stride and padding
   * @param groups of channels and filters that have nothing to do with each other
   */
  public Convolution(Node x, Node weights, Window window, int groups) {
    this(x, weights, sizes(x, weights, window, groups));
  }

  private Convolution(Node x, Node weights, ConvolutionShape sizes) {
    super(
        Shape.of(sizes.batch(), sizes.filters(), sizes.outputHeight(), sizes.outputWidth()),
        x,
        weights);
    this.sizes = sizes;
  }

  private Convolution(Node x, Node weights, Node bias, ConvolutionShape sizes) {
    super(
        Shape.of(sizes.batch(), sizes.filters(), sizes.outputHeight(), sizes.outputWidth()),
        x,
        weights,
        bias);
    this.sizes = sizes;
  }

  private static ConvolutionShape sizes(
      Node x, Node weights, Node bias, Window window, int groups) {
    ConvolutionShape sizes = sizes(x, weights, window, groups);
    require(
        bias.shape().equals(Shape.of(sizes.filters())),
        "Convolution with %d filters needs a bias for each, but got %s",
        sizes.filters(),
        bias.shape());
    return sizes;
  }

  private static ConvolutionShape sizes(Node x, Node weights, Window window, int groups) {
    require(
        x.shape().rank() == 4 && weights.shape().rank() == 2,
        "Convolution needs x [batch, channels, height, width] and weights [filters, patch], but"
            + " got %s and %s",
        x.shape(),
        weights.shape());
    ConvolutionShape sizes =
        new ConvolutionShape(
            x.shape().extent(0),
            x.shape().extent(1),
            x.shape().extent(2),
            x.shape().extent(3),
            weights.shape().extent(0),
            groups,
            window);
    require(
        weights.shape().extent(1) == sizes.filterSize(),
        "Convolution of x %s with %s and %d groups needs weights [filters, %d], but got %s",
        x.shape(),
        window,
        groups,
        sizes.filterSize(),
        weights.shape());
    return sizes;
  }

  private boolean hasBias() {
    return inputs().size() == 3;
  }

  @Override
  protected void forward(Backend backend) {
    if (addBias == null) {
      addBias = hasBias() ? Epilogue.of(input(2).slice(), UnaryFunction.IDENTITY) : Epilogue.STORE;
    }
    backend
        .convolution()
        .convolve(sizes, input(0).slice(), input(1).slice(), value().slice(), addBias);
  }

  @Override
  protected void pullback(Backend backend) {
    Slice dy = gradient().slice();
    if (inputGradient(0) != null) {
      Slice dx = inputGradient(0).slice();
      backend.convolution().convolvePullbackInput(sizes, input(1).slice(), dy, dx, accumulates(0));
    }
    if (inputGradient(1) != null) {
      boolean learnt = hasBias() && inputGradient(2) != null;
      Slice dBias = learnt ? inputGradient(2).slice() : null;
      Slice dWeights = inputGradient(1).slice();
      backend
          .convolution()
          .convolvePullbackWeights(
              sizes,
              input(0).slice(),
              dy,
              dWeights,
              accumulates(1),
              dBias,
              learnt && accumulates(2));
    } else if (hasBias() && inputGradient(2) != null) {
      throw new IllegalStateException(
          this + ": the biases have a gradient but the weights have none; make both trainable");
    }
  }
}
