package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.GaussianNegativeLogLikelihood;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.SoftmaxCrossEntropy;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.inference.StochasticVariationalInference;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;

/** Steps of a spike-and-slab model on batches of labels or of real targets. */
final class SupervisedTraining {

  private final BatchInputs inputs;
  private final StochasticVariationalInference inference;

  SupervisedTraining(
      Backend backend,
      SpikeAndSlabModel model,
      Dataset data,
      Batches batches,
      Optimizer optimizer) {
    this.inputs = new BatchInputs(backend, model.network(), data, batches);
    Node outputs = model.network().forward(inputs.features(), model.draws());
    Input y = inputs.targets();
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
            inputs.batch(),
            VariationalStep.Divergence.ANALYTIC);
  }

  /** One step; −ln p(y|x, w) in nats per example. Allocates nothing. */
  double step() {
    inputs.fill(inference.steps());
    return inference.step() / inputs.batch();
  }

  StochasticVariationalInference inference() {
    return inference;
  }
}
