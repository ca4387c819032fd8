package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.inference.StochasticVariationalInference;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Epochs;
import io.github.bmr4j.models.data.ExampleFeed;

/**
 * Trains a regression model by whole epochs: each example once, the last batch as small as it
 * comes.
 */
public final class RegressionTraining {

  private final Epochs epochs;
  private final int batch;
  private final ExampleFeed feed;
  private final ExampleFeed.Batch whole;
  private final ExampleFeed.Batch rest;
  private final StochasticVariationalInference wholeInference;
  private final StochasticVariationalInference restInference;
  private long done;

  /**
   * @param backend does the work
   * @param model to train
   * @param data examples with real targets
   * @param epochs order of the examples
   * @param batch examples in a step
   * @param optimizer of all variational parameters
   * @param examples N, by which the divergence is divided: the size of the data, except where
   *     published settings say otherwise
   * @param fixedPrecision whether steps leave the noise precision as it is
   */
  public RegressionTraining(
      Backend backend,
      RegressionModel model,
      Dataset data,
      Epochs epochs,
      int batch,
      Optimizer optimizer,
      long examples,
      boolean fixedPrecision) {
    this.epochs = epochs;
    this.batch = Math.min(batch, data.size());
    int remainder = data.size() % this.batch;
    this.feed = new ExampleFeed(backend, data, data.size());
    RegressionGraph graph =
        new RegressionGraph(backend, model, data, this.batch, true, fixedPrecision);
    this.whole = graph.inputs(feed);
    this.wholeInference = inference(backend, model, graph, optimizer, examples);
    if (remainder == 0) {
      this.rest = null;
      this.restInference = null;
    } else {
      RegressionGraph last =
          new RegressionGraph(backend, model, data, remainder, true, fixedPrecision);
      this.rest = last.inputs(feed);
      this.restInference = inference(backend, model, last, optimizer, examples);
    }
  }

  private static StochasticVariationalInference inference(
      Backend backend,
      RegressionModel model,
      RegressionGraph graph,
      Optimizer optimizer,
      long examples) {
    return new StochasticVariationalInference(
        backend,
        graph.graph,
        graph.loss,
        optimizer,
        model.sampling(),
        examples,
        graph.batch(),
        VariationalStep.Divergence.ANALYTIC);
  }

  /**
   * One epoch. Allocates nothing.
   *
   * @return Σ −ln p(y|x, w) over its examples in nats, each as its step found it
   */
  public double epoch() {
    int[] order = epochs.order(done++);
    feed.order(order);
    double sum = 0;
    int from = 0;
    for (; from + batch <= order.length; from += batch) {
      whole.fill(from);
      sum += wholeInference.step();
    }
    if (rest != null) {
      rest.fill(from);
      sum += restInference.step();
    }
    return sum;
  }

  /** Number of epochs so far. */
  public long epochs() {
    return done;
  }

  /** Number of steps so far. */
  public long steps() {
    return wholeInference.steps();
  }

  /** The inference whose state is that of the whole training. */
  StochasticVariationalInference inference() {
    return wholeInference;
  }

  /** Goes on where another run stopped. */
  void resumeAt(long epochs, long steps) {
    done = epochs;
    wholeInference.resumeAt(steps);
  }

  /** Makes sure that every variational parameter is finite. */
  public void requireFinite() {
    wholeInference.requireFinite();
  }
}
