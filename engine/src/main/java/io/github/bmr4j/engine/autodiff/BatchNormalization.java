package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.ConvolutionShape;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.Window;

/**
 * Batch normalisation (Ioffe and Szegedy 2015): each channel with mean 0 and variance 1, times a
 * scale and plus a shift. A graph for training takes mean and variance of the batch, and notes them
 * in {@link RunningStatistics}; a graph for inference takes them from there.
 *
 * <p>What is done to each channel by itself is a convolution by 1×1 with as many groups as
 * channels.
 */
public final class BatchNormalization extends Node {

  /** What is added to the variance. */
  public static final double EPSILON = 1e-5;

  private final RunningStatistics running;
  private final ConvolutionShape sizes;

  /** Elements of a channel in the whole batch. */
  private final double count;

  // Factors and shifts of the channels, and what the sums go through.
  private Slice factor;
  private Slice offset;
  private Slice sums;
  private Slice imageSums;
  private MatrixView imageSumsByImage;
  private MatrixView xPlanes;
  private MatrixView gradientPlanes;
  private MatrixView centredPlanes;
  private MatrixView normalizedPlanes;
  private Epilogue shifted;
  private Epilogue shiftedOntoOld;

  // For training: x less its mean, then products; and x normalised.
  private Slice centred;
  private Slice normalized;
  private double[] inverse;

  /**
   * @param x [batch, channels, height, width] or [batch, channels]
   * @param scale [channels]
   * @param shift [channels]
   * @param running of these channels; changed by each forward pass of training
   */
  public BatchNormalization(Node x, Node scale, Node shift, RunningStatistics running) {
    super(x.shape(), x, scale, shift);
    Shape shape = x.shape();
    require(
        (shape.rank() == 2 || shape.rank() == 4)
            && scale.shape().equals(Shape.of(shape.extent(1)))
            && shift.shape().equals(scale.shape())
            && running.mean().length() == shape.extent(1),
        "BatchNormalization needs x [batch, channels, height, width] or [batch, channels] and"
            + " scale, shift and statistics of the channels, but got %s, %s, %s and %d",
        shape,
        scale.shape(),
        shift.shape(),
        running.mean().length());
    this.running = running;
    int channels = shape.extent(1);
    int height = shape.rank() == 2 ? 1 : shape.extent(2);
    int width = shape.rank() == 2 ? 1 : shape.extent(3);
    this.sizes =
        new ConvolutionShape(
            shape.extent(0), channels, height, width, channels, channels, Window.square(1));
    this.count = (double) shape.extent(0) * height * width;
  }

  private int channels() {
    return sizes.channels();
  }

  @Override
  protected void forward(Backend backend) {
    if (factor == null) {
      allocate(backend);
    }
    Slice x = input(0).slice();
    if (gradient() == null) {
      backend.memory().pull(input(1).slice());
      backend.memory().pull(input(2).slice());
      for (int c = 0; c < channels(); c++) {
        double f = input(1).slice().get(c) / Math.sqrt(running.variance().get(c) + EPSILON);
        set(c, f, input(2).slice().get(c) - f * running.mean().get(c));
      }
      channelwise(backend, x, shifted, value().slice());
      return;
    }
    channelSums(backend, xPlanes, sums, false);
    backend.memory().pull(sums);
    for (int c = 0; c < channels(); c++) {
      set(c, 1, -sums.get(c) / count);
    }
    channelwise(backend, x, shifted, centred);
    backend.elementwise().multiply(centred, centred, normalized);
    channelSums(backend, normalizedPlanes, sums, false);
    backend.memory().pull(sums);
    for (int c = 0; c < channels(); c++) {
      double variance = sums.get(c) / count;
      running.include(c, -offset.get(c), variance * count / Math.max(1, count - 1));
      inverse[c] = 1 / Math.sqrt(variance + EPSILON);
      set(c, inverse[c], 0);
    }
    channelwise(backend, centred, shifted, normalized);
    backend.elementwise().copy(input(1).slice(), factor);
    backend.elementwise().copy(input(2).slice(), offset);
    backend.convolution().convolve(sizes, normalized, factor, value().slice(), shifted);
  }

  private void allocate(Backend backend) {
    factor = allocate(backend, channels());
    offset = allocate(backend, channels());
    shifted = Epilogue.of(offset, UnaryFunction.IDENTITY);
    if (gradient() != null) {
      shiftedOntoOld = new Epilogue(true, offset, UnaryFunction.IDENTITY);
      sums = allocate(backend, channels());
      imageSums = allocate(backend, sizes.batch() * channels());
      centred = allocate(backend, shape().size());
      normalized = allocate(backend, shape().size());
      inverse = new double[channels()];
      imageSumsByImage = imageSums.asMatrix(sizes.batch(), channels());
      xPlanes = planes(input(0).slice());
      gradientPlanes = planes(gradient().slice());
      centredPlanes = planes(centred);
      normalizedPlanes = planes(normalized);
    }
  }

  /** A row for each channel of each image. */
  private MatrixView planes(Slice x) {
    return x.asMatrix(sizes.batch() * channels(), sizes.outputPixels());
  }

  private static Slice allocate(Backend backend, int n) {
    return new Slice(backend.memory().allocate(n), 0, n);
  }

  private void set(int channel, double f, double o) {
    factor.set(channel, (float) f);
    offset.set(channel, (float) o);
  }

  /** y = factor x + offset in each channel, as the host has set them. */
  private void channelwise(Backend backend, Slice x, Epilogue epilogue, Slice y) {
    backend.memory().push(factor);
    backend.memory().push(offset);
    backend.convolution().convolve(sizes, x, factor, y, epilogue);
  }

  private void channelSums(Backend backend, MatrixView planes, Slice out, boolean accumulate) {
    backend.reduction().rowSums(planes, imageSums);
    backend.reduction().columnSums(imageSumsByImage, out, accumulate);
  }

  /** ∂x = scale/s (∂y − mean ∂y − x̂ mean(∂y x̂)) with x̂ = (x − m)/s. */
  @Override
  protected void pullback(Backend backend) {
    Slice dy = gradient().slice();
    backend.elementwise().multiply(dy, normalized, centred);
    if (inputGradient(1) != null) {
      channelSums(backend, centredPlanes, inputGradient(1).slice(), accumulates(1));
    }
    if (inputGradient(2) != null) {
      channelSums(backend, gradientPlanes, inputGradient(2).slice(), accumulates(2));
    }
    if (inputGradient(0) == null) {
      return;
    }
    Slice dx = inputGradient(0).slice();
    Slice scale = input(1).slice();
    backend.memory().pull(scale);
    channelSums(backend, gradientPlanes, sums, false);
    backend.memory().pull(sums);
    for (int c = 0; c < channels(); c++) {
      double f = scale.get(c) * inverse[c];
      set(c, f, -f * sums.get(c) / count);
    }
    channelwise(backend, dy, accumulates(0) ? shiftedOntoOld : shifted, dx);
    channelSums(backend, centredPlanes, sums, false);
    backend.memory().pull(sums);
    for (int c = 0; c < channels(); c++) {
      set(c, -scale.get(c) * inverse[c] * sums.get(c) / count, 0);
    }
    channelwise(backend, normalized, shiftedOntoOld, dx);
  }
}
