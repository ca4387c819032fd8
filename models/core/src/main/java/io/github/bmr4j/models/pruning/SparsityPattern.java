package io.github.bmr4j.models.pruning;

import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.Arrays;

/**
 * Which weights of a layer leave together. Biases stay, but for those of whole units, which leave
 * with them.
 */
public sealed interface SparsityPattern {

  /** Each weight by itself. */
  static SparsityPattern unstructured() {
    return new Blocks(1, 1, Pooling.MEAN);
  }

  /** All weights of an output unit or filter, with its bias. */
  static SparsityPattern units() {
    return new Channels(0);
  }

  /** How the scores of a block's weights make one. */
  enum Pooling {
    /** Their mean. */
    MEAN,
    /** The largest. */
    MAX
  }

  /**
   * Rectangles of the weight matrix [output units, weights of each]; at its edges they are smaller.
   *
   * @param height rows of each, at least 1
   * @param width columns of each, at least 1
   * @param pooling how scores are summed up
   */
  record Blocks(int height, int width, Pooling pooling) implements SparsityPattern {

    /**
     * @throws IllegalArgumentException if an extent is below 1
     */
    public Blocks {
      if (height < 1 || width < 1) {
        throw new IllegalArgumentException(
            "A block of weights has at least 1 row and column, but got " + height + " by " + width);
      }
    }
  }

  /**
   * All weights with the same place along an axis of the weights' shape, [output units, inputs] or
   * [filters, channels, height, width]. Their scores are added.
   *
   * @param axis from 0; 0 are the output units
   */
  record Channels(int axis) implements SparsityPattern {

    /**
     * @throws IllegalArgumentException if the axis is negative
     */
    public Channels {
      if (axis < 0) {
        throw new IllegalArgumentException("An axis is at least 0, but got " + axis);
      }
    }
  }

  /**
   * The groups of a layer.
   *
   * @param of the group of each parameter, or −1 if it belongs to none
   * @param scores of each group
   */
  record Groups(int[] of, float[] scores) {

    /**
     * The parameters of each group.
     *
     * @param count only the first so many parameters are listed
     */
    int[][] members(int count) {
      int[] sizes = new int[scores.length];
      for (int i = 0; i < count; i++) {
        sizes[of[i]]++;
      }
      int[][] members = new int[scores.length][];
      Arrays.setAll(members, g -> new int[sizes[g]]);
      for (int i = count - 1; i >= 0; i--) {
        members[of[i]][--sizes[of[i]]] = i;
      }
      return members;
    }
  }

  /** Whether a group's score is the mean of its weights'. */
  default boolean poolsMean() {
    return this instanceof Blocks blocks && blocks.pooling() == Pooling.MEAN;
  }

  /** Whether a group's score is the largest of its weights'. */
  default boolean poolsLargest() {
    return this instanceof Blocks blocks && blocks.pooling() == Pooling.MAX;
  }

  /**
   * The groups of a layer with their scores.
   *
   * @param block shape of the layer
   * @param scores of its parameters
   * @throws IllegalArgumentException if the layer has no such axis
   */
  default Groups groups(ParameterBlock block, float[] scores) {
    int[] of = new int[block.size()];
    int weights = block.rows() * block.columns();
    for (int i = 0; i < of.length; i++) {
      of[i] = i < weights ? group(block, i) : bias(i - weights);
    }
    int count = 0;
    for (int i = 0; i < weights; i++) {
      count = Math.max(count, of[i] + 1);
    }
    double[] sums = new double[count];
    int[] members = new int[count];
    boolean largest = poolsLargest();
    for (int i = 0; i < weights; i++) {
      int g = of[i];
      sums[g] = largest && members[g] > 0 ? Math.max(sums[g], scores[i]) : sums[g] + scores[i];
      members[g]++;
    }
    boolean mean = poolsMean();
    float[] pooled = new float[count];
    for (int g = 0; g < count; g++) {
      pooled[g] = (float) (mean ? sums[g] / members[g] : sums[g]);
    }
    return new Groups(of, pooled);
  }

  private int group(ParameterBlock block, int weight) {
    return switch (this) {
      case Blocks(int height, int width, Pooling _) -> {
        int across = Math.ceilDiv(block.columns(), width);
        yield weight / block.columns() / height * across + weight % block.columns() / width;
      }
      case Channels(int axis) -> {
        if (axis >= block.weightShape().rank()) {
          throw new IllegalArgumentException(
              "The weights of layer "
                  + block.layer()
                  + " are "
                  + block.weightShape()
                  + ", which has no axis "
                  + axis);
        }
        int inner = 1;
        for (int k = axis + 1; k < block.weightShape().rank(); k++) {
          inner *= block.weightShape().extent(k);
        }
        yield weight / inner % block.weightShape().extent(axis);
      }
    };
  }

  private int bias(int row) {
    return this instanceof Channels(int axis) && axis == 0 ? row : -1;
  }
}
