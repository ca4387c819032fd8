package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.SoftmaxCrossEntropy;
import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.data.Dataset;

/**
 * Runs a trained model over many examples with weights drawn from its posterior. One draw of the
 * weights serves all examples; the examples go through in batches.
 */
public final class Prediction {

  /** Receives the network's outputs, draw by draw and batch by batch. */
  @FunctionalInterface
  public interface Sink {

    /**
     * Takes the outputs of one batch.
     *
     * @param logits [rows, classes] from the offset on; overwritten by the next batch
     * @param offset of the first
     * @param rows examples in this batch
     */
    void accept(float[] logits, int offset, int rows);
  }

  private final Backend backend;
  private final SampledNetwork model;
  private final int batch;
  private final int classes;
  private final Input x;
  private final Input labels;
  private final Node logits;
  private final Node losses;
  private final Graph graph;

  /**
   * @param backend does the work
   * @param model trained
   * @param batch examples at a time
   */
  public Prediction(Backend backend, SampledNetwork model, int batch) {
    this.backend = backend;
    this.model = model;
    this.batch = batch;
    this.classes = model.network().output().size();
    this.x = new Input(model.network().batchShape(batch));
    this.labels = new Input(Shape.of(batch));
    this.logits = model.network().forward(x, model.draws());
    this.losses = new SoftmaxCrossEntropy(logits, labels);
    this.graph = Graph.forInference(backend, logits, losses);
  }

  /**
   * The network's outputs for all examples in order, once for each of a number of draws.
   *
   * @param data examples with class labels
   * @param samples number of draws
   * @param sink receives them
   * @throws DivergedException if an output is not finite
   */
  public void predict(Dataset data, int samples, Sink sink) {
    for (int sample = 0; sample < samples; sample++) {
      model.sampling().prediction(sample);
      run(data, "draw " + sample + " of the weights", sink);
    }
  }

  /**
   * The network's outputs for all examples in order, without noise: each random quantity at its
   * mean.
   *
   * @param data examples with class labels
   * @param sink receives them
   * @throws DivergedException if an output is not finite
   */
  public void predictAtMean(Dataset data, Sink sink) {
    model.sampling().posteriorMean();
    run(data, "the posterior mean", sink);
  }

  private void run(Dataset data, String under, Sink sink) {
    for (int from = 0; from < data.size(); from += batch) {
      int rows = feed(data, from);
      graph.forward();
      Slice outputs = logits.value().slice();
      backend.memory().pull(outputs);
      int bad = backend.reduction().firstNonFinite(outputs);
      if (bad >= 0) {
        throw new DivergedException(
            "The network's output for example "
                + (from + bad / classes)
                + " is "
                + outputs.get(bad)
                + " under "
                + under);
      }
      sink.accept(outputs.array(), outputs.offset(), rows);
    }
  }

  /**
   * Estimates E_q[Σ ln p(y|x, w)] over all examples, in nats.
   *
   * @param data examples with class labels
   * @param samples number of draws that the expectation is averaged over
   * @throws DivergedException if a term is not finite
   */
  public double logLikelihood(Dataset data, int samples) {
    double sum = 0;
    for (int sample = 0; sample < samples; sample++) {
      model.sampling().prediction(sample);
      for (int from = 0; from < data.size(); from += batch) {
        int rows = feed(data, from);
        graph.forward();
        Slice values = losses.value().slice();
        backend.memory().pull(values);
        for (int i = 0; i < rows; i++) {
          if (!Float.isFinite(values.get(i))) {
            throw new DivergedException(
                "The log likelihood of example " + (from + i) + " is " + -values.get(i));
          }
          sum -= values.get(i);
        }
      }
    }
    return sum / samples;
  }

  /** Writes the examples from {@code from} on into the inputs; rows beyond the last are unused. */
  private int feed(Dataset data, int from) {
    int rows = Math.min(batch, data.size() - from);
    Slice features = x.value().slice();
    data.copyFeatures(from, rows, features.array(), features.offset());
    x.push();
    Slice classIndices = labels.value().slice();
    for (int i = 0; i < rows; i++) {
      classIndices.set(i, data.label(from + i));
    }
    labels.push();
    return rows;
  }
}
