package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.distribution.NormalFunctions;
import io.github.bmr4j.engine.distribution.TruncatedNormal;
import io.github.bmr4j.engine.distribution.TruncatedNormalDraws;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import java.util.Arrays;

/**
 * Many draws of one factor θ = eˣ with truncated normal x, and of its derivatives: what {@link
 * TruncatedNormalDraws} computes one by one in double, here in float, in blocks that stay in the
 * first-level cache. Loops without branches, which the compiler turns into vectors, alternate with
 * the back end's logarithms and exponentials. Where a bound lies more than {@value #FARTHEST}
 * scales on the wrong side of the mode, the draws are those in double.
 *
 * <p>Against double, x has an error of at most 4·10⁻⁷ scales and 10⁻⁵ altogether; so has ln θ.
 */
final class FactorDraws {

  private static final int BLOCK = 1024;

  /** Beyond, differences of squares of float would lose the derivatives. */
  private static final double FARTHEST = 6;

  /** φ(bound)/φ(t) of a bound this many scales away is below e⁻⁶⁰ for each t that is drawn. */
  private static final double NEGLIGIBLE = 14;

  /** e to this is the least normal float. */
  private static final float LEAST_EXPONENT = -87;

  /** Turns a difference of probabilities into its sign. */
  private static final float STEEP = 1e30f;

  private final Backend backend;
  private final int count;
  private final TruncatedNormalDraws exact = new TruncatedNormalDraws();
  private final float[] side;
  private final Slice quantile;
  private final Slice lower;
  private final Slice upper;
  private final Slice theta;

  /** The same memory as far as the last block needs it. */
  private final Slice[] whole;

  private final Slice[] last;

  /**
   * @param backend does the work
   * @param count draws of a factor
   */
  FactorDraws(Backend backend, int count) {
    this.backend = backend;
    this.count = count;
    int block = Math.min(count, BLOCK);
    this.side = new float[block];
    this.quantile = allocate(block);
    this.lower = allocate(block);
    this.upper = allocate(block);
    this.theta = allocate(block);
    this.whole = new Slice[] {quantile, lower, upper, theta};
    this.last = new Slice[whole.length];
    int rest = block == 0 ? 0 : count % block;
    Arrays.setAll(last, i -> whole[i].slice(0, rest));
  }

  private Slice allocate(int n) {
    return new Slice(backend.memory().allocate(n), 0, n);
  }

  /**
   * Draws on the host; all slices are those of many factors, one after the other.
   *
   * @param factor the distribution of x = ln θ
   * @param from where this factor's elements start
   * @param values uniform numbers, replaced by θ
   * @param byLocation takes ∂θ/∂location; null if not wanted, then the next is null, too
   * @param byLogScale takes ∂θ/∂ln scale
   */
  void draw(TruncatedNormal factor, int from, Slice values, Slice byLocation, Slice byLogScale) {
    if (factor.alpha() > FARTHEST || factor.beta() < -FARTHEST) {
      exactly(factor, from, values, byLocation, byLogScale);
      return;
    }
    for (int i = 0; i < count; i += BLOCK) {
      int n = Math.min(BLOCK, count - i);
      block(factor, n, n == side.length ? whole : last, from + i, values, byLocation, byLogScale);
    }
  }

  private void exactly(
      TruncatedNormal factor, int from, Slice values, Slice byLocation, Slice byLogScale) {
    exact.set(factor);
    for (int i = from; i < from + count; i++) {
      double value = Math.exp(exact.draw(values.get(i)));
      values.set(i, (float) value);
      if (byLocation != null) {
        byLocation.set(i, (float) (value * exact.byLocation()));
        byLogScale.set(i, (float) (value * exact.byLogScale()));
      }
    }
  }

  private void block(
      TruncatedNormal factor,
      int n,
      Slice[] scratch,
      int from,
      Slice values,
      Slice byLocation,
      Slice byLogScale) {
    float alpha = (float) factor.alpha();
    float beta = (float) factor.beta();
    float[] t = quantile.array();
    smallerTail(
        values.array(),
        values.offset() + from,
        (float) Math.exp(NormalFunctions.logCumulative(factor.alpha())),
        (float) Math.exp(NormalFunctions.logCumulative(-factor.beta())),
        (float) Math.exp(factor.logMass()),
        t,
        side,
        n);
    apply(UnaryFunction.LOG, scratch[0]);
    quantiles(t, side, n);
    logarithms(t, factor, theta.array(), n);
    apply(UnaryFunction.EXP, scratch[3]);
    if (byLocation != null) {
      relativeDensity(t, alpha, scratch[1], n);
      relativeDensity(t, beta, scratch[2], n);
      derivatives(
          values.array(),
          values.offset() + from,
          t,
          theta.array(),
          lower.array(),
          upper.array(),
          alpha,
          beta,
          (float) factor.scale(),
          byLocation.array(),
          byLocation.offset() + from,
          byLogScale.array(),
          byLogScale.offset() + from,
          n);
    }
    System.arraycopy(theta.array(), 0, values.array(), values.offset() + from, n);
  }

  /** In place, for the host. */
  private void apply(UnaryFunction f, Slice slice) {
    backend.memory().push(slice);
    backend.elementwise().apply(f, slice, slice);
    backend.memory().pull(slice);
  }

  /** p = min(Φ(t), Φ(−t)) with Φ(t) = Φ(α) + u Z, and −1 or 1 for t below or above 0. */
  private static void smallerTail(
      float[] u, int at, float below, float above, float mass, float[] p, float[] side, int n) {
    for (int i = 0; i < n; i++) {
      float low = below + u[at + i] * mass;
      float high = above + (1 - u[at + i]) * mass;
      p[i] = Math.min(low, high);
      side[i] = Math.max(-1f, Math.min(1f, (low - high) * STEEP));
    }
  }

  /**
   * t from ln p of its tail. The approximation of z = s − P(s)/Q(s), s = √(−2 ln p), is a fit of
   * our own: 6·10⁻⁸ for s between 1.177 (p = ½) and 9, before rounding.
   */
  private static void quantiles(float[] t, float[] side, int n) {
    for (int i = 0; i < n; i++) {
      float s = (float) Math.sqrt(-2f * t[i]);
      float p = ((0.07141375f * s + 2.2306776f) * s + 8.64343f) * s + 3.1893737f;
      float q = (((0.011343814f * s + 0.5947114f) * s + 4.187415f) * s + 5.333874f) * s + 1f;
      t[i] = side[i] * (s - p / q);
    }
  }

  private static void logarithms(float[] t, TruncatedNormal factor, float[] x, int n) {
    float location = (float) factor.location();
    float scale = (float) factor.scale();
    float least = (float) factor.lower();
    float greatest = (float) factor.upper();
    for (int i = 0; i < n; i++) {
      x[i] = Math.max(least, Math.min(greatest, location + scale * t[i]));
    }
  }

  /** φ(bound)/φ(t). */
  private void relativeDensity(float[] t, float bound, Slice out, int n) {
    float[] e = out.array();
    if (Math.abs(bound) > NEGLIGIBLE) {
      Arrays.fill(e, 0, n, 0);
      return;
    }
    for (int i = 0; i < n; i++) {
      e[i] = Math.max(LEAST_EXPONENT, 0.5f * (t[i] - bound) * (t[i] + bound));
    }
    apply(UnaryFunction.EXP, out);
  }

  private static void derivatives(
      float[] u,
      int at,
      float[] t,
      float[] theta,
      float[] lower,
      float[] upper,
      float alpha,
      float beta,
      float scale,
      float[] byLocation,
      int locationAt,
      float[] byLogScale,
      int scaleAt,
      int n) {
    for (int i = 0; i < n; i++) {
      float low = (1 - u[at + i]) * lower[i];
      float high = u[at + i] * upper[i];
      byLocation[locationAt + i] = theta[i] * (1 - low - high);
      byLogScale[scaleAt + i] = theta[i] * (scale * (t[i] - alpha * low - beta * high));
    }
  }
}
