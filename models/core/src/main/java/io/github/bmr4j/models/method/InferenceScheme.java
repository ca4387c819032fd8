package io.github.bmr4j.models.method;

/** How the expectation of the log likelihood over the weights is computed while training. */
public enum InferenceScheme {
  /** In closed form, by propagating mean and variance through the network, without noise. */
  VARIANCE_BACKPROPAGATION,
  /** Bayes by backprop with noise for each example and unit. */
  LOCAL,
  /** Bayes by backprop with one draw of the weights a batch. */
  GLOBAL;

  /** Whether an expectation is an average over draws. */
  public boolean isSampled() {
    return this != VARIANCE_BACKPROPAGATION;
  }
}
