package io.github.bmr4j.models.method;

import io.github.bmr4j.kernels.VariationalStep;

/** How the noise of the posterior enters a training step. Both estimate the same gradient. */
public enum Reparameterization {
  /** One draw of the weights for the whole batch (Blundell et al. 2015). */
  GLOBAL,
  /**
   * Fresh noise for each example and unit of dense layers, from the moments of the sum (Kingma,
   * Salimans, Welling 2015); layers whose units share weights within an example draw them.
   */
  LOCAL;

  /** Refuses a divergence at drawn weights where none are drawn. */
  void require(VariationalStep.Divergence divergence) {
    if (this == LOCAL && divergence == VariationalStep.Divergence.SAMPLED) {
      throw new IllegalArgumentException(
          "The local reparameterisation draws no weights at which the divergence could be sampled;"
              + " use the analytic divergence with it");
    }
  }
}
