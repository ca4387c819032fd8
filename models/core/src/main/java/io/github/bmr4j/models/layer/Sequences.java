package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** What the recurrent layers share. */
final class Sequences {

  private Sequences() {}

  static void requireSizes(String name, int steps, int inputs, int units) {
    if (steps < 1 || inputs < 1 || units < 1) {
      throw new IllegalArgumentException(
          "Layer "
              + name
              + " needs at least 1 step, 1 input and 1 unit, but has "
              + steps
              + ", "
              + inputs
              + " and "
              + units);
    }
  }

  static Shape outputShape(String name, int steps, int inputs, int units, Shape input) {
    if (input.size() != steps * inputs) {
      throw new IllegalArgumentException(
          "Layer "
              + name
              + " takes "
              + steps
              + " steps of "
              + inputs
              + " numbers, but gets "
              + input);
    }
    return Shape.of(units);
  }

  static long multiplyAdds(int steps, List<ParameterBlock> blocks) {
    long weights = 0;
    for (ParameterBlock block : blocks) {
      weights += (long) block.rows() * block.columns();
    }
    return steps * weights;
  }

  static List<ParameterBlock> blocks(String name, int inputs, int units, String... gates) {
    List<ParameterBlock> blocks = new ArrayList<>();
    for (String gate : gates) {
      blocks.add(new ParameterBlock(name + "." + gate + ".input", units, inputs, true));
      blocks.add(new ParameterBlock(name + "." + gate + ".recurrent", units, units, false));
    }
    return blocks;
  }
}
