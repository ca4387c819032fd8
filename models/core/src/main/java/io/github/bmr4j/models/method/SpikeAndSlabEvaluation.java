package io.github.bmr4j.models.method;

/**
 * How well a spike-and-slab model predicts. The posterior predictive is an average over draws.
 *
 * @param rootMeanSquareError in the targets' own unit; NaN for classification
 * @param accuracy NaN for regression
 * @param logLikelihood (1/n) Σ ln p̄(y|x), in nats per example, for targets in their own unit
 * @param parameters in the model
 */
public record SpikeAndSlabEvaluation(
    double rootMeanSquareError, double accuracy, double logLikelihood, long parameters) {

  /** Whether this is at least as good as another: RMSE, or accuracy. */
  public boolean isAtLeastAsGoodAs(SpikeAndSlabEvaluation other) {
    return Double.isNaN(accuracy)
        ? rootMeanSquareError <= other.rootMeanSquareError
        : accuracy >= other.accuracy;
  }
}
