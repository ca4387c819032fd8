package io.github.bmr4j.engine.distribution;

/**
 * Mean and variance of activations f(x) of a normal x ~ N(m, v), with their partial derivatives, as
 * variance backpropagation needs them. v = 0 is a point: it gives f(m), 0, and the derivatives of
 * f.
 */
public enum ActivationMoments {

  /** max(x, 0), exactly. */
  RELU {
    @Override
    public void evaluate(double m, double v, double[] out) {
      rectified(m, v, out);
    }
  },

  /** 1/(1+e⁻ˣ), with the slope of a probit: t = √(1 + π v / 8), E = f(m/t), Var = E(1−E)(1−1/t). */
  SIGMOID {
    @Override
    public void evaluate(double m, double v, double[] out) {
      sigmoid(m, Math.PI / 8 * v, Math.PI / 8, out);
    }
  },

  /** As {@link #SIGMOID}, with v² in place of v, as the published code of Beckers et al. has it. */
  SIGMOID_PUBLISHED {
    @Override
    public void evaluate(double m, double v, double[] out) {
      sigmoid(m, Math.PI / 8 * v * v, Math.PI / 4 * v, out);
    }
  },

  /** tanh x = 2 f(2x) − 1 with the moments of {@link #SIGMOID}. */
  TANH {
    @Override
    public void evaluate(double m, double v, double[] out) {
      sigmoid(2 * m, Math.PI / 2 * v, Math.PI / 8, out);
      fromSigmoid(out);
    }
  },

  /** As {@link #TANH}, with the moments of {@link #SIGMOID_PUBLISHED}. */
  TANH_PUBLISHED {
    @Override
    public void evaluate(double m, double v, double[] out) {
      sigmoid(2 * m, 2 * Math.PI * v * v, Math.PI * v, out);
      fromSigmoid(out);
    }
  };

  /** Numbers that {@link #evaluate} gives. */
  public static final int RESULTS = 6;

  private static final double ONE_OVER_ROOT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);

  /**
   * Mean, variance and their partial derivatives.
   *
   * @param m mean of x
   * @param v variance of x, at least 0
   * @param out takes E = E f(x), Var = Var f(x), ∂E/∂m, ∂E/∂v, ∂Var/∂m, ∂Var/∂v
   */
  public abstract void evaluate(double m, double v, double[] out);

  /**
   * With r = m/√v and g(r) = r Φ(r) + φ(r): E = √v g(r) and Var = v (Φ(r) − g(r) g(−r)), which does
   * not cancel where the mean is large.
   */
  private static void rectified(double m, double v, double[] out) {
    if (v <= 0) {
      double slope = m > 0 ? 1 : 0;
      out[0] = Math.max(m, 0);
      out[1] = 0;
      out[2] = slope;
      out[3] = 0;
      out[4] = 0;
      out[5] = slope;
      return;
    }
    double s = Math.sqrt(v);
    double r = m / s;
    double a = Math.abs(r);
    double density = 0;
    double below = 0;
    double small = 0;
    if (a <= MillsRatio.END) {
      double ratio = MillsRatio.of(a);
      density = Math.exp(-0.5 * a * a) * ONE_OVER_ROOT_TWO_PI;
      // Φ(−a), and g(−a) = φ(a) − a Φ(−a).
      below = density * ratio;
      small = Math.max(0, density - a * below);
    }
    double large = a + small;
    boolean positive = r >= 0;
    double cumulative = positive ? 1 - below : below;
    double g = positive ? large : small;
    out[0] = s * g;
    out[1] = Math.max(0, v * (cumulative - large * small));
    out[2] = cumulative;
    out[3] = density / (2 * s);
    out[4] = 2 * s * g * (positive ? below : 1 - below);
    out[5] = cumulative - g * density;
  }

  /**
   * @param c t² − 1
   * @param slope ∂c/∂v
   */
  private static void sigmoid(double m, double c, double slope, double[] out) {
    double t = Math.sqrt(1 + c);
    double small = Math.exp(-Math.abs(m) / t);
    double larger = 1 / (1 + small);
    double e = m >= 0 ? larger : small * larger;
    double rest = m >= 0 ? small * larger : larger;
    double bell = e * rest;
    // 1 − 1/t.
    double spread = c / (t * (t + 1));
    double byVariance = slope / (2 * t);
    out[0] = e;
    out[1] = bell * spread;
    out[2] = bell / t;
    out[3] = -bell * m / (t * t) * byVariance;
    out[4] = (rest - e) * out[2] * spread;
    out[5] = (rest - e) * out[3] * spread + bell / (t * t) * byVariance;
  }

  private static void fromSigmoid(double[] out) {
    out[0] = 2 * out[0] - 1;
    out[1] *= 4;
    out[2] *= 4;
    out[3] *= 8;
    out[4] *= 8;
    out[5] *= 16;
  }
}
