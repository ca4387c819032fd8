package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.SoftmaxCrossEntropy;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.inference.Draw;
import io.github.bmr4j.engine.inference.StochasticVariationalInference;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.WeightSource;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Trains a model by stochastic variational inference on batches of a classification data set. */
public final class Training {

  private final BatchInputs inputs;
  private final StochasticVariationalInference inference;
  private final Backend backend;
  private final Map<String, Draw> drawn = new HashMap<>();

  /** Saliencies of the last step of the run that this one goes on with, until its first step. */
  private final SortedMap<String, float[]> resumed = new TreeMap<>();

  /**
   * @param backend does the work
   * @param model to train
   * @param data training examples with class labels
   * @param batches which examples each step sees
   * @param optimizer of all variational parameters
   * @param divergence how KL enters the gradient; in closed form if reparameterised locally
   * @param reparameterization how noise enters
   * @throws IllegalArgumentException if the divergence is to be sampled where weights are not
   */
  public Training(
      Backend backend,
      VariationalModel model,
      Dataset data,
      Batches batches,
      Optimizer optimizer,
      VariationalStep.Divergence divergence,
      Reparameterization reparameterization) {
    this(
        backend,
        model,
        model.trainingDraws(reparameterization),
        data,
        batches,
        optimizer,
        divergence);
    reparameterization.require(divergence);
  }

  /**
   * @param backend does the work
   * @param model to train
   * @param data training examples with class labels
   * @param batches which examples each step sees
   * @param optimizer of all parameters
   */
  public Training(
      Backend backend, SampledNetwork model, Dataset data, Batches batches, Optimizer optimizer) {
    this(
        backend,
        model,
        model.draws(),
        data,
        batches,
        optimizer,
        VariationalStep.Divergence.ANALYTIC);
  }

  private Training(
      Backend backend,
      SampledNetwork model,
      WeightSource draws,
      Dataset data,
      Batches batches,
      Optimizer optimizer,
      VariationalStep.Divergence divergence) {
    this.inputs = new BatchInputs(backend, model.network(), data, batches);
    Node logits = model.network().forward(inputs.features(), draws);
    Node loss = new Sum(new SoftmaxCrossEntropy(logits, inputs.targets()));
    Graph graph = Graph.forTraining(backend, loss);
    this.backend = backend;
    for (Node node : graph.nodes()) {
      if (node instanceof Draw draw) {
        drawn.put(draw.latent().name(), draw);
      }
    }
    this.inference =
        new StochasticVariationalInference(
            backend,
            graph,
            loss,
            optimizer,
            model.sampling(),
            data.size(),
            inputs.batch(),
            divergence);
  }

  /**
   * One step. Allocates nothing.
   *
   * @return −ln p(y|x, w) in nats per example of the batch; see {@link
   *     StochasticVariationalInference#setLossPeriod}
   */
  public double step() {
    resumed.clear();
    inputs.fill(inference.steps());
    return inference.step() / inputs.batch();
  }

  /**
   * |w ∂w| of a layer's weights in the last step, that is by how much the batch's loss would change
   * to first order without each of them, in nats; null if the step did not draw them.
   *
   * @param block of the layer
   */
  public float[] saliency(ParameterBlock block) {
    Draw draw = drawn.get(block.layer());
    if (draw == null) {
      return null;
    }
    float[] saved = resumed.get(block.layer());
    return saved == null ? saliency(draw) : saved.clone();
  }

  private float[] saliency(Draw draw) {
    backend.memory().pull(draw.value().slice());
    backend.memory().pull(draw.gradient().slice());
    float[] saliency = new float[draw.latent().size()];
    for (int i = 0; i < saliency.length; i++) {
      saliency[i] = Math.abs(draw.value().slice().get(i) * draw.gradient().slice().get(i));
    }
    return saliency;
  }

  /** Adds what steps change, and what the last one leaves behind for a pruning. */
  RunState state(RunState state) {
    state.inference(inference);
    SortedMap<String, float[]> saliencies = new TreeMap<>();
    for (Map.Entry<String, Draw> latent : drawn.entrySet()) {
      float[] saved = resumed.get(latent.getKey());
      saliencies.put(latent.getKey(), saved == null ? saliency(latent.getValue()) : saved);
    }
    saliencies.forEach((name, values) -> state.floats(name + ".saliency", values));
    return state.restored(() -> resumed.putAll(saliencies));
  }

  /** Number of steps so far. */
  public long steps() {
    return inference.steps();
  }

  /** The inference that does the steps. */
  public StochasticVariationalInference inference() {
    return inference;
  }
}
