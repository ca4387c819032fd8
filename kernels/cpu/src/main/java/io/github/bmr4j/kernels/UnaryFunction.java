package io.github.bmr4j.kernels;

/**
 * The element-wise functions of one argument, each with a pullback in {@link
 * ElementwiseKernels#applyPullback}. Activations are those that a layer may name.
 */
public enum UnaryFunction {
  /** y = x. */
  IDENTITY,
  /** y = max(x, 0); derivative 0 at x = 0. */
  RELU,
  /** Hyperbolic tangent. */
  TANH,
  /** Logistic function 1 / (1 + e⁻ˣ). */
  SIGMOID,
  /** Swish, also SiLU: x · sigmoid(x). */
  SWISH,
  /** GELU in its tanh form: ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))). */
  GELU_TANH,
  /** GELU exactly: ½ x (1 + erf(x / √2)). */
  GELU,
  /** ln(1 + eˣ); maps an unconstrained ρ to a standard deviation σ > 0. */
  SOFTPLUS,
  /** eˣ. */
  EXP,
  /** Natural logarithm; x > 0. */
  LOG,
  /** x². */
  SQUARE,
  /** √x; x ≥ 0. */
  SQRT,
  /** Error function. */
  ERF,
  /** Sine; x in radians. */
  SIN,
  /** Cosine; x in radians. */
  COS
}
