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
    public void moments(double m, double v, double[] result) {
      if (v <= 0) {
        result[0] = Math.max(m, 0);
        result[1] = 0;
        return;
      }
      double s = Math.sqrt(v);
      double r = m / s;
      double below = lower(Math.abs(r));
      double small = small(Math.abs(r), below);
      double large = Math.abs(r) + small;
      // g(r) = r Φ(r) + φ(r): E = s g(r) and Var = v (Φ(r) − g(r) g(−r)), which does not cancel
      // where the mean is large.
      result[0] = s * (r >= 0 ? large : small);
      result[1] = Math.max(0, v * ((r >= 0 ? 1 - below : below) - large * small));
    }

    @Override
    public void partials(double m, double v, double[] d) {
      if (v <= 0) {
        d[0] = m > 0 ? 1 : 0;
        d[1] = 0;
        d[2] = 0;
        d[3] = d[0];
        return;
      }
      double s = Math.sqrt(v);
      double r = m / s;
      double a = Math.abs(r);
      double below = lower(a);
      double density = density(a);
      double small = small(a, below);
      double cumulative = r >= 0 ? 1 - below : below;
      double g = r >= 0 ? a + small : small;
      d[0] = cumulative;
      d[1] = density / (2 * s);
      d[2] = 2 * s * g * (r >= 0 ? below : 1 - below);
      d[3] = cumulative - g * density;
    }
  },

  /** 1/(1+e⁻ˣ), with the slope of a probit: t = √(1 + π v / 8), E = f(m/t), Var = E(1−E)(1−1/t). */
  SIGMOID {
    @Override
    public void moments(double m, double v, double[] result) {
      sigmoid(m, Math.PI / 8 * v, result);
    }

    @Override
    public void partials(double m, double v, double[] d) {
      sigmoidPartials(m, Math.PI / 8 * v, Math.PI / 8, d);
    }
  },

  /** As {@link #SIGMOID}, with v² in place of v, as the published code of Beckers et al. has it. */
  SIGMOID_PUBLISHED {
    @Override
    public void moments(double m, double v, double[] result) {
      sigmoid(m, Math.PI / 8 * v * v, result);
    }

    @Override
    public void partials(double m, double v, double[] d) {
      sigmoidPartials(m, Math.PI / 8 * v * v, Math.PI / 4 * v, d);
    }
  },

  /** tanh x = 2 f(2x) − 1 with the moments of {@link #SIGMOID}. */
  TANH {
    @Override
    public void moments(double m, double v, double[] result) {
      SIGMOID.moments(2 * m, 4 * v, result);
      fromSigmoid(result);
    }

    @Override
    public void partials(double m, double v, double[] d) {
      SIGMOID.partials(2 * m, 4 * v, d);
      fromSigmoidPartials(d);
    }
  },

  /** As {@link #TANH}, with the moments of {@link #SIGMOID_PUBLISHED}. */
  TANH_PUBLISHED {
    @Override
    public void moments(double m, double v, double[] result) {
      SIGMOID_PUBLISHED.moments(2 * m, 4 * v, result);
      fromSigmoid(result);
    }

    @Override
    public void partials(double m, double v, double[] d) {
      SIGMOID_PUBLISHED.partials(2 * m, 4 * v, d);
      fromSigmoidPartials(d);
    }
  };

  private static final double ONE_OVER_ROOT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);

  /**
   * Mean and variance.
   *
   * @param m mean of x
   * @param v variance of x, at least 0
   * @param result takes E f(x) and Var f(x)
   */
  public abstract void moments(double m, double v, double[] result);

  /**
   * Partial derivatives.
   *
   * @param m mean of x
   * @param v variance of x, at least 0
   * @param d takes ∂E/∂m, ∂E/∂v, ∂Var/∂m, ∂Var/∂v
   */
  public abstract void partials(double m, double v, double[] d);

  /** Φ(−a). */
  private static double lower(double a) {
    return a > MillsRatio.END ? 0 : density(a) * MillsRatio.of(a);
  }

  /** φ(a). */
  private static double density(double a) {
    return a > MillsRatio.END ? 0 : Math.exp(-0.5 * a * a) * ONE_OVER_ROOT_TWO_PI;
  }

  /** g(−a) = φ(a) − a Φ(−a). */
  private static double small(double a, double below) {
    return Math.max(0, density(a) - a * below);
  }

  private static void sigmoid(double m, double c, double[] result) {
    double t = Math.sqrt(1 + c);
    double e = SpecialFunctions.logistic(m / t);
    double rest = SpecialFunctions.logistic(-m / t);
    result[0] = e;
    // 1 − 1/t = c / (t (t + 1)).
    result[1] = e * rest * c / (t * (t + 1));
  }

  /**
   * @param c t² − 1
   * @param slope ∂c/∂v
   */
  private static void sigmoidPartials(double m, double c, double slope, double[] d) {
    double t = Math.sqrt(1 + c);
    double e = SpecialFunctions.logistic(m / t);
    double rest = SpecialFunctions.logistic(-m / t);
    double bell = e * rest;
    double spread = c / (t * (t + 1));
    double byVariance = slope / (2 * t);
    d[0] = bell / t;
    d[1] = -bell * m / (t * t) * byVariance;
    d[2] = (rest - e) * d[0] * spread;
    d[3] = (rest - e) * d[1] * spread + bell / (t * t) * byVariance;
  }

  private static void fromSigmoid(double[] result) {
    result[0] = 2 * result[0] - 1;
    result[1] = 4 * result[1];
  }

  private static void fromSigmoidPartials(double[] d) {
    d[0] *= 4;
    d[1] *= 8;
    d[2] *= 8;
    d[3] *= 16;
  }
}
