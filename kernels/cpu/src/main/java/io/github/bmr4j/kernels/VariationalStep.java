package io.github.bmr4j.kernels;

/**
 * The scalars of one fused variational step. Mutable, so that a training step allocates nothing.
 *
 * <p>The gradient that reaches the optimiser is {@code likelihoodWeight · ∂(−ln p(batch))/∂θ +
 * klWeight · ∂KL/∂θ}. For the ELBO over N examples, estimated from a batch of B and divided by N,
 * these are 1/B and 1/N.
 */
public final class VariationalStep {

  /** How the divergence from the prior enters the gradient. */
  public enum Divergence {
    /** KL(q‖p) in closed form: lower variance. */
    ANALYTIC,
    /** ln q(b) − ln p(b) at the sampled b, with the entropy of q exact (as the published code). */
    SAMPLED
  }

  /** How the divergence enters. */
  public Divergence divergence = Divergence.ANALYTIC;

  /** Factor of the gradient of the negative log likelihood that the graph computed. */
  public float likelihoodWeight = 1;

  /** Factor of the divergence's gradient. */
  public float klWeight = 1;

  /** Variance of the zero-mean normal prior of each factor; positive. */
  public float priorVariance = 1;

  /** Seed, stream and step under which {@link VariationalKernels#sample} drew the noise. */
  public long seed;

  /** See {@link #seed}. */
  public int stream;

  /** See {@link #seed}. */
  public long step;
}
