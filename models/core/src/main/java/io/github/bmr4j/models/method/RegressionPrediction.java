package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Node;
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

  /**
   * Moments of the predictions, [n, outputs] each.
   *
   * @param means E f
   * @param variances Var f; the noise is not in it
   * @param noise E 1/ρ, by what the noise's variance differs from that of all; 1 unless the noise
   *     is heteroscedastic
   */
  public record Moments(double[] means, double[] variances, double[] noise) {}

  /** Mean and variance of the expected outputs. */
  public Moments moments() {
    int outputs = data.targetSize();
    double[] means = new double[data.size() * outputs];
    double[] variances = new double[means.length];
    double[] squares = new double[means.length];
    double[] noise = new double[means.length];
    forEach(
        (row, example) -> {
          for (int m = 0; m < outputs; m++) {
            int at = example * outputs + m;
            int in = row * outputs + m;
            double mean = graph.mean.value().slice().get(in);
            means[at] += mean / samples;
            squares[at] += mean * mean / samples;
            noise[at] +=
                value(graph.noise == null ? null : graph.noise.variance(), in, 1) / samples;
            variances[at] = value(graph.variance, in, 0);
          }
        });
    if (graph.variance == null) {
      for (int i = 0; i < means.length; i++) {
        variances[i] = Math.max(0, squares[i] - means[i] * means[i]);
      }
    }
    return new Moments(means, variances, noise);
  }

  private static double value(Node node, int i, double otherwise) {
    return node == null ? otherwise : node.value().slice().get(i);
  }

  /**
   * For each output Σ_n E ρ (y − f)², what {@link
   * io.github.bmr4j.engine.inference.GammaPrecision#coordinateUpdate} needs.
   */
  public double[] expectedSquares() {
    int outputs = data.targetSize();
    float[] targets = data.targets();
    double[] squares = new double[outputs];
    forEach(
        (row, example) -> {
          for (int m = 0; m < outputs; m++) {
            int in = row * outputs + m;
            double error = targets[example * outputs + m] - graph.mean.value().slice().get(in);
            double ratio =
                value(graph.noise == null ? null : graph.noise.precision().expectation(), in, 1);
            squares[m] += ratio * (error * error + value(graph.variance, in, 0)) / samples;
          }
        });
    return squares;
  }

  /**
   * How well the predictions fit: normal ones with the outputs' mean and variance, and E 1/τ of
   * noise, times E 1/ρ where it is heteroscedastic.
   *
   * @param output which target
   */
  public RegressionMetrics metrics(int output) {
    int outputs = data.targetSize();
    Moments moments = moments();
    double noiseVariance = model.noiseVariances()[output];
    float[] targets = data.targets();
    int n = data.size();
    double[] means = new double[n];
    double[] deviations = new double[n];
    double[] wanted = new double[n];
    for (int i = 0; i < n; i++) {
      int at = i * outputs + output;
      means[i] = moments.means()[at];
      deviations[i] = Math.sqrt(moments.variances()[at] + noiseVariance * moments.noise()[at]);
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
        pull(graph.variance);
        if (graph.noise != null) {
          pull(graph.noise.precision().expectation());
          pull(graph.noise.variance());
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

  private void pull(Node node) {
    if (node != null) {
      backend.memory().pull(node.value().slice());
    }
  }
}
