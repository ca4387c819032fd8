package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.network.Network;

/** The inputs of a training graph: the features of a batch, and its class labels or targets. */
final class BatchInputs {

  private final Dataset data;
  private final Batches batches;
  private final int[] chosen;
  private final Input features;
  private final Input targets;

  /**
   * @param network whose input the features are
   * @param data examples
   * @param batches which of them each step sees
   */
  BatchInputs(Network network, Dataset data, Batches batches) {
    int batch = batches.batchSize();
    this.data = data;
    this.batches = batches;
    this.chosen = new int[batch];
    this.features = new Input(network.batchShape(batch));
    this.targets =
        new Input(data.isClassification() ? Shape.of(batch) : Shape.of(batch, data.targetSize()));
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
    batches.fill(step, chosen);
    Slice rows = features.value().slice();
    data.gatherFeatures(chosen, rows.array(), rows.offset());
    Slice values = targets.value().slice();
    if (data.isClassification()) {
      for (int i = 0; i < chosen.length; i++) {
        values.set(i, data.label(chosen[i]));
      }
    } else {
      data.gatherTargets(chosen, values.array(), values.offset());
    }
    features.push();
    targets.push();
  }
}
