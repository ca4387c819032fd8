package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Columns;
import io.github.bmr4j.engine.autodiff.GaussianNegativeLogLikelihood;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.ExampleFeed;
import java.util.Objects;
import java.util.stream.Stream;

/** A regression model's graph for one size of batch: inputs, outputs and likelihood. */
final class RegressionGraph {

  private final Dataset data;
  private final int batch;
  private final int features;
  private final int outputs;
  private final float[] allTargets;
  private final Input x;
  private final Input targets;

  /** Expected outputs, [batch, outputs]. */
  final Node mean;

  /** Their variance; null where outputs are sampled. */
  final Node variance;

  /** By what the noise's precision differs from τ; null where it does not. */
  final RelativeNoise noise;

  /** Of each example, [batch]. */
  final Node losses;

  /** Σ of {@link #losses}. */
  final Node loss;

  final Graph graph;

  /**
   * @param training whether gradients are wanted
   * @param fixedPrecision whether the noise precision is left as it is by steps
   */
  RegressionGraph(
      Backend backend,
      RegressionModel model,
      Dataset data,
      int batch,
      boolean training,
      boolean fixedPrecision) {
    this.data = data;
    this.batch = batch;
    this.features = data.inputShape().size();
    this.outputs = data.targetSize();
    this.allTargets = data.targets();
    boolean propagated = !model.config().scheme().isSampled();
    this.x = new Input(model.network().batchShape(propagated ? 2 * batch : batch));
    this.targets = new Input(Shape.of(batch, outputs));
    Node out = model.network().forward(x, model.source());
    boolean varying = model.config().heteroscedastic();
    Node means = varying ? new Columns(out, 0, outputs) : out;
    Shape shape = Shape.of(batch, outputs);
    this.mean = propagated ? new View(means, 0, shape) : means;
    this.variance = propagated ? new View(means, shape.size(), shape) : null;
    this.noise = varying ? RelativeNoise.of(model, new Columns(out, outputs, outputs)) : null;
    Node precision =
        fixedPrecision ? model.precision().fixedExpectations() : model.precision().expectations();
    int constants = model.config().published() ? outputs : 1;
    this.losses =
        new GaussianNegativeLogLikelihood(
            mean,
            variance,
            targets,
            precision,
            noise == null ? null : noise.precision(),
            constants);
    this.loss = new Sum(losses);
    this.graph =
        training
            ? Graph.forTraining(backend, loss, out, losses)
            : Graph.forInference(backend, wanted());
    if (propagated) {
      Slice slice = x.value().slice();
      float variance = (float) model.config().inputVariance();
      for (int i = batch * features; i < slice.length(); i++) {
        slice.set(i, variance);
      }
      x.push();
    }
  }

  /** What predictions look at, which memory must last for. */
  private Node[] wanted() {
    return Stream.of(
            mean,
            variance,
            noise == null ? null : noise.precision().expectation(),
            noise == null ? null : noise.variance(),
            losses,
            loss)
        .filter(Objects::nonNull)
        .toArray(Node[]::new);
  }

  int batch() {
    return batch;
  }

  /** The inputs, for as many chosen examples as the batch has. */
  ExampleFeed.Batch inputs(ExampleFeed feed) {
    return feed.batch(x.value().slice().slice(0, batch * features), targets.value().slice());
  }

  /** Feeds examples in order; rows beyond the last keep what was there. Returns how many fit. */
  int feed(int from) {
    int rows = Math.min(batch, data.size() - from);
    Slice slice = x.value().slice();
    data.copyFeatures(from, rows, slice.array(), slice.offset());
    for (int i = 0; i < rows; i++) {
      feedTarget(i, from + i);
    }
    x.push();
    targets.push();
    return rows;
  }

  private void feedTarget(int row, int example) {
    for (int m = 0; m < outputs; m++) {
      targets.value().slice().set(row * outputs + m, allTargets[example * outputs + m]);
    }
  }
}
