package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.kernels.Window;
import java.util.function.DoubleBinaryOperator;

/**
 * Convolution and pooling in double, independent of the kernels: output pixel by output pixel, with
 * a padded copy of the images.
 */
final class ImageReference {

  private final int batch;
  private final int channels;
  private final int height;
  private final int width;
  private final Window window;

  ImageReference(int batch, int channels, int height, int width, Window window) {
    this.batch = batch;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.window = window;
  }

  private int rows() {
    return (height + 2 * window.verticalPadding() - window.height()) / window.verticalStride() + 1;
  }

  private int columns() {
    return (width + 2 * window.horizontalPadding() - window.width()) / window.horizontalStride()
        + 1;
  }

  private double[][] padded(double[] x, int plane, double outside) {
    int top = window.verticalPadding();
    int left = window.horizontalPadding();
    double[][] image = new double[height + 2 * top][width + 2 * left];
    for (int i = 0; i < image.length; i++) {
      for (int j = 0; j < image[0].length; j++) {
        boolean inside = i >= top && i < top + height && j >= left && j < left + width;
        int at = (plane * height + i - top) * width + j - left;
        image[i][j] = inside ? x[at] : outside;
      }
    }
    return image;
  }

  double[] convolution(double[] x, double[] w, double[] b, int groups) {
    int filters = b.length;
    int inGroup = channels / groups;
    int size = inGroup * window.size();
    double[] y = new double[batch * filters * rows() * columns()];
    for (int o = 0; o < y.length; o++) {
      int filter = o / (rows() * columns()) % filters;
      int image = o / (rows() * columns()) / filters;
      int row = o / columns() % rows() * window.verticalStride();
      int column = o % columns() * window.horizontalStride();
      y[o] = b[filter];
      for (int c = 0; c < inGroup; c++) {
        int plane = image * channels + filter / (filters / groups) * inGroup + c;
        double[][] padded = padded(x, plane, 0);
        for (int k = 0; k < window.size(); k++) {
          double pixel = padded[row + k / window.width()][column + k % window.width()];
          y[o] += w[filter * size + c * window.size() + k] * pixel;
        }
      }
    }
    return y;
  }

  double[] maxPool(double[] x) {
    return pool(x, Double.NEGATIVE_INFINITY, Math::max, 1);
  }

  double[] averagePool(double[] x) {
    return pool(x, 0, Double::sum, window.size());
  }

  private double[] pool(double[] x, double start, DoubleBinaryOperator join, int divisor) {
    double[] y = new double[batch * channels * rows() * columns()];
    for (int o = 0; o < y.length; o++) {
      double[][] image = padded(x, o / (rows() * columns()), start);
      double value = start;
      for (int k = 0; k < window.size(); k++) {
        int row = o / columns() % rows() * window.verticalStride() + k / window.width();
        int column = o % columns() * window.horizontalStride() + k % window.width();
        value = join.applyAsDouble(value, image[row][column]);
      }
      y[o] = value / divisor;
    }
    return y;
  }

  /** Each channel of [batch, channels, pixels] with mean 0 and variance 1, scaled and shifted. */
  static double[] normalizeChannels(double[] x, double[] scale, double[] shift, int pixels) {
    int channels = scale.length;
    double count = (double) x.length / channels;
    double[] mean = new double[channels];
    double[] variance = new double[channels];
    for (int i = 0; i < x.length; i++) {
      mean[i / pixels % channels] += x[i] / count;
    }
    for (int i = 0; i < x.length; i++) {
      int c = i / pixels % channels;
      variance[c] += (x[i] - mean[c]) * (x[i] - mean[c]) / count;
    }
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      int c = i / pixels % channels;
      y[i] = scale[c] * (x[i] - mean[c]) / Math.sqrt(variance[c] + 1e-5) + shift[c];
    }
    return y;
  }
}
