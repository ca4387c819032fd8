package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.metric.PredictiveAccumulator;
import java.util.Arrays;

/** Posterior predictive of a spike-and-slab model. */
final class SupervisedPrediction {

  private static final double HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

  private final Backend backend;
  private final SpikeAndSlabModel model;
  private final int batch;
  private final Input x;
  private final Node outputs;
  private final Graph graph;

  SupervisedPrediction(Backend backend, SpikeAndSlabModel model, int batch) {
    this.backend = backend;
    this.model = model;
    this.batch = batch;
    this.x = new Input(model.network().batchShape(batch));
    this.outputs = model.network().forward(x, model.draws());
    this.graph = Graph.forInference(backend, outputs);
  }

  /**
   * Evaluates on labels, or on single real targets.
   *
   * @param data standardised as the training data
   * @param samples number of draws
   * @param scale the targets' unit: what one of the standardised ones is
   * @param parameters in the model
   */
  SpikeAndSlabEvaluation evaluate(Dataset data, int samples, double scale, long parameters) {
    if (data.isClassification()) {
      PredictiveAccumulator predictive =
          new PredictiveAccumulator(data.classNames().size(), data.labels());
      predict(data, samples, (out, offset, from, rows) -> predictive.addLogits(out, offset, rows));
      return new SpikeAndSlabEvaluation(
          Double.NaN,
          predictive.metrics().accuracy(),
          -predictive.metrics().negativeLogLikelihood(),
          parameters);
    }
    int n = data.size();
    float[] targets = data.targets();
    double deviation = model.noise().standardDeviation(0);
    double[] sum = new double[n];
    double[] logSum = new double[n];
    Arrays.fill(logSum, Double.NEGATIVE_INFINITY);
    predict(
        data,
        samples,
        (out, offset, from, rows) -> {
          for (int i = 0; i < rows; i++) {
            double z = (targets[from + i] - out[offset + i]) / deviation;
            sum[from + i] += out[offset + i];
            logSum[from + i] = logAdd(logSum[from + i], -0.5 * z * z);
          }
        });
    double squares = 0;
    double logLikelihood = 0;
    for (int i = 0; i < n; i++) {
      double error = sum[i] / samples - targets[i];
      squares += error * error;
      logLikelihood +=
          logSum[i] - Math.log(samples) - Math.log(deviation * scale) - HALF_LOG_TWO_PI;
    }
    return new SpikeAndSlabEvaluation(
        scale * Math.sqrt(squares / n), Double.NaN, logLikelihood / n, parameters);
  }

  private static double logAdd(double a, double b) {
    double larger = Math.max(a, b);
    return larger + Math.log1p(Math.exp(Math.min(a, b) - larger));
  }

  private interface Sink {
    void accept(float[] out, int offset, int from, int rows);
  }

  private void predict(Dataset data, int samples, Sink sink) {
    for (int sample = 0; sample < samples; sample++) {
      for (int from = 0; from < data.size(); from += batch) {
        // Noise is drawn for each example anew, so each batch takes another draw.
        model.sampling().prediction((long) sample * data.size() + from);
        int rows = Math.min(batch, data.size() - from);
        Slice features = x.value().slice();
        data.copyFeatures(from, rows, features.array(), features.offset());
        x.push();
        graph.forward();
        Slice out = outputs.value().slice();
        backend.memory().pull(out);
        int bad = backend.reduction().firstNonFinite(out);
        if (bad >= 0) {
          throw new DivergedException(
              "The network's output "
                  + bad
                  + " of the examples from "
                  + from
                  + " on is "
                  + out.get(bad)
                  + " under draw "
                  + sample);
        }
        sink.accept(out.array(), out.offset(), from, rows);
      }
    }
  }
}
