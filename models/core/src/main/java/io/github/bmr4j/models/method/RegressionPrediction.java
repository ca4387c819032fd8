package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.distribution.Gamma;
import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.metric.RegressionMetrics;

/** The free energy of a regression model over a data set, and its predictions for it. */
public final class RegressionPrediction {

  private static final int BATCH = 512;

  private final Backend backend;
  private final RegressionModel model;
  private final Dataset data;
  private final int samples;
  private final RegressionGraph graph;

  /**
   * @param backend does the work
   * @param model trained
   * @param data examples with real targets
   * @param samples number of draws where the scheme samples, at least 1
   */
  public RegressionPrediction(Backend backend, RegressionModel model, Dataset data, int samples) {
    this.backend = backend;
    this.model = model;
    this.data = data;
    this.samples = model.config().scheme().isSampled() ? samples : 1;
    int batch = Math.min(BATCH, data.size());
    this.graph = new RegressionGraph(backend, model, data, batch, false, false);
  }

  /**
   * The free energy as it is now.
   *
   * @throws DivergedException if a term is not finite
   */
  public FreeEnergy freeEnergy() {
    double[] inaccuracy = new double[1];
    forEach((row, example) -> inaccuracy[0] += graph.losses.value().slice().get(row));
    return new FreeEnergy(
        model.weightDivergence(), model.precision().klDivergence(), inaccuracy[0] / samples);
  }

  /** Moments of the predictions, [n, outputs] each; the noise is not among them. */
  public record Moments(double[] means, double[] variances) {}

  /** Mean and variance of the expected outputs. */
  public Moments moments() {
    int outputs = data.targetSize();
    double[] means = new double[data.size() * outputs];
    double[] variances = new double[means.length];
    double[] squares = new double[means.length];
    forEach(
        (row, example) -> {
          for (int m = 0; m < outputs; m++) {
            int at = example * outputs + m;
            double mean = graph.mean.value().slice().get(row * outputs + m);
            means[at] += mean / samples;
            squares[at] += mean * mean / samples;
            if (graph.variance != null) {
              variances[at] = graph.variance.value().slice().get(row * outputs + m);
            }
          }
        });
    if (graph.variance == null) {
      for (int i = 0; i < means.length; i++) {
        variances[i] = Math.max(0, squares[i] - means[i] * means[i]);
      }
    }
    return new Moments(means, variances);
  }

  /**
   * For each output Σ_n E (y − f)², what {@link
   * io.github.bmr4j.engine.inference.GammaPrecision#coordinateUpdate} needs.
   */
  public double[] expectedSquares() {
    int outputs = data.targetSize();
    float[] targets = data.targets();
    Moments moments = moments();
    double[] squares = new double[outputs];
    for (int i = 0; i < targets.length; i++) {
      double error = targets[i] - moments.means()[i];
      squares[i % outputs] += error * error + moments.variances()[i];
    }
    return squares;
  }

  /**
   * How well the predictions fit: normal ones with the outputs' mean and variance, and E 1/τ of
   * noise.
   *
   * @param output which target
   */
  public RegressionMetrics metrics(int output) {
    int outputs = data.targetSize();
    Moments moments = moments();
    Gamma noise = model.precision().posterior(output);
    // E 1/τ is finite above shape 1 only; below there is as good as no data.
    double noiseVariance = noise.rate() / Math.max(noise.shape() - 1, 1e-3);
    float[] targets = data.targets();
    int n = data.size();
    double[] means = new double[n];
    double[] deviations = new double[n];
    double[] wanted = new double[n];
    for (int i = 0; i < n; i++) {
      int at = i * outputs + output;
      means[i] = moments.means()[at];
      deviations[i] = Math.sqrt(moments.variances()[at] + noiseVariance);
      wanted[i] = targets[at];
    }
    return RegressionMetrics.of(means, deviations, wanted);
  }

  /** Sees one example after the graph has run. */
  private interface Visitor {
    void visit(int row, int example);
  }

  private void forEach(Visitor visitor) {
    for (int sample = 0; sample < samples; sample++) {
      for (int from = 0; from < data.size(); from += graph.batch()) {
        // Each batch has noise of its own.
        model.sampling().prediction((long) sample * data.size() + from);
        int rows = graph.feed(from);
        graph.graph.forward();
        Slice losses = graph.losses.value().slice();
        backend.memory().pull(losses);
        backend.memory().pull(graph.mean.value().slice());
        if (graph.variance != null) {
          backend.memory().pull(graph.variance.value().slice());
        }
        for (int i = 0; i < rows; i++) {
          if (!Float.isFinite(losses.get(i))) {
            throw new DivergedException(
                "The log likelihood of example " + (from + i) + " is " + -losses.get(i));
          }
          visitor.visit(i, from + i);
        }
      }
    }
  }
}
