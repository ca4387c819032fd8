package io.github.bmr4j.models.method;

import io.github.bmr4j.models.metric.ClassificationMetrics;

/**
 * How good a model is.
 *
 * @param metrics of the posterior predictive on the test set
 * @param logPredictiveDensity of the test set, in nats per example
 * @param expectedLogLikelihood E_q[Σ ln p(y|x, w)] over the training set, in nats
 * @param klDivergence KL(q‖p) of what is in the model, in nats
 * @param weights parameters in the model
 */
public record Evaluation(
    ClassificationMetrics metrics,
    double logPredictiveDensity,
    double expectedLogLikelihood,
    double klDivergence,
    long weights) {

  /** Evidence lower bound over the training set in nats: the negative free energy. */
  public double elbo() {
    return expectedLogLikelihood - klDivergence;
  }
}
