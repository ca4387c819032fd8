package io.github.bmr4j.models.data;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.SequenceKernels;
import io.github.bmr4j.kernels.Slice;
import java.util.Objects;

/**
 * Brings examples of a data set into the inputs of graphs, batch by batch, in an order that is
 * given beforehand: that of an epoch.
 *
 * <p>Where kernels can read the whole data set (always on a CPU, and on a device that has room for
 * it, see {@link io.github.bmr4j.kernels.Memory#adopt}), a kernel gathers each batch, and only the
 * order is transferred, once. Else, or with more examples than {@link
 * SequenceKernels#MOST_ENTRIES}, the host copies each batch and transfers it. Both bring the same
 * numbers.
 */
public final class ExampleFeed {

  private final Backend backend;
  private final Dataset data;

  /** [n, d]. */
  private final MatrixView features;

  /** Class labels [n, 1], or real targets [n, t]. */
  private final MatrixView targets;

  private final int[] order;

  /** The order in the back end's memory; null where the host copies. */
  private final Slice numbers;

  /**
   * @param backend that the graphs run on
   * @param data examples
   * @param longest examples of an order at most
   */
  public ExampleFeed(Backend backend, Dataset data, int longest) {
    this.backend = backend;
    this.data = data;
    this.features = MatrixView.of(data.size(), data.inputShape().size(), data.featureNumbers());
    int columns = data.isClassification() ? 1 : data.targetSize();
    this.targets = MatrixView.of(data.size(), columns, data.targetNumbers());
    this.order = new int[longest];
    boolean gathered =
        data.size() <= SequenceKernels.MOST_ENTRIES
            && backend.memory().adopt(features.array(), targets.array());
    this.numbers = gathered ? Slice.of(backend.memory().allocate(longest)) : null;
  }

  /**
   * Gives the order of the batches to come.
   *
   * @param examples their rows; copied
   * @throws IllegalArgumentException if they are more than an order may have
   * @throws IndexOutOfBoundsException if one is no row of the data
   */
  public void order(int[] examples) {
    if (examples.length > order.length) {
      throw new IllegalArgumentException(
          "An order of these batches has at most "
              + order.length
              + " examples, but this one has "
              + examples.length);
    }
    for (int i = 0; i < examples.length; i++) {
      order[i] = Objects.checkIndex(examples[i], data.size());
    }
    if (numbers != null) {
      for (int i = 0; i < examples.length; i++) {
        numbers.set(i, order[i]);
      }
      backend.memory().push(numbers);
    }
  }

  /**
   * The inputs of a graph, for a number of examples.
   *
   * @param batchFeatures [batch, d], in the back end's memory
   * @param batchTargets [batch], or [batch, t] for real targets
   */
  public Batch batch(Slice batchFeatures, Slice batchTargets) {
    return new Batch(batchFeatures, batchTargets);
  }

  /** The inputs of one graph. */
  public final class Batch {

    private final Slice featureInput;
    private final Slice targetInput;
    private final MatrixView featureRows;
    private final MatrixView targetRows;

    private Batch(Slice featureInput, Slice targetInput) {
      this.featureInput = featureInput;
      this.targetInput = targetInput;
      int batch = targetInput.length() / targets.columns();
      this.featureRows = featureInput.asMatrix(batch, features.columns());
      this.targetRows = targetInput.asMatrix(batch, targets.columns());
    }

    /**
     * Brings examples in. Allocates nothing.
     *
     * @param from place of the first in the order; the others follow it
     */
    public void fill(int from) {
      if (numbers == null) {
        copy(features, from, featureRows);
        copy(targets, from, targetRows);
        backend.memory().push(featureInput);
        backend.memory().push(targetInput);
      } else {
        backend.sequence().gatherRows(features, numbers, from, featureRows);
        backend.sequence().gatherRows(targets, numbers, from, targetRows);
      }
    }

    private void copy(MatrixView table, int from, MatrixView rows) {
      int columns = table.columns();
      for (int i = 0; i < rows.rows(); i++) {
        int example = order[from + i] * columns;
        int place = rows.offset() + i * columns;
        System.arraycopy(table.array(), example, rows.array(), place, columns);
      }
    }
  }
}
