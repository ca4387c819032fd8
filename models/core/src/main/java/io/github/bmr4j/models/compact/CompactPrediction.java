package io.github.bmr4j.models.compact;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.SparseChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Runs a compact network over batches of a fixed size. All memory is taken when it is made; a call
 * allocates nothing. Each layer is computed by the product that is faster for its density and the
 * batch, unless the caller says which.
 */
public final class CompactPrediction {

  /** Which product computes a layer. */
  public enum Product {
    /** The one that {@link SparseChoice} takes for the faster. */
    FASTER,
    /** The dense one. */
    DENSE,
    /** The sparse one. */
    SPARSE
  }

  /** One layer with one set of weights; the matrix is null where the product is sparse. */
  private record Step(CompactLayer layer, Slice weights, MatrixView matrix, Epilogue epilogue) {}

  /** The values of a layer's units, as memory and as [batch, units]. */
  private record Units(Slice slice, MatrixView matrix) {}

  private final Backend backend;
  private final CompactNetwork network;
  private final int batch;
  private final int[] selected;
  private final List<Units> units = new ArrayList<>();
  private final List<List<Step>> sets = new ArrayList<>();
  private final Units probabilities;

  /**
   * For a fixed batch.
   *
   * @param backend does the work
   * @param network what is computed
   * @param batch examples at a time, at least 1
   */
  public CompactPrediction(Backend backend, CompactNetwork network, int batch) {
    this(backend, network, batch, Product.FASTER);
  }

  /**
   * For a fixed batch and product.
   *
   * @param backend does the work
   * @param network what is computed
   * @param batch examples at a time, at least 1
   * @param product of all layers
   */
  public CompactPrediction(Backend backend, CompactNetwork network, int batch, Product product) {
    if (batch < 1) {
      throw new IllegalArgumentException("A batch has at least 1 example, but got " + batch);
    }
    this.backend = backend;
    this.network = network;
    this.batch = batch;
    selected = network.selectedInputs().stream().mapToInt(Integer::intValue).toArray();
    for (int count : network.units()) {
      units.add(units(count));
    }
    probabilities = units(network.outputs());
    for (int set = 0; set <= network.samples(); set++) {
      List<Step> steps = new ArrayList<>();
      for (CompactLayer layer : network.layers()) {
        steps.add(step(layer, set, product));
      }
      sets.add(steps);
    }
  }

  private Step step(CompactLayer layer, int set, Product product) {
    boolean sparse =
        switch (product) {
          case FASTER -> SparseChoice.isFaster(layer.pattern(), batch);
          case DENSE -> false;
          case SPARSE -> true;
        };
    Epilogue epilogue = Epilogue.of(placed(layer.biases().get(set)), layer.activation());
    if (sparse) {
      return new Step(layer, placed(layer.weights().get(set)), null, epilogue);
    }
    Slice matrix = placed(Slice.of(layer.dense(set).array()));
    return new Step(layer, null, matrix.asMatrix(layer.outputs(), layer.inputs()), epilogue);
  }

  private Units units(int count) {
    Slice slice = allocate(Math.multiplyExact(batch, count));
    return new Units(slice, slice.asMatrix(batch, count));
  }

  private Slice allocate(int length) {
    return new Slice(backend.memory().allocate(length), 0, length);
  }

  private Slice placed(Slice values) {
    Slice slice = allocate(values.length());
    slice.copyFrom(values.array(), values.offset());
    backend.memory().push(slice);
    return slice;
  }

  /**
   * The network's outputs with the weights at the posterior's mean.
   *
   * @param features [rows, inputs], all inputs of the original network; those not selected are not
   *     read
   * @param rows examples, at most the batch
   * @param outputs [rows, outputs], written
   * @throws IllegalArgumentException if an array is too short or there are more rows than the batch
   */
  public void outputs(float[] features, int rows, float[] outputs) {
    outputs(0, features, rows, outputs);
  }

  /**
   * The network's outputs with one of its sets of weights.
   *
   * @param set 0 for the posterior's mean, samples from 1 on
   * @param features [rows, inputs]
   * @param rows examples, at most the batch
   * @param outputs [rows, outputs], written
   * @throws IllegalArgumentException as {@link #outputs(float[], int, float[])}, or if there is no
   *     such set
   */
  public void outputs(int set, float[] features, int rows, float[] outputs) {
    if (set < 0 || set >= sets.size()) {
      throw new IllegalArgumentException(
          "The sets of weights are 0 to " + (sets.size() - 1) + ", but asked was for " + set);
    }
    feed(features, rows, outputs);
    run(set);
    write(last(), rows, outputs);
  }

  /**
   * Class probabilities, the softmax of the outputs, with the weights at the posterior's mean.
   *
   * @param features [rows, inputs]
   * @param rows examples, at most the batch
   * @param classes [rows, outputs], written
   * @throws IllegalArgumentException as {@link #outputs}
   */
  public void probabilitiesAtMean(float[] features, int rows, float[] classes) {
    feed(features, rows, classes);
    run(0);
    backend.reduction().softmax(last().matrix(), probabilities.matrix());
    write(probabilities, rows, classes);
  }

  /**
   * Class probabilities averaged over the posterior samples: the posterior predictive.
   *
   * @param features [rows, inputs]
   * @param rows examples, at most the batch
   * @param classes [rows, outputs], written
   * @throws IllegalArgumentException as {@link #outputs}
   * @throws IllegalStateException if the network has no samples
   */
  public void probabilities(float[] features, int rows, float[] classes) {
    if (network.samples() == 0) {
      throw new IllegalStateException(
          "The network was compacted without posterior samples; ask for the probabilities at the"
              + " mean, or compact with samples");
    }
    feed(features, rows, classes);
    int length = rows * network.outputs();
    for (int set = 1; set < sets.size(); set++) {
      run(set);
      backend.reduction().softmax(last().matrix(), probabilities.matrix());
      backend.memory().pull(probabilities.slice());
      for (int i = 0; i < length; i++) {
        float p = probabilities.slice().get(i);
        classes[i] = set == 1 ? p : classes[i] + p;
      }
    }
    for (int i = 0; i < length; i++) {
      classes[i] /= network.samples();
    }
  }

  private void feed(float[] features, int rows, float[] out) {
    if (rows < 0 || rows > batch) {
      throw new IllegalArgumentException(
          "Made for at most " + batch + " examples at a time, but got " + rows);
    }
    require("features", features, rows, network.inputs());
    require("the result", out, rows, network.outputs());
    Slice x = units.get(0).slice();
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < selected.length; j++) {
        x.set(i * selected.length + j, features[i * network.inputs() + selected[j]]);
      }
    }
    backend.memory().push(x);
  }

  private static void require(String what, float[] array, int rows, int columns) {
    Objects.requireNonNull(array, what);
    if (array.length < (long) rows * columns) {
      throw new IllegalArgumentException(
          what
              + " needs "
              + rows
              + " x "
              + columns
              + " elements, but the array has "
              + array.length);
    }
  }

  private Units last() {
    return units.get(units.size() - 1);
  }

  private void write(Units from, int rows, float[] to) {
    backend.memory().pull(from.slice());
    Slice values = from.slice();
    System.arraycopy(values.array(), values.offset(), to, 0, rows * network.outputs());
  }

  private void run(int set) {
    List<Step> steps = sets.get(set);
    for (int l = 0; l < steps.size(); l++) {
      Step step = steps.get(l);
      MatrixView x = units.get(l).matrix();
      MatrixView y = units.get(l + 1).matrix();
      if (step.matrix() == null) {
        backend
            .sparse()
            .linear(
                x,
                step.layer().pattern(),
                step.weights(),
                step.epilogue().bias(),
                step.epilogue().activation(),
                y);
      } else {
        backend.matrix().multiplyTransposedRight(x, step.matrix(), y, step.epilogue());
      }
    }
  }
}
