package io.github.bmr4j.models.compact;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.models.layer.Layer;
import java.util.Arrays;

/**
 * A dense layer or a convolution. A unit that reads nothing but constants is one itself; what
 * constant units add goes into the biases.
 */
final class LinearStep extends UnitStep {

  /** The layer with other numbers of outputs and inputs. */
  interface Resized {
    Layer of(int outputs, int inputs);
  }

  private final String name;
  private final Resized resized;

  /** Weights of a pair of output and input unit. */
  private final int area;

  /** Whether inputs end at a border, so that a constant is none there unless it is 0. */
  private final boolean padded;

  private final float[] block;
  private final boolean bias;
  private final int outputs;
  private final int inputs;

  private LinearStep(
      String name,
      Resized resized,
      int area,
      boolean padded,
      float[] block,
      boolean bias,
      UnitPlace in,
      UnitPlace out) {
    super(in, out);
    this.name = name;
    this.resized = resized;
    this.area = area;
    this.padded = padded;
    this.block = block;
    this.bias = bias;
    this.outputs = out.group().count();
    this.inputs = in.group().count();
  }

  /**
   * @param name of the block
   * @param resized makes the smaller layer
   * @param area weights of a pair of units
   * @param padded whether there is a border
   * @param block [outputs, inputs · area], then [outputs] if there is a bias
   * @param in what comes in
   * @param shape of what goes out
   */
  static LinearStep of(
      String name,
      Resized resized,
      int area,
      boolean padded,
      float[] block,
      UnitPlace in,
      Shape shape) {
    int outputs = UnitPlace.units(shape);
    int weights = outputs * in.group().count() * area;
    UnitPlace out = UnitPlace.varying(shape, new UnitGroup(outputs));
    LinearStep step =
        new LinearStep(name, resized, area, padded, block, block.length > weights, in, out);
    step.findConstants();
    return step;
  }

  private void findConstants() {
    for (int i = 0; i < outputs; i++) {
      boolean constant = true;
      for (int j = 0; j < inputs && constant; j++) {
        constant = !isLive(i, j) || isConstant(j);
      }
      out().constant()[i] = constant;
      out().values()[i] = constant ? (float) bias(i, false) : 0;
    }
  }

  private boolean isConstant(int input) {
    return in().constant()[input] && (!padded || in().values()[input] == 0);
  }

  private boolean isLive(int output, int input) {
    int from = (output * inputs + input) * area;
    for (int k = from; k < from + area; k++) {
      if (block[k] != 0) {
        return true;
      }
    }
    return false;
  }

  /** A bias with what constant inputs add: all of them, or those that leave. */
  private double bias(int output, boolean leavingOnly) {
    double sum = bias ? block[outputs * inputs * area + output] : 0;
    for (int j = 0; j < inputs; j++) {
      if (isConstant(j) && !(leavingOnly && in().group().isKept(j))) {
        double row = 0;
        for (int k = 0; k < area; k++) {
          row += block[(output * inputs + j) * area + k];
        }
        sum += row * in().values()[j];
      }
    }
    return sum;
  }

  @Override
  boolean keepNeeded() {
    boolean news = false;
    for (int i = 0; i < outputs; i++) {
      if (out().group().isKept(i) && !out().constant()[i]) {
        for (int j = 0; j < inputs; j++) {
          news |= !isConstant(j) && isLive(i, j) && in().group().keep(j);
        }
      }
    }
    return news;
  }

  @Override
  void append(CompactBuilder builder) {
    int[] rows = out().group().kept();
    int[] columns = in().group().kept();
    float[] factors = builder.takeWaiting();
    float[] smaller = new float[rows.length * (columns.length * area + 1)];
    int at = 0;
    for (int row : rows) {
      for (int j = 0; j < columns.length; j++) {
        int from = (row * inputs + columns[j]) * area;
        float factor = factors == null ? 1 : factors[j];
        for (int k = 0; k < area; k++) {
          smaller[at++] = block[from + k] * factor;
        }
      }
    }
    for (int row : rows) {
      smaller[at++] = (float) bias(row, true);
    }
    builder.addLinear(
        resized.of(rows.length, columns.length), new LinearRows(name, smaller, rows.length));
  }

  @Override
  public String toString() {
    return name + Arrays.toString(new int[] {outputs, inputs, area});
  }
}
