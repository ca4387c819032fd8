package io.github.bmr4j.engine.distribution;

/**
 * Draws of a {@link TruncatedNormal} by inversion, x = location + scale · t with Φ(t) = (1 − u)
 * Φ(α) + u Φ(β), and their derivatives at fixed u:
 *
 * <pre>
 * ∂x/∂location = 1 − [(1 − u) φ(α) + u φ(β)]/φ(t)
 * ∂x/∂ln scale = scale (t − [(1 − u) α φ(α) + u β φ(β)]/φ(t))
 * </pre>
 *
 * <p>No tail is cut off: probabilities are taken from the nearer end, and 37 scales outside, where
 * they underflow, the distance from the bound comes from Newton's steps on ln Φ. Mutable; allocates
 * nothing.
 */
public final class TruncatedNormalDraws {

  /** Beyond, Φ is no normal double any more. */
  private static final double UNDERFLOW = 37;

  /** e^−45 is below half a unit in the last place of 1. */
  private static final double NEGLIGIBLE = -45;

  private double location;
  private double scale;
  private double lower;
  private double upper;
  private double alpha;
  private double beta;
  private double below;
  private double above;
  private double mass;
  private double near;
  private double nearMills;
  private double farShare;
  private double distance;
  private boolean far;
  private double u;
  private double t;
  private double x;

  /** Of a distribution that {@link #set} must define before the first use. */
  public TruncatedNormalDraws() {}

  /**
   * Makes these draws of another distribution.
   *
   * @param distribution which; read now, not kept
   */
  public void set(TruncatedNormal distribution) {
    location = distribution.location();
    scale = distribution.scale();
    lower = distribution.lower();
    upper = distribution.upper();
    alpha = distribution.alpha();
    beta = distribution.beta();
    far = alpha > UNDERFLOW || beta < -UNDERFLOW;
    if (far) {
      near = Math.max(alpha, -beta);
      nearMills = 1 / NormalFunctions.hazard(near);
      double farthest = Math.max(beta, -alpha);
      farShare =
          Math.exp(-0.5 * (farthest - near) * (farthest + near))
              / NormalFunctions.hazard(farthest)
              / nearMills;
    } else {
      below = SpecialFunctions.normalCumulative(alpha);
      above = SpecialFunctions.normalCumulative(-beta);
      mass = Math.exp(distribution.logMass());
    }
  }

  /**
   * The draw for a uniform number.
   *
   * @param u in (0, 1)
   * @return x, between the bounds
   */
  public double draw(double u) {
    this.u = u;
    if (far) {
      return farDraw();
    }
    t = NormalFunctions.quantile(below + u * mass, above + (1 - u) * mass);
    x = Math.min(upper, Math.max(lower, location + scale * t));
    return x;
  }

  /** How x of the last {@link #draw} moves with the location. */
  public double byLocation() {
    return 1 - (1 - u) * relativeDensity(alpha) - u * relativeDensity(beta);
  }

  /** How x of the last {@link #draw} moves with the logarithm of the scale. */
  public double byLogScale() {
    return scale
        * (t - (1 - u) * alpha * relativeDensity(alpha) - u * beta * relativeDensity(beta));
  }

  /** φ(bound)/φ(t). */
  private double relativeDensity(double bound) {
    if (far && Math.abs(bound) == near) {
      return Math.exp(distance * (near + 0.5 * distance));
    }
    double exponent = 0.5 * (t - bound) * (t + bound);
    return exponent < NEGLIGIBLE ? 0 : Math.exp(exponent);
  }

  /**
   * The distance d from the nearer bound in scales, of the tail beyond z = near: M(z + d) φ(z + d)
   * = v M(z) φ(z) with Mills' ratio M, that is z d + ½ d² − ln(M(z + d)/M(z)) = −ln v.
   */
  private double farDraw() {
    boolean left = beta < 0;
    // The share of the tail that lies farther out than the draw.
    double share = left ? u : 1 - u;
    double v = farShare + share * (1 - farShare);
    double target = -Math.log(v);
    double d = target / near;
    for (int step = 0; step < 4; step++) {
      double hazard = NormalFunctions.hazard(near + d);
      double value = near * d + 0.5 * d * d + Math.log(hazard * nearMills);
      d = Math.max(0, d - (value - target) / hazard);
    }
    distance = d;
    t = left ? beta - d : alpha + d;
    x = left ? Math.max(lower, upper - scale * d) : Math.min(upper, lower + scale * d);
    return x;
  }
}
