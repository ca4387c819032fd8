package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Memory;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.ExampleFeed;
import io.github.bmr4j.models.network.Network;

/** The inputs of a training graph: the features of a batch, and its class labels or targets. */
final class BatchInputs {

  private final Batches batches;
  private final ExampleFeed feed;
  private final int[] chosen;

  /**
   * Steps whose order is given at once: an epoch's on a device, which then gets it by one transfer;
   * one step's on the CPU, so that a run's first need not wait for the rest.
   */
  private final int window;

  /** The examples of a window, batch by batch. */
  private final int[] order;

  private final Input features;
  private final Input targets;

  /** The inputs' memory; null until the graph has been planned. */
  private ExampleFeed.Batch batch;

  /** The first step of the window whose order is in place; negative before there is one. */
  private long first = -1;

  /**
   * @param backend that the graph will run on
   * @param network whose input the features are
   * @param data examples
   * @param batches which of them each step sees
   */
  BatchInputs(Backend backend, Network network, Dataset data, Batches batches) {
    int size = batches.batchSize();
    this.batches = batches;
    this.chosen = new int[size];
    boolean device = !backend.memory().equals(Memory.HOST);
    this.window = device ? Math.toIntExact(batches.stepsPerEpoch()) : 1;
    this.order = new int[Math.multiplyExact(window, size)];
    this.feed = new ExampleFeed(backend, data, order.length);
    this.features = new Input(network.batchShape(size));
    this.targets =
        new Input(data.isClassification() ? Shape.of(size) : Shape.of(size, data.targetSize()));
  }

  /** [batch, shape of one example…]. */
  Input features() {
    return features;
  }

  /** Class indices [batch], or targets [batch, number of them]. */
  Input targets() {
    return targets;
  }

  /** Number of examples in a step. */
  int batch() {
    return chosen.length;
  }

  /** Brings the examples of a step in; allocates nothing. */
  void fill(long step) {
    if (batch == null) {
      batch = feed.batch(features.value().slice(), targets.value().slice());
    }
    int within = (int) (step % window);
    if (step - within != first) {
      first = step - within;
      for (int i = 0; i < window; i++) {
        batches.fill(first + i, chosen);
        System.arraycopy(chosen, 0, order, i * chosen.length, chosen.length);
      }
      feed.order(order);
    }
    batch.fill(within * chosen.length);
  }
}
