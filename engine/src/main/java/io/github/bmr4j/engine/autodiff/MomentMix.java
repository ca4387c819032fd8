package io.github.bmr4j.engine.autodiff;

/**
 * Mean and variance of u a + (1 − u) b for independent u, a and b, element by element on packed
 * moments: what a gated unit keeps of its state and takes of the candidate.
 */
public final class MomentMix extends MomentElementwise {

  private final boolean published;

  /**
   * @param u packed, [2 batch, …]
   * @param a packed, of the same shape
   * @param b packed, of the same shape
   */
  public MomentMix(Node u, Node a, Node b) {
    this(u, a, b, false);
  }

  /**
   * @param u packed, [2 batch, …]
   * @param a packed, of the same shape
   * @param b packed, of the same shape
   * @param published whether the variance is that of the published code of Beckers et al.: b has
   *     the factor u² in place of (1 − u)², and the covariance of both terms is missing
   */
  public MomentMix(Node u, Node a, Node b, boolean published) {
    super(u, a, b);
    this.published = published;
  }

  @Override
  void moments(double[] at, double[] result) {
    double u = at[0];
    double vu = at[1];
    double a = at[2];
    double va = at[3];
    double b = at[4];
    double vb = at[5];
    double rest = published ? u : 1 - u;
    double spread = published ? a * a + b * b : (a - b) * (a - b);
    result[0] = u * a + (1 - u) * b;
    result[1] = vu * (spread + va + vb) + u * u * va + rest * rest * vb;
  }

  @Override
  void partials(double[] at, double[] d) {
    double u = at[0];
    double vu = at[1];
    double a = at[2];
    double va = at[3];
    double b = at[4];
    double vb = at[5];
    double rest = published ? u : 1 - u;
    double spread = published ? a * a + b * b : (a - b) * (a - b);
    d[0] = a - b;
    d[1] = 0;
    d[2] = u;
    d[3] = 0;
    d[4] = 1 - u;
    d[5] = 0;
    d[6] = 2 * u * va + (published ? 2 : -2) * rest * vb;
    d[7] = spread + va + vb;
    d[8] = 2 * vu * (published ? a : a - b);
    d[9] = vu + u * u;
    d[10] = 2 * vu * (published ? b : b - a);
    d[11] = vu + rest * rest;
  }
}
