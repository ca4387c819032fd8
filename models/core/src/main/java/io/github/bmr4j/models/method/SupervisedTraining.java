package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.GaussianNegativeLogLikelihood;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.SoftmaxCrossEntropy;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.inference.StochasticVariationalInference;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;

/** Steps of a spike-and-slab model on batches of labels or of real targets. */
final class SupervisedTraining {

  private final Dataset data;
  private final Batches batches;
  private final int[] chosen;
  private final Input x;
  private final Input y;
  private final StochasticVariationalInference inference;

  SupervisedTraining(
      Backend backend,
      SpikeAndSlabModel model,
      Dataset data,
      Batches batches,
      Optimizer optimizer) {
    int batch = batches.batchSize();
    this.data = data;
    this.batches = batches;
    this.chosen = new int[batch];
    this.x = new Input(model.network().batchShape(batch));
    this.y =
        new Input(data.isClassification() ? Shape.of(batch) : Shape.of(batch, data.targetSize()));
    Node outputs = model.network().forward(x, model.draws());
    Node losses =
        data.isClassification()
            ? new SoftmaxCrossEntropy(outputs, y)
            : new GaussianNegativeLogLikelihood(outputs, null, y, model.noise().node());
    Node loss = new Sum(losses);
    this.inference =
        new StochasticVariationalInference(
            backend,
            Graph.forTraining(backend, loss),
            loss,
            optimizer,
            model.sampling(),
            data.size(),
            batch,
            VariationalStep.Divergence.ANALYTIC);
  }

  /** One step; −ln p(y|x, w) in nats per example. Allocates nothing. */
  double step() {
    batches.fill(inference.steps(), chosen);
    Slice rows = x.value().slice();
    data.gatherFeatures(chosen, rows.array(), rows.offset());
    Slice targets = y.value().slice();
    if (data.isClassification()) {
      for (int i = 0; i < chosen.length; i++) {
        targets.set(i, data.label(chosen[i]));
      }
    } else {
      data.gatherTargets(chosen, targets.array(), targets.offset());
    }
    x.push();
    y.push();
    return inference.step() / chosen.length;
  }

  StochasticVariationalInference inference() {
    return inference;
  }
}
