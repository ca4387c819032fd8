package io.github.bmr4j.engine.onnx;

import io.github.bmr4j.engine.autodiff.Add;
import io.github.bmr4j.engine.autodiff.AveragePool;
import io.github.bmr4j.engine.autodiff.BatchedProduct;
import io.github.bmr4j.engine.autodiff.Convolution;
import io.github.bmr4j.engine.autodiff.LayerNormalization;
import io.github.bmr4j.engine.autodiff.Linear;
import io.github.bmr4j.engine.autodiff.MaxPool;
import io.github.bmr4j.engine.autodiff.Multiply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Permute;
import io.github.bmr4j.engine.autodiff.Scale;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Window;
import java.util.Arrays;

/** Operators with weights, and those that move a window. */
final class OnnxLinear {

  private final OnnxScope scope;
  private final OnnxArithmetic arithmetic;
  private final OnnxShapes shapes;

  /**
   * @param scope the values so far
   * @param arithmetic hears of products that may get a bias
   * @param shapes pads images
   */
  OnnxLinear(OnnxScope scope, OnnxArithmetic arithmetic, OnnxShapes shapes) {
    this.scope = scope;
    this.arithmetic = arithmetic;
    this.shapes = shapes;
  }

  /** α A B + β C, where B and C are constants as a rule. */
  OnnxValue gemm(OnnxNode node) {
    Node a = scope.node(node, 0);
    OnnxValue b = scope.operand(node, 1);
    if (a.shape().rank() != 2 || b.shape().rank() != 2) {
      throw node.refused("multiplies " + a.shape() + " and " + b.shape() + ", expected matrices");
    }
    Node left = node.number("transA", 0) == 0 ? a : new Permute(a, 1, 0);
    Node weights = node.number("transB", 0) == 0 ? transposed(node, b) : scope.node(node, b);
    float alpha = node.real("alpha", 1);
    float beta = node.real("beta", 1);
    if (!scope.has(node, 2)) {
      Node product = new Linear(left, weights);
      return OnnxValue.of(alpha == 1 ? product : new Scale(alpha, product));
    }
    OnnxValue c = scope.operand(node, 2);
    if (alpha == 1 && beta == 1 && c.shape().equals(Shape.of(weights.shape().extent(0)))) {
      return OnnxValue.of(new Linear(left, weights, scope.node(node, c)));
    }
    Node product = new Scale(alpha, new Linear(left, weights));
    Node added = scope.node(node, scope.broadcast(node, c, product.shape()));
    return OnnxValue.of(new Add(product, new Scale(beta, added)));
  }

  /** A matrix with its axes exchanged. */
  private Node transposed(OnnxNode node, OnnxValue matrix) {
    if (!matrix.isConstant() || matrix.isWhole()) {
      return new Permute(scope.node(node, matrix), 1, 0);
    }
    int rows = matrix.shape().extent(0);
    int columns = matrix.shape().extent(1);
    float[] values = matrix.constant().reals();
    float[] exchanged = new float[values.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        exchanged[j * rows + i] = values[i * columns + j];
      }
    }
    return scope.leaf(Shape.of(columns, rows), exchanged);
  }

  OnnxValue matmul(OnnxNode node) {
    Node a = scope.node(node, 0);
    OnnxValue b = scope.operand(node, 1);
    int rank = a.shape().rank();
    if (rank < 2 || b.shape().rank() < 2) {
      throw node.refused(
          "multiplies " + a.shape() + " and " + b.shape() + "; read are two axes and more");
    }
    int inner = a.shape().extent(-1);
    if (b.shape().rank() > 2) {
      return pairs(node, a, scope.node(node, b));
    }
    if (b.shape().extent(0) != inner || inner == 0) {
      throw node.refused("cannot multiply " + a.shape() + " and " + b.shape());
    }
    Node rows = View.reshape(a, Shape.of(a.shape().size() / inner, inner));
    Node weights = transposed(node, b);
    int[] extents = a.shape().toArray();
    extents[rank - 1] = b.shape().extent(1);
    Shape shape = OnnxScope.shape(node, extents);
    scope.reserve(node, shape);
    Node product = View.reshape(new Linear(rows, weights), shape);
    arithmetic.note(product, new OnnxArithmetic.Product(rows, weights));
    return OnnxValue.of(product);
  }

  /** As many products as there are pairs of matrices. */
  private OnnxValue pairs(OnnxNode node, Node a, Node b) {
    Shape ahead = OnnxScope.together(node, ahead(a.shape()), ahead(b.shape()));
    int m = a.shape().extent(-2);
    int k = a.shape().extent(-1);
    int n = b.shape().extent(-1);
    Node left = matrices(node, a, ahead);
    Node right = matrices(node, b, ahead);
    // The operands must be two nodes.
    Node other = left.equals(right) ? new Scale(1, right) : right;
    if (b.shape().extent(-2) != k) {
      throw node.refused("cannot multiply " + a.shape() + " and " + b.shape());
    }
    Shape shape = behind(node, ahead, m, n);
    scope.reserve(node, shape);
    return OnnxValue.of(View.reshape(new BatchedProduct(left, other, false), shape));
  }

  private static Shape ahead(Shape shape) {
    return Shape.of(Arrays.copyOf(shape.toArray(), shape.rank() - 2));
  }

  private static Shape behind(OnnxNode node, Shape ahead, int rows, int columns) {
    int[] extents = Arrays.copyOf(ahead.toArray(), ahead.rank() + 2);
    extents[ahead.rank()] = rows;
    extents[ahead.rank() + 1] = columns;
    return OnnxScope.shape(node, extents);
  }

  private Node matrices(OnnxNode node, Node x, Shape ahead) {
    int rows = x.shape().extent(-2);
    int columns = x.shape().extent(-1);
    Shape all = behind(node, ahead, rows, columns);
    Node full = scope.broadcast(node, OnnxValue.of(x), all).node();
    return View.reshape(full, Shape.of(ahead.size(), rows, columns));
  }

  OnnxValue convolution(OnnxNode node) {
    Node x = images(node);
    OnnxValue weights = scope.operand(node, 1);
    int[] extents = weights.shape().toArray();
    long groups = node.number("group", 1);
    if (extents.length != 4 || groups < 1 || extents[1] * groups != x.shape().extent(1)) {
      throw node.refused(
          "has weights of "
              + weights.shape()
              + " and "
              + groups
              + " groups for "
              + x.shape()
              + "; read are convolutions of [batch, channels, height, width]");
    }
    long[] size = {extents[2], extents[3]};
    if (!Arrays.equals(node.numbers("kernel_shape", size), size)) {
      throw node.refused("has a kernel_shape that is not that of its weights, " + weights.shape());
    }
    Moving moving = moving(node, size);
    Node padded = moving.padded(x);
    Shape patches = Shape.of(extents[0], extents[1] * extents[2] * extents[3]);
    Node filters = View.reshape(scope.node(node, weights), patches);
    Node result =
        scope.has(node, 2)
            ? new Convolution(padded, filters, scope.node(node, 2), moving.window(), (int) groups)
            : new Convolution(padded, filters, moving.window(), (int) groups);
    return OnnxValue.of(result);
  }

  OnnxValue maxPool(OnnxNode node) {
    Node x = images(node);
    Moving moving = moving(node, kernel(node));
    if (moving.isPadded()) {
      throw node.refused("has other pads on one side than on the other, or wider than its window");
    }
    return OnnxValue.of(new MaxPool(x, moving.window()));
  }

  OnnxValue averagePool(OnnxNode node) {
    Node x = images(node);
    Moving moving = moving(node, kernel(node));
    boolean pads = Arrays.stream(node.numbers("pads")).anyMatch(pad -> pad != 0);
    if (pads && node.number("count_include_pad", 0) == 0) {
      throw node.refused("does not count its padding; read is count_include_pad=1, or no padding");
    }
    return OnnxValue.of(new AveragePool(moving.padded(x), moving.window()));
  }

  OnnxValue globalAveragePool(OnnxNode node) {
    Node x = images(node);
    int height = x.shape().extent(2);
    int width = x.shape().extent(3);
    return OnnxValue.of(new AveragePool(x, new Window(height, width, 1, 1, 0, 0)));
  }

  private Node images(OnnxNode node) {
    Node x = scope.node(node, 0);
    if (x.shape().rank() != 4) {
      throw node.refused(
          "takes " + x.shape() + "; read are images [batch, channels, height, width]");
    }
    return x;
  }

  private static long[] kernel(OnnxNode node) {
    long[] size = node.numbers("kernel_shape");
    if (size.length != 2) {
      throw node.refused("has a window of " + size.length + " axes; read are two");
    }
    return size;
  }

  /** A window, and zeros that have to be put around images before it moves. */
  private final class Moving {

    private final OnnxNode node;
    private final Window window;
    private final long[] pads;

    Moving(OnnxNode node, Window window, long... pads) {
      this.node = node;
      this.window = window;
      this.pads = pads;
    }

    Window window() {
      return window;
    }

    boolean isPadded() {
      return Arrays.stream(pads).anyMatch(pad -> pad != 0);
    }

    Node padded(Node x) {
      return isPadded()
          ? shapes
              .padded(node, OnnxValue.of(x), 0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3])
              .node()
          : x;
    }
  }

  private Moving moving(OnnxNode node, long... size) {
    long[] strides = node.numbers("strides", 1, 1);
    long[] pads = node.numbers("pads", 0, 0, 0, 0);
    long[] dilations = node.numbers("dilations", 1, 1);
    String auto = node.text("auto_pad", "NOTSET");
    if (!Arrays.equals(dilations, new long[] {1, 1}) || node.number("ceil_mode", 0) != 0) {
      throw node.refused("has dilations or rounds up; read are dilations of 1 and ceil_mode=0");
    }
    if (!auto.equals("NOTSET") && !auto.equals("VALID")) {
      throw node.refused("has auto_pad=" + auto + "; read are NOTSET and VALID");
    }
    if (strides.length != 2 || pads.length != 4) {
      throw node.refused(
          "has " + strides.length + " strides and " + pads.length + " pads, expected 2 and 4");
    }
    for (long number : new long[] {size[0], size[1], strides[0], strides[1]}) {
      if (number < 1 || number > Integer.MAX_VALUE) {
        throw node.refused("has a size or stride of " + number + ", expected at least 1");
      }
    }
    boolean inside =
        pads[0] == pads[2]
            && pads[1] == pads[3]
            && pads[0] >= 0
            && pads[1] >= 0
            && pads[0] < size[0]
            && pads[1] < size[1];
    int vertical = inside ? (int) pads[0] : 0;
    int horizontal = inside ? (int) pads[1] : 0;
    Window window =
        new Window(
            (int) size[0], (int) size[1], (int) strides[0], (int) strides[1], vertical, horizontal);
    return new Moving(node, window, inside ? new long[4] : pads);
  }

  /** With the statistics of training: a factor and a shift for each channel. */
  OnnxValue batchNormalization(OnnxNode node) {
    Node x = scope.node(node, 0);
    if (node.number("training_mode", 0) != 0) {
      throw node.refused("is in training; export the model for inference");
    }
    float[] scale = scope.reals(node, 1).reals();
    float[] shift = scope.reals(node, 2).reals();
    float[] mean = scope.reals(node, 3).reals();
    float[] variance = scope.reals(node, 4).reals();
    int channels = x.shape().rank() < 2 ? -1 : x.shape().extent(1);
    for (float[] each : new float[][] {scale, shift, mean, variance}) {
      if (each.length != channels) {
        throw node.refused("has " + each.length + " constants for the channels of " + x.shape());
      }
    }
    double epsilon = node.real("epsilon", 1e-5f);
    float[] factors = new float[channels];
    float[] added = new float[channels];
    for (int c = 0; c < channels; c++) {
      double factor = scale[c] / Math.sqrt(variance[c] + epsilon);
      factors[c] = (float) factor;
      added[c] = (float) (shift[c] - mean[c] * factor);
    }
    int[] extents = new int[x.shape().rank() - 1];
    Arrays.fill(extents, 1);
    extents[0] = channels;
    Node product = new Multiply(x, repeated(node, extents, factors, x.shape()));
    return OnnxValue.of(new Add(product, repeated(node, extents, added, x.shape())));
  }

  private Node repeated(OnnxNode node, int[] extents, float[] values, Shape to) {
    OnnxTensor tensor = new OnnxTensor(Shape.of(extents), values);
    return scope.broadcast(node, OnnxValue.of(scope.leaf(tensor)), to).node();
  }

  OnnxValue layerNormalization(OnnxNode node) {
    Node x = scope.node(node, 0);
    int rank = x.shape().rank();
    int axis = OnnxScope.axis(node, node.number("axis", -1), rank);
    if (axis != rank - 1) {
      throw node.refused("has axis " + axis + " of " + x.shape() + "; read is the last");
    }
    int width = x.shape().extent(-1);
    Node shift =
        scope.has(node, 2) ? scope.node(node, 2) : scope.leaf(Shape.of(width), new float[width]);
    float epsilon = node.real("epsilon", 1e-5f);
    return OnnxValue.of(new LayerNormalization(x, scope.node(node, 1), shift, epsilon));
  }
}
