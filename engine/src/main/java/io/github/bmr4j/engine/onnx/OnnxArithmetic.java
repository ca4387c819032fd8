package io.github.bmr4j.engine.onnx;

import io.github.bmr4j.engine.autodiff.Add;
import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Linear;
import io.github.bmr4j.engine.autodiff.LogSumExp;
import io.github.bmr4j.engine.autodiff.Multiply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Permute;
import io.github.bmr4j.engine.autodiff.Scale;
import io.github.bmr4j.engine.autodiff.Softmax;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.IntStream;

/** Operators that compute element by element, and those that reduce an axis. */
final class OnnxArithmetic {

  /** A product of a matrix with weights, [rows, in] · [out, in]ᵀ, to which a bias may come. */
  record Product(Node x, Node weights) {}

  private final OnnxScope scope;
  private final IdentityHashMap<Node, Product> products = new IdentityHashMap<>();

  /**
   * @param scope the values so far
   */
  OnnxArithmetic(OnnxScope scope) {
    this.scope = scope;
  }

  /** Notes how a value was made, in case a bias is added to it. */
  void note(Node result, Product product) {
    products.put(result, product);
  }

  /** A function of each element. */
  OnnxValue apply(OnnxNode node, UnaryFunction function) {
    OnnxValue x = scope.operand(node, 0);
    if (x.isConstant() && !x.isWhole() && function == UnaryFunction.SQRT) {
      float[] roots = new float[x.shape().size()];
      for (int i = 0; i < roots.length; i++) {
        roots[i] = (float) Math.sqrt(x.constant().reals()[i]);
      }
      return OnnxValue.of(new OnnxTensor(x.shape(), roots));
    }
    return OnnxValue.of(new Apply(function, scope.node(node, x)));
  }

  OnnxValue gelu(OnnxNode node) {
    String form = node.text("approximate", "none");
    return switch (form) {
      case "none" -> apply(node, UnaryFunction.GELU);
      case "tanh" -> apply(node, UnaryFunction.GELU_TANH);
      default -> throw node.refused("is approximate=" + form + "; read are none and tanh");
    };
  }

  /** a + b, a − b, a b, a / b, aᵇ a mod b or a = b, repeated to a common shape. */
  OnnxValue binary(OnnxNode node) {
    OnnxValue a = scope.operand(node, 0);
    OnnxValue b = scope.operand(node, 1);
    if (a.isConstant() && b.isConstant()) {
      return folded(node, a, b);
    }
    Shape shape = OnnxScope.together(node, a.shape(), b.shape());
    return OnnxValue.of(
        switch (node.operator()) {
          case "Add" -> sum(node, a, b, shape);
          case "Sub" -> new Add(full(node, a, shape), new Scale(-1, full(node, b, shape)));
          case "Mul" -> product(node, a, b, shape);
          case "Div" -> product(node, a, OnnxValue.of(reciprocal(node, b)), shape);
          case "Pow" -> power(node, scope.node(node, a), b);
          default ->
              throw node.refused("is read of constants, but an operand of this one is computed");
        });
  }

  private Node full(OnnxNode node, OnnxValue value, Shape shape) {
    return scope.node(node, scope.broadcast(node, value, shape));
  }

  private Node sum(OnnxNode node, OnnxValue a, OnnxValue b, Shape shape) {
    OnnxValue bias = a.isConstant() ? a : b;
    Product product = products.get(a.isConstant() ? b.node() : a.node());
    boolean isBias =
        product != null
            && bias.isConstant()
            && bias.shape().rank() == 1
            && bias.shape().extent(0) == product.weights().shape().extent(0);
    if (isBias) {
      Node sum = new Linear(product.x(), product.weights(), scope.node(node, bias));
      return View.reshape(sum, shape);
    }
    return new Add(full(node, a, shape), full(node, b, shape));
  }

  private Node product(OnnxNode node, OnnxValue a, OnnxValue b, Shape shape) {
    OnnxValue factor = a.isConstant() ? a : b;
    OnnxValue other = a.isConstant() ? b : a;
    if (factor.isConstant()
        && !factor.isWhole()
        && factor.shape().size() == 1
        && other.shape().equals(shape)) {
      return new Scale(factor.constant().reals()[0], scope.node(node, other));
    }
    return new Multiply(full(node, a, shape), full(node, b, shape));
  }

  private static OnnxTensor reciprocal(OnnxNode node, OnnxValue divisor) {
    if (!divisor.isConstant() || divisor.isWhole()) {
      throw node.refused("divides by a value that is computed; read is division by constants");
    }
    float[] reciprocals = divisor.constant().reals().clone();
    for (int i = 0; i < reciprocals.length; i++) {
      reciprocals[i] = 1 / reciprocals[i];
    }
    return new OnnxTensor(divisor.shape(), reciprocals);
  }

  private static Node power(OnnxNode node, Node x, OnnxValue exponent) {
    if (!exponent.isConstant() || exponent.shape().size() != 1 || exponent.shape().rank() > 1) {
      throw node.refused("has an exponent that is not one constant number");
    }
    double power =
        exponent.isWhole() ? exponent.constant().wholes()[0] : exponent.constant().reals()[0];
    if (power == 1) {
      return x;
    } else if (power == 2) {
      return new Apply(UnaryFunction.SQUARE, x);
    } else if (power == 3) {
      return new Multiply(x, new Apply(UnaryFunction.SQUARE, x));
    } else if (power == 0.5) {
      return new Apply(UnaryFunction.SQRT, x);
    }
    throw node.refused("has the exponent " + power + "; read are 0.5, 1, 2 and 3");
  }

  /** Of constants: shapes, mostly. */
  private OnnxValue folded(OnnxNode node, OnnxValue a, OnnxValue b) {
    if (a.isWhole() != b.isWhole()) {
      throw node.refused("takes whole numbers and real ones together");
    }
    Shape shape = OnnxScope.together(node, a.shape(), b.shape());
    OnnxTensor left = scope.broadcast(node, a, shape).constant();
    OnnxTensor right = scope.broadcast(node, b, shape).constant();
    if (a.isWhole()) {
      long[] wholes = new long[shape.size()];
      for (int i = 0; i < wholes.length; i++) {
        wholes[i] = folded(node, left.wholes()[i], right.wholes()[i]);
      }
      return OnnxValue.of(OnnxTensor.of(shape, wholes));
    }
    float[] reals = new float[shape.size()];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = folded(node, left.reals()[i], right.reals()[i]);
    }
    return OnnxValue.of(new OnnxTensor(shape, reals));
  }

  private static long folded(OnnxNode node, long a, long b) {
    boolean divides = node.operator().equals("Div") || node.operator().equals("Mod");
    if (divides && b == 0) {
      throw node.refused("divides by zero");
    }
    return switch (node.operator()) {
      case "Add" -> a + b;
      case "Sub" -> a - b;
      case "Mul" -> a * b;
      case "Div" -> a / b;
      case "Equal" -> a == b ? 1 : 0;
      case "Mod" -> node.number("fmod", 0) == 0 ? Math.floorMod(a, b) : a % b;
      default -> throw node.refused("is not read of whole numbers");
    };
  }

  private static float folded(OnnxNode node, float a, float b) {
    return switch (node.operator()) {
      case "Add" -> a + b;
      case "Sub" -> a - b;
      case "Mul" -> a * b;
      case "Div" -> a / b;
      case "Pow" -> (float) Math.pow(a, b);
      default -> throw node.refused("is read of whole numbers, but an operand has real ones");
    };
  }

  /** The sum of operands, or their mean. */
  OnnxValue sumOfAll(OnnxNode node, boolean mean) {
    List<OnnxValue> operands = scope.operands(node);
    Shape shape = operands.getFirst().shape();
    for (OnnxValue operand : operands) {
      shape = OnnxScope.together(node, shape, operand.shape());
    }
    Node sum = full(node, operands.getFirst(), shape);
    for (OnnxValue operand : operands.subList(1, operands.size())) {
      sum = new Add(sum, full(node, operand, shape));
    }
    return OnnxValue.of(mean ? new Scale(1f / operands.size(), sum) : sum);
  }

  OnnxValue softmax(OnnxNode node, boolean logarithm) {
    Node x = scope.node(node, 0);
    int rank = x.shape().rank();
    int axis = OnnxScope.axis(node, node.number("axis", -1), rank);
    int[] swap = IntStream.range(0, rank).toArray();
    swap[axis] = rank - 1;
    swap[rank - 1] = axis;
    boolean last = axis == rank - 1;
    Node rows = last ? x : new Permute(x, swap);
    Node result = logarithm ? logarithmOfSoftmax(node, rows) : new Softmax(rows);
    return OnnxValue.of(last ? result : new Permute(result, swap));
  }

  private Node logarithmOfSoftmax(OnnxNode node, Node rows) {
    int[] column = rows.shape().toArray();
    column[column.length - 1] = 1;
    Node total = View.reshape(new LogSumExp(rows), Shape.of(column));
    OnnxValue repeated = scope.broadcast(node, OnnxValue.of(total), rows.shape());
    return new Add(rows, new Scale(-1, repeated.node()));
  }

  /** The mean over some axes. */
  OnnxValue mean(OnnxNode node) {
    Node x = scope.node(node, 0);
    int rank = x.shape().rank();
    long[] axes =
        scope.has(node, 1)
            ? scope.wholes(node, 1)
            : node.numbers("axes", IntStream.range(0, rank).asLongStream().toArray());
    boolean[] reduced = new boolean[rank];
    for (long axis : axes) {
      reduced[OnnxScope.axis(node, axis, rank)] = true;
    }
    boolean keeps = node.number("keepdims", 1) != 0;
    int[] kept = IntStream.range(0, rank).filter(axis -> !reduced[axis]).toArray();
    int[] gone = IntStream.range(0, rank).filter(axis -> reduced[axis]).toArray();
    if (gone.length == 0) {
      throw node.refused("takes the mean over no axis");
    }
    int[] order = IntStream.concat(Arrays.stream(kept), Arrays.stream(gone)).toArray();
    int count = Arrays.stream(gone).map(x.shape()::extent).reduce(1, (p, q) -> p * q);
    int[] whole = IntStream.range(0, rank).map(a -> reduced[a] ? 1 : x.shape().extent(a)).toArray();
    int[] without = Arrays.stream(kept).map(x.shape()::extent).toArray();
    if (x.shape().size() == 0) {
      throw node.refused("takes the mean of nothing");
    }
    float[] weights = new float[count];
    Arrays.fill(weights, 1f / count);
    Node rows = View.reshape(new Permute(x, order), Shape.of(x.shape().size() / count, count));
    Node means = new Linear(rows, scope.leaf(Shape.of(1, count), weights));
    return OnnxValue.of(View.reshape(means, Shape.of(keeps ? whole : without)));
  }
}
