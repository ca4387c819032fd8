package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.SoftmaxCrossEntropy;
import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;

/**
 * Runs a trained model over many examples with weights drawn from its posterior. One draw of the
 * weights serves all examples; the examples go through in batches.
 */
public final class Prediction {

  /** Receives the class probabilities of all examples under one draw of the weights. */
  @FunctionalInterface
  public interface Sink {

    /**
     * @param sample number of the draw, from 0
     * @param probabilities [examples, classes], row-major; overwritten by the next draw
     */
    void accept(int sample, float[] probabilities);
  }

  private final Backend backend;
  private final FlatModel model;
  private final int batch;
  private final int inputs;
  private final int classes;
  private final Input x;
  private final Input labels;
  private final Node logits;
  private final Node losses;
  private final Graph graph;
  private final Slice probabilities;

  /**
   * @param backend does the work
   * @param model trained
   * @param batch examples at a time
   */
  public Prediction(Backend backend, FlatModel model, int batch) {
    this.backend = backend;
    this.model = model;
    this.batch = batch;
    this.inputs = model.network().input().size();
    this.classes = model.network().output().size();
    this.x = new Input(batchOf(model.network().input()));
    this.labels = new Input(Shape.of(batch));
    this.logits = model.network().forward(x, model.draws());
    this.losses = new SoftmaxCrossEntropy(logits, labels);
    this.graph = Graph.forInference(backend, logits, losses);
    this.probabilities =
        new Slice(backend.memory().allocate(batch * classes), 0, batch * classes);
  }

  private Shape batchOf(Shape example) {
    int[] extents = new int[example.rank() + 1];
    extents[0] = batch;
    System.arraycopy(example.toArray(), 0, extents, 1, example.rank());
    return Shape.of(extents);
  }

  /**
   * Class probabilities of all examples, once for each of a number of draws.
   *
   * @param features [examples, inputs], row-major
   * @param examples how many
   * @param samples number of draws
   * @param sink receives the probabilities of each draw
   */
  public void predict(float[] features, int examples, int samples, Sink sink) {
    float[] all = new float[Math.multiplyExact(examples, classes)];
    MatrixView out = probabilities.asMatrix(batch, classes);
    for (int sample = 0; sample < samples; sample++) {
      model.sampling().prediction(sample);
      for (int from = 0; from < examples; from += batch) {
        int count = feed(features, null, from, examples);
        graph.forward();
        backend.reduction().softmax(logits.value().matrix(), out);
        backend.memory().pull(probabilities);
        System.arraycopy(probabilities.array(), 0, all, from * classes, count * classes);
      }
      sink.accept(sample, all);
    }
  }

  /**
   * Estimates E_q[Σ ln p(y|x, w)] over all examples, in nats.
   *
   * @param features [examples, inputs], row-major
   * @param targets [examples], class indices
   * @param examples how many
   * @param samples number of draws that the expectation is averaged over
   * @throws DivergedException if a term is not finite
   */
  public double logLikelihood(float[] features, int[] targets, int examples, int samples) {
    double sum = 0;
    for (int sample = 0; sample < samples; sample++) {
      model.sampling().prediction(sample);
      for (int from = 0; from < examples; from += batch) {
        int count = feed(features, targets, from, examples);
        graph.forward();
        Slice values = losses.value().slice();
        backend.memory().pull(values);
        for (int i = 0; i < count; i++) {
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

  /** Writes the examples from {@code from} on into the inputs; what is beyond the last is 0. */
  private int feed(float[] features, int[] targets, int from, int examples) {
    int count = Math.min(batch, examples - from);
    Slice rows = x.value().slice();
    rows.fill(0);
    System.arraycopy(features, from * inputs, rows.array(), rows.offset(), count * inputs);
    x.push();
    Slice classIndices = labels.value().slice();
    classIndices.fill(0);
    if (targets != null) {
      for (int i = 0; i < count; i++) {
        classIndices.set(i, targets[from + i]);
      }
    }
    labels.push();
    return count;
  }
}
