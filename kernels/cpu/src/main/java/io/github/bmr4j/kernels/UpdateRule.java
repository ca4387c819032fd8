package io.github.bmr4j.kernels;

/**
 * One step of a first-order optimiser, as kernels need it: the rule and this step's coefficients.
 * Mutable, so that a training step allocates nothing; the engine's optimisers fill it in.
 *
 * <p>Two rules keep two moments of each parameter. With gradient g and step t = 1, 2, …:
 *
 * <ul>
 *   <li>{@link Kind#ADAM} (Kingma, Ba 2015): m = β₁m + (1−β₁)g, v = β₂v + (1−β₂)g²;
 *   <li>{@link Kind#ADABELIEF} (Zhuang et al. 2020, as in optax): m as above, v = β₂v +
 *       (1−β₂)(g−m)² + ε_root;
 * </ul>
 *
 * and then θ = θ − η · (m / (1−β₁ᵗ)) / (√(v / (1−β₂ᵗ)) + ε).
 *
 * <p>{@link Kind#IVON} (Shen et al.: Variational learning is effective for large deep networks,
 * ICML 2024, algorithm 1) is a natural-gradient step of a normal posterior N(μ, σ²) as a whole. Its
 * states are the mean's first moment m and a curvature h. With λ = 1/klWeight (the number of
 * examples), δ = 1/(λ v) for the prior N(0, v), the likelihood's gradient g at the draw μ + σ ε and
 * the estimate ĥ = g ε/σ of its curvature:
 *
 * <pre>
 * m = β₁m + (1−β₁)g
 * h = β₂h + (1−β₂)ĥ + ½ (1−β₂)² (h−ĥ)²/(h+δ)
 * μ = μ − η (m/(1−β₁ᵗ) + δμ)/(h+δ)
 * σ = 1/√(λ(h+δ))
 * </pre>
 *
 * so that the posterior precision is λh + 1/v. The divergence from the prior enters through δ
 * alone, in closed form.
 */
public final class UpdateRule {

  /** The rule. */
  public enum Kind {
    /** Second moment of the gradient. */
    ADAM,
    /** Second moment of the gradient's deviation from its mean. */
    ADABELIEF,
    /** Natural gradient of a normal posterior, with a curvature in place of a second moment. */
    IVON
  }

  /** The rule. */
  public final Kind kind;

  /** Decay of the first moment, in [0, 1). */
  public final float beta1;

  /** Decay of the second moment, in [0, 1). */
  public final float beta2;

  /** Added to the root of the second moment; 0 for IVON. */
  public final float epsilon;

  /** Added to the second moment inside the recursion; 0 but for AdaBelief. */
  public final float epsilonRoot;

  private float learningRate;
  private float correction1;
  private float correction2;

  /** A rule at step 0; {@link #advance} must be called before the first use. */
  public UpdateRule(Kind kind, float beta1, float beta2, float epsilon, float epsilonRoot) {
    this.kind = kind;
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
    this.epsilonRoot = epsilonRoot;
  }

  /**
   * Sets the coefficients of a step.
   *
   * @param step the number of this step, from 1
   * @param learningRate η of this step
   */
  public void advance(long step, float learningRate) {
    this.learningRate = learningRate;
    this.correction1 = (float) (1 / (1 - Math.pow(beta1, step)));
    this.correction2 = (float) (1 / (1 - Math.pow(beta2, step)));
  }

  /**
   * The curvature h of {@link Kind#IVON} after an estimate of it: h + d + ½ d²/(h + δ) for d =
   * (1−β₂)(ĥ − h), which is the recursion above.
   *
   * @param h before; h + δ positive, and so it stays
   * @param estimate ĥ
   * @param delta δ
   */
  public double nextCurvature(double h, double estimate, double delta) {
    double change = (1.0 - beta2) * (estimate - h);
    return h + change + 0.5 * change * change / (h + delta);
  }

  /** η of this step. */
  public float learningRate() {
    return learningRate;
  }

  /** 1 / (1−β₁ᵗ) of this step. */
  public float correction1() {
    return correction1;
  }

  /** 1 / (1−β₂ᵗ) of this step. */
  public float correction2() {
    return correction2;
  }
}
