package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.ExampleFeed;
import io.github.bmr4j.models.network.Network;

/** The inputs of a training graph: the features of a batch, and its class labels or targets. */
final class BatchInputs {

  private final Batches batches;
  private final ExampleFeed feed;
  private final int[] chosen;

  /** The examples of an epoch, batch by batch. */
  private final int[] order;

  private final Input features;
  private final Input targets;

  /** The inputs' memory; null until the graph has been planned. */
  private ExampleFeed.Batch batch;

  /** The epoch whose order is in place, or −1. */
  private long epoch = -1;

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
    this.order = new int[Math.toIntExact(batches.stepsPerEpoch() * size)];
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
    long steps = batches.stepsPerEpoch();
    if (step / steps != epoch) {
      epoch = step / steps;
      for (int i = 0; i < steps; i++) {
        batches.fill(epoch * steps + i, chosen);
        System.arraycopy(chosen, 0, order, i * chosen.length, chosen.length);
      }
      feed.order(order);
    }
    batch.fill((int) (step % steps) * chosen.length);
  }
}
