package io.github.bmr4j.engine.onnx;

import io.github.bmr4j.engine.autodiff.Add;
import io.github.bmr4j.engine.autodiff.Elements;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Permute;
import io.github.bmr4j.engine.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Operators that compute nothing: they say where elements go, or what shape they have. */
final class OnnxShapes {

  private final OnnxScope scope;

  /**
   * @param scope the values so far
   */
  OnnxShapes(OnnxScope scope) {
    this.scope = scope;
  }

  OnnxValue constant(OnnxNode node) {
    for (var attribute : node.attributes().entrySet()) {
      Object value = attribute.getValue();
      switch (attribute.getKey()) {
        case "value" -> {
          if (value instanceof OnnxTensor tensor) {
            return OnnxValue.of(tensor);
          }
        }
        case "value_float", "value_int" -> {
          if (value instanceof Float real) {
            return OnnxValue.of(new OnnxTensor(Shape.SCALAR, real));
          } else if (value instanceof Long whole) {
            return OnnxValue.of(OnnxTensor.of(Shape.SCALAR, whole));
          }
        }
        case "value_floats", "value_ints" -> {
          if (value instanceof float[] reals) {
            return OnnxValue.of(new OnnxTensor(Shape.of(reals.length), reals));
          } else if (value instanceof long[] wholes) {
            return OnnxValue.of(OnnxTensor.of(Shape.of(wholes.length), wholes));
          }
        }
        default -> {
          // What other attributes hold is no number.
        }
      }
    }
    throw node.refused("has no numbers; read are value, value_float(s) and value_int(s)");
  }

  /** One number everywhere. */
  OnnxValue constantOfShape(OnnxNode node) {
    Object value = node.attributes().getOrDefault("value", new OnnxTensor(Shape.of(1), 0));
    if (!(value instanceof OnnxTensor tensor) || tensor.shape().size() != 1) {
      throw node.refused("has a value that is not one number");
    }
    Shape shape = extents(node, scope.wholes(node, 0));
    OnnxValue one = OnnxScope.reshaped(node, OnnxValue.of(tensor), Shape.SCALAR);
    return scope.broadcast(node, one, shape);
  }

  private static Shape extents(OnnxNode node, long... wanted) {
    int[] extents = new int[wanted.length];
    for (int i = 0; i < extents.length; i++) {
      if (wanted[i] < 1 || wanted[i] > Integer.MAX_VALUE) {
        throw node.refused("makes an extent of " + wanted[i]);
      }
      extents[i] = (int) wanted[i];
    }
    return OnnxScope.shape(node, extents);
  }

  /** One of two whole numbers, by whether a third is 0. */
  OnnxValue where(OnnxNode node) {
    long[] choices = scope.wholes(node, 0);
    long[] yes = scope.wholes(node, 1);
    long[] no = scope.wholes(node, 2);
    if (yes.length != choices.length || no.length != choices.length) {
      throw node.refused("is read of whole numbers that are equally many");
    }
    long[] chosen = new long[choices.length];
    Arrays.setAll(chosen, i -> choices[i] == 0 ? no[i] : yes[i]);
    return OnnxValue.of(OnnxTensor.of(scope.operand(node, 0).shape(), chosen));
  }

  /** The operand as it is, where nothing is drawn. */
  OnnxValue dropout(OnnxNode node) {
    // The third operand, a truth value, would be of a data type that is not read.
    if (scope.has(node, 2)) {
      throw node.refused("may be in training; export the model for inference");
    }
    return scope.operand(node, 0);
  }

  OnnxValue cast(OnnxNode node) {
    OnnxValue x = scope.operand(node, 0);
    long to = node.number("to", 0);
    boolean whole = to == OnnxTensor.INT32 || to == OnnxTensor.INT64;
    if (x.isWhole() == whole && (whole || to == OnnxTensor.FLOAT)) {
      return x;
    }
    if (!x.isConstant() || (to != OnnxTensor.FLOAT && !whole)) {
      throw node.refused(
          "casts to the data type "
              + to
              + "; read are casts of constants to 1 (FLOAT), 6 (INT32) and 7 (INT64)");
    }
    OnnxTensor known = x.constant();
    if (whole) {
      long[] wholes = new long[known.reals().length];
      Arrays.setAll(wholes, i -> (long) known.reals()[i]);
      return OnnxValue.of(OnnxTensor.of(known.shape(), wholes));
    }
    float[] reals = new float[known.wholes().length];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = known.wholes()[i];
    }
    return OnnxValue.of(new OnnxTensor(known.shape(), reals));
  }

  OnnxValue shape(OnnxNode node) {
    int[] extents = scope.operand(node, 0).shape().toArray();
    int from = clamped(node.number("start", 0), extents.length);
    int to = clamped(node.number("end", extents.length), extents.length);
    long[] part = IntStream.range(from, Math.max(from, to)).mapToLong(i -> extents[i]).toArray();
    return OnnxValue.of(OnnxTensor.of(Shape.of(part.length), part));
  }

  private static int clamped(long index, int length) {
    return Math.clamp(index < 0 ? index + length : index, 0, length);
  }

  OnnxValue flatten(OnnxNode node) {
    OnnxValue x = scope.operand(node, 0);
    int rank = x.shape().rank();
    long axis = node.number("axis", 1);
    int cut = axis == rank ? rank : OnnxScope.axis(node, axis, rank);
    int rows = 1;
    for (int i = 0; i < cut; i++) {
      rows *= x.shape().extent(i);
    }
    int columns = rows == 0 ? 0 : x.shape().size() / rows;
    return OnnxScope.reshaped(node, x, Shape.of(rows, columns));
  }

  OnnxValue reshape(OnnxNode node) {
    OnnxValue x = scope.operand(node, 0);
    long[] wanted = scope.wholes(node, 1);
    int[] extents = new int[wanted.length];
    int open = -1;
    long known = 1;
    for (int i = 0; i < wanted.length; i++) {
      boolean copied = wanted[i] == 0 && node.number("allowzero", 0) == 0;
      if (copied && i >= x.shape().rank()) {
        throw node.refused("copies extent " + i + " of " + x.shape() + ", which has it not");
      }
      long extent = copied ? x.shape().extent(i) : wanted[i];
      if (extent < -1 || extent > Integer.MAX_VALUE || (extent == -1 && open >= 0)) {
        throw node.refused("cannot give " + x.shape() + " the shape " + Arrays.toString(wanted));
      }
      if (extent == -1) {
        open = i;
      } else {
        extents[i] = (int) extent;
        known = Math.min(Integer.MAX_VALUE, known * extent);
      }
    }
    if (open >= 0) {
      extents[open] = known == 0 ? 0 : (int) (x.shape().size() / known);
    }
    return OnnxScope.reshaped(node, x, OnnxScope.shape(node, extents));
  }

  OnnxValue squeeze(OnnxNode node) {
    OnnxValue x = scope.operand(node, 0);
    int rank = x.shape().rank();
    boolean[] gone = new boolean[rank];
    if (scope.has(node, 1)) {
      for (long axis : scope.wholes(node, 1)) {
        gone[OnnxScope.axis(node, axis, rank)] = true;
      }
    } else {
      for (int axis = 0; axis < rank; axis++) {
        gone[axis] = x.shape().extent(axis) == 1;
      }
    }
    int[] kept =
        IntStream.range(0, rank).filter(axis -> !gone[axis]).map(x.shape()::extent).toArray();
    return OnnxScope.reshaped(node, x, Shape.of(kept));
  }

  OnnxValue unsqueeze(OnnxNode node) {
    OnnxValue x = scope.operand(node, 0);
    long[] axes = scope.wholes(node, 1);
    int rank = x.shape().rank() + axes.length;
    boolean[] added = new boolean[rank];
    for (long axis : axes) {
      int at = OnnxScope.axis(node, axis, rank);
      if (added[at]) {
        throw node.refused("adds the axis " + at + " twice");
      }
      added[at] = true;
    }
    int[] extents = new int[rank];
    int from = 0;
    for (int axis = 0; axis < rank; axis++) {
      extents[axis] = added[axis] ? 1 : x.shape().extent(from++);
    }
    return OnnxScope.reshaped(node, x, Shape.of(extents));
  }

  OnnxValue transpose(OnnxNode node) {
    OnnxValue x = scope.operand(node, 0);
    int rank = x.shape().rank();
    long[] axes = node.numbers("perm", reversed(rank));
    int[] order = new int[axes.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = OnnxScope.axis(node, axes[i], rank);
    }
    if (!x.isWhole()) {
      return OnnxValue.of(new Permute(scope.node(node, x), order));
    }
    if (!Arrays.equals(order, new int[] {1, 0})) {
      throw node.refused("is read of whole numbers only with two axes that it exchanges");
    }
    int rows = x.shape().extent(0);
    int columns = x.shape().extent(1);
    long[] wholes = x.constant().wholes();
    long[] exchanged = new long[wholes.length];
    Arrays.setAll(exchanged, i -> wholes[i % rows * columns + i / rows]);
    return OnnxValue.of(OnnxTensor.of(Shape.of(columns, rows), exchanged));
  }

  private static long[] reversed(int rank) {
    return IntStream.range(0, rank).mapToLong(i -> rank - 1L - i).toArray();
  }

  OnnxValue gather(OnnxNode node) {
    OnnxValue x = scope.operand(node, 0);
    int axis = OnnxScope.axis(node, node.number("axis", 0), x.shape().rank());
    long[] indices = scope.wholes(node, 1);
    int[] along = new int[indices.length];
    for (int i = 0; i < along.length; i++) {
      int extent = x.shape().extent(axis);
      if (indices[i] < -extent || indices[i] >= extent) {
        throw node.refused("takes element " + indices[i] + " of " + extent);
      }
      along[i] = (int) (indices[i] < 0 ? indices[i] + extent : indices[i]);
    }
    int[][] coordinates = all(x.shape());
    coordinates[axis] = along;
    List<Integer> extents = new ArrayList<>();
    for (int i = 0; i < x.shape().rank(); i++) {
      if (i == axis) {
        Arrays.stream(scope.operand(node, 1).shape().toArray()).forEach(extents::add);
      } else {
        extents.add(x.shape().extent(i));
      }
    }
    int[] shape = extents.stream().mapToInt(Integer::intValue).toArray();
    return OnnxScope.reshaped(node, scope.elements(node, x, coordinates), Shape.of(shape));
  }

  private static int[][] all(Shape shape) {
    int[][] coordinates = new int[shape.rank()][];
    Arrays.setAll(coordinates, axis -> OnnxScope.range(shape.extent(axis)));
    return coordinates;
  }

  OnnxValue slice(OnnxNode node) {
    OnnxValue x = scope.operand(node, 0);
    long[] starts = scope.wholes(node, 1);
    long[] ends = scope.wholes(node, 2);
    long[] axes =
        scope.has(node, 3)
            ? scope.wholes(node, 3)
            : IntStream.range(0, starts.length).asLongStream().toArray();
    long[] steps = scope.has(node, 4) ? scope.wholes(node, 4) : filled(starts.length);
    if (ends.length != starts.length
        || axes.length != starts.length
        || steps.length != starts.length) {
      throw node.refused("has starts, ends, axes and steps that are not equally many");
    }
    int[][] coordinates = all(x.shape());
    for (int i = 0; i < starts.length; i++) {
      int axis = OnnxScope.axis(node, axes[i], x.shape().rank());
      int extent = x.shape().extent(axis);
      coordinates[axis] = stepped(node, starts[i], ends[i], steps[i], extent);
    }
    return scope.elements(node, x, coordinates);
  }

  /** From an index, in steps up or down, up to before another; negative ones count from the end. */
  private static int[] stepped(OnnxNode node, long start, long end, long step, int extent) {
    if (step == 0) {
      throw node.refused("has a step of 0");
    }
    boolean up = step > 0;
    long first = start < 0 ? start + extent : start;
    long limit = end < 0 ? end + extent : end;
    int from = Math.clamp(first, 0, up ? extent : Math.max(0, extent - 1));
    int to = up ? Math.clamp(limit, from, extent) : Math.clamp(limit, -1, from);
    // Longer steps than the axis is long lead to one element, like those of its length.
    int by = Math.clamp(step, -Math.max(1, extent), Math.max(1, extent));
    int count = extent == 0 ? 0 : Math.ceilDiv(to - from, by);
    return IntStream.range(0, count).map(i -> from + i * by).toArray();
  }

  private static long[] filled(int length) {
    long[] ones = new long[length];
    Arrays.fill(ones, 1);
    return ones;
  }

  OnnxValue expand(OnnxNode node) {
    OnnxValue x = scope.operand(node, 0);
    Shape to = OnnxScope.together(node, x.shape(), extents(node, scope.wholes(node, 1)));
    return scope.broadcast(node, x, to);
  }

  /** Zeros around. */
  OnnxValue pad(OnnxNode node) {
    OnnxValue x = scope.operand(node, 0);
    String mode = node.text("mode", "constant");
    boolean zero = !scope.has(node, 2) || isZero(scope.operand(node, 2));
    if (!mode.equals("constant") || !zero || scope.has(node, 3)) {
      throw node.refused("pads by " + mode + "; read is padding of all axes with zeros");
    }
    long[] pads = scope.wholes(node, 1);
    if (pads.length != 2 * x.shape().rank()) {
      throw node.refused("has " + pads.length + " pads for " + x.shape());
    }
    return padded(node, x, pads);
  }

  private static boolean isZero(OnnxValue value) {
    return value.isConstant()
        && !value.isWhole()
        && value.shape().size() == 1
        && value.constant().reals()[0] == 0;
  }

  /**
   * Zeros around.
   *
   * @param pads how many before each axis, then how many behind each
   */
  OnnxValue padded(OnnxNode node, OnnxValue x, long... pads) {
    int rank = x.shape().rank();
    int[] extents = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      long before = pads[axis];
      long behind = pads[rank + axis];
      boolean fits = before >= 0 && behind >= 0 && Math.max(before, behind) < 1 << 30;
      long extent = fits ? before + x.shape().extent(axis) + behind : -1;
      if (!fits || extent > Integer.MAX_VALUE) {
        throw node.refused("has the pads " + before + " and " + behind + "; read are 0 and more");
      }
      extents[axis] = (int) extent;
    }
    scope.reserve(node, OnnxScope.shape(node, extents));
    int[][] coordinates = new int[rank][];
    for (int axis = 0; axis < rank; axis++) {
      coordinates[axis] = new int[extents[axis]];
      Arrays.fill(coordinates[axis], Elements.ZERO);
      for (int i = 0; i < x.shape().extent(axis); i++) {
        coordinates[axis][(int) pads[axis] + i] = i;
      }
    }
    return scope.elements(node, x, coordinates);
  }

  /** One behind the other: the sum of what is padded to the whole. */
  OnnxValue concat(OnnxNode node) {
    List<OnnxValue> parts = scope.operands(node);
    int rank = parts.getFirst().shape().rank();
    int axis = OnnxScope.axis(node, node.number("axis", 0), rank);
    long whole = 0;
    for (OnnxValue part : parts) {
      if (part.shape().rank() != rank) {
        throw node.refused("puts together " + parts.getFirst().shape() + " and " + part.shape());
      }
      whole += part.shape().extent(axis);
    }
    if (parts.stream().allMatch(OnnxValue::isWhole) && rank == 1) {
      long[] all =
          parts.stream().flatMapToLong(part -> Arrays.stream(part.constant().wholes())).toArray();
      return OnnxValue.of(OnnxTensor.of(Shape.of(all.length), all));
    }
    Node sum = null;
    long before = 0;
    for (OnnxValue part : parts) {
      long[] pads = new long[2 * rank];
      pads[axis] = before;
      before += part.shape().extent(axis);
      pads[rank + axis] = whole - before;
      Node padded = scope.node(node, padded(node, part, pads));
      if (sum != null && !sum.shape().equals(padded.shape())) {
        throw node.refused("puts together " + parts.getFirst().shape() + " and " + part.shape());
      }
      sum = sum == null ? padded : new Add(sum, padded);
    }
    return OnnxValue.of(sum);
  }
}
