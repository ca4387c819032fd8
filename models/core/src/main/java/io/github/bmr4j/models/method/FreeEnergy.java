package io.github.bmr4j.models.method;

/**
 * The variational free energy in nats over a data set, in its parts: F = complexity − accuracy, the
 * negative of the evidence lower bound.
 *
 * @param weights KL(q‖p) of the weights in the model
 * @param precision KL(q‖p) of the noise precisions
 * @param inaccuracy −E_q[Σ ln p(y|x, θ, τ)]
 */
public record FreeEnergy(double weights, double precision, double inaccuracy) {

  /** F. */
  public double total() {
    return weights + precision + inaccuracy;
  }

  /** Both divergences. */
  public double complexity() {
    return weights + precision;
  }
}
