package io.github.bmr4j.engine.onnx;

import io.github.bmr4j.engine.autodiff.Elements;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The values that are known while a model's graph is built, and how large they may be. */
final class OnnxScope {

  private final Backend backend;
  private final long mostElements;
  private final Map<String, OnnxValue> values = new HashMap<>();
  private final IdentityHashMap<OnnxTensor, Node> leaves = new IdentityHashMap<>();

  /**
   * @param backend does the work
   * @param mostElements that a value may have
   */
  OnnxScope(Backend backend, long mostElements) {
    this.backend = backend;
    this.mostElements = mostElements;
  }

  void put(String name, OnnxValue value) {
    values.put(name, value);
  }

  /** A value by its name, or null. */
  OnnxValue get(String name) {
    return values.get(name);
  }

  /** Whether an operand is there that may be left out. */
  boolean has(OnnxNode node, int operand) {
    return operand < node.inputs().size() && !node.inputs().get(operand).isEmpty();
  }

  /** An operand. */
  OnnxValue operand(OnnxNode node, int operand) {
    if (!has(node, operand)) {
      throw node.refused("has no operand " + operand);
    }
    String name = node.inputs().get(operand);
    OnnxValue value = values.get(name);
    if (value == null) {
      throw node.refused("takes " + name + ", which no node before it computes");
    }
    return value;
  }

  /** All operands. */
  List<OnnxValue> operands(OnnxNode node) {
    if (node.inputs().isEmpty()) {
      throw node.refused("has no operands");
    }
    return IntStream.range(0, node.inputs().size()).mapToObj(i -> operand(node, i)).toList();
  }

  /** An operand of real numbers as a node. */
  Node node(OnnxNode node, int operand) {
    return node(node, operand(node, operand));
  }

  /** Real numbers as a node. */
  Node node(OnnxNode of, OnnxValue value) {
    if (value.isWhole()) {
      throw of.refused("takes real numbers, but an operand has whole ones");
    }
    return value.isConstant() ? leaf(value.constant()) : value.node();
  }

  /** An operand that is a constant of real numbers. */
  OnnxTensor reals(OnnxNode node, int operand) {
    OnnxValue value = operand(node, operand);
    if (!value.isConstant() || value.isWhole()) {
      throw node.refused(
          "takes " + node.inputs().get(operand) + ", which is no constant of real numbers");
    }
    return value.constant();
  }

  /** An operand that is a constant of whole numbers. */
  long[] wholes(OnnxNode node, int operand) {
    OnnxValue value = operand(node, operand);
    if (!value.isWhole()) {
      throw node.refused(
          "takes " + node.inputs().get(operand) + ", which is no constant of whole numbers");
    }
    return value.constant().wholes();
  }

  /** Refuses a value that is too large, before there is anything of it. */
  void reserve(OnnxNode node, Shape shape) {
    if (shape.size() > mostElements) {
      throw node.refused(
          "makes a value of "
              + shape
              + ", which needs more than the "
              + Float.BYTES * mostElements
              + " bytes that one may take; take a smaller batch, or give Java more memory (-Xmx)");
    }
  }

  /** A shape from extents that come from a file. */
  static Shape shape(OnnxNode node, int... extents) {
    try {
      return Shape.of(extents);
    } catch (IllegalArgumentException impossible) {
      throw node.refused("makes a value that cannot be: " + impossible.getMessage());
    }
  }

  /** A constant in the back end's memory; once for each. */
  Node leaf(OnnxTensor constant) {
    return leaves.computeIfAbsent(constant, known -> leaf(known.shape(), known.reals()));
  }

  /** Numbers in the back end's memory. */
  Node leaf(Shape shape, float... reals) {
    float[] memory = backend.memory().allocate(reals.length);
    System.arraycopy(reals, 0, memory, 0, reals.length);
    Tensor tensor = Tensor.of(shape, memory);
    backend.memory().push(tensor.slice());
    return new Input(tensor);
  }

  /** The same elements under another shape. */
  static OnnxValue reshaped(OnnxNode node, OnnxValue value, Shape shape) {
    if (value.shape().size() != shape.size()) {
      throw node.refused("cannot give " + value.shape() + " the shape " + shape);
    }
    if (!value.isConstant()) {
      return OnnxValue.of(
          value.shape().equals(shape) ? value.node() : View.reshape(value.node(), shape));
    }
    OnnxTensor known = value.constant();
    return OnnxValue.of(new OnnxTensor(shape, known.reals(), known.wholes()));
  }

  /** Elements by their coordinates along each axis; see {@link Elements}. */
  OnnxValue elements(OnnxNode node, OnnxValue value, int[][] coordinates) {
    int[] extents = Arrays.stream(coordinates).mapToInt(along -> along.length).toArray();
    Shape shape = shape(node, extents);
    reserve(node, shape);
    if (coordinates.length == 0) {
      return value;
    }
    if (!value.isConstant()) {
      return OnnxValue.of(new Elements(value.node(), coordinates));
    }
    OnnxTensor known = value.constant();
    float[] reals = known.isWhole() ? null : new float[shape.size()];
    long[] wholes = known.isWhole() ? new long[shape.size()] : null;
    for (int i = 0; i < shape.size(); i++) {
      int from = source(i, coordinates, known.shape());
      if (from >= 0 && known.isWhole()) {
        wholes[i] = known.wholes()[from];
      } else if (from >= 0) {
        reals[i] = known.reals()[from];
      }
    }
    return OnnxValue.of(new OnnxTensor(shape, reals, wholes));
  }

  /** Where element {@code i} comes from; −1 for a zero. */
  private static int source(int i, int[][] coordinates, Shape from) {
    int rest = i;
    int source = 0;
    int stride = 1;
    boolean zero = false;
    for (int axis = coordinates.length - 1; axis >= 0; axis--) {
      int coordinate = coordinates[axis][rest % coordinates[axis].length];
      rest /= coordinates[axis].length;
      zero |= coordinate == Elements.ZERO;
      source += coordinate * stride;
      stride *= from.extent(axis);
    }
    return zero ? -1 : source;
  }

  /** The value, repeated along axes of extent 1 and new ones in front. */
  OnnxValue broadcast(OnnxNode node, OnnxValue value, Shape to) {
    if (value.shape().equals(to)) {
      return value;
    }
    int[] extents = new int[to.rank()];
    Arrays.fill(extents, 1);
    int ahead = to.rank() - value.shape().rank();
    for (int axis = ahead; axis < to.rank(); axis++) {
      extents[axis] = value.shape().extent(axis - ahead);
    }
    OnnxValue same = reshaped(node, value, Shape.of(extents));
    if (same.shape().equals(to)) {
      return same;
    }
    reserve(node, to);
    int[][] coordinates = new int[to.rank()][];
    for (int axis = 0; axis < to.rank(); axis++) {
      coordinates[axis] =
          extents[axis] == to.extent(axis) ? range(to.extent(axis)) : new int[to.extent(axis)];
    }
    return elements(node, same, coordinates);
  }

  /** The shape that both are repeated to. */
  static Shape together(OnnxNode node, Shape a, Shape b) {
    int rank = Math.max(a.rank(), b.rank());
    int[] extents = new int[rank];
    for (int axis = 1; axis <= rank; axis++) {
      int left = axis <= a.rank() ? a.extent(-axis) : 1;
      int right = axis <= b.rank() ? b.extent(-axis) : 1;
      if (left != right && left != 1 && right != 1) {
        throw node.refused("cannot take " + a + " and " + b + " together");
      }
      extents[rank - axis] = left == 1 ? right : left;
    }
    return shape(node, extents);
  }

  /** 0, 1, … */
  static int[] range(int count) {
    return IntStream.range(0, count).toArray();
  }

  /** An axis, counted from the end if it is negative. */
  static int axis(OnnxNode node, long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw node.refused("has the axis " + axis + " of a value with " + rank + " axes");
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }
}
