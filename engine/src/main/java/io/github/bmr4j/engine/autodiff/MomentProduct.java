package io.github.bmr4j.engine.autodiff;

/** Mean and variance of a · b for independent a and b, element by element on packed moments. */
public final class MomentProduct extends MomentElementwise {

  private final boolean published;

  /**
   * @param a packed, [2 batch, …]
   * @param b packed, of the same shape
   */
  public MomentProduct(Node a, Node b) {
    this(a, b, false);
  }

  /**
   * @param a packed, [2 batch, …]
   * @param b packed, of the same shape
   * @param published whether the variance is v_a (b² v_b) + v_b a², as in the published code of
   *     Beckers et al., in place of v_a (b² + v_b) + v_b a²
   */
  public MomentProduct(Node a, Node b, boolean published) {
    super(a, b);
    this.published = published;
  }

  @Override
  void moments(double[] at, double[] result) {
    double a = at[0];
    double b = at[2];
    result[0] = a * b;
    double spread = published ? b * b * at[3] : b * b + at[3];
    result[1] = at[1] * spread + at[3] * a * a;
  }

  @Override
  void partials(double[] at, double[] d) {
    double a = at[0];
    double va = at[1];
    double b = at[2];
    double vb = at[3];
    d[0] = b;
    d[1] = 0;
    d[2] = a;
    d[3] = 0;
    d[4] = 2 * a * vb;
    d[5] = published ? b * b * vb : b * b + vb;
    d[6] = published ? 2 * va * b * vb : 2 * va * b;
    d[7] = a * a + (published ? va * b * b : va);
  }
}
