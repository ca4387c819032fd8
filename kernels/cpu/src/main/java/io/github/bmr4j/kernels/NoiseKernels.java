package io.github.bmr4j.kernels;

/**
 * Noise from the counter-based generator Philox 4×32-10 (Salmon, Moraes, Dror, Shaw: Parallel
 * random numbers: as easy as 1, 2, 3; SC 2011).
 *
 * <p>Draw i is a pure function of (seed, stream, step, i). Its 32-bit word is found so, on every
 * back end and at every vector width: with {@code group = i / 64, word = (i % 64) / 16, lane = i %
 * 16}, it is word {@code word} of Philox under the key {@code (low, high half of seed)} and the
 * counter {@code (16 · group + lane, stream, low half of step, high half of step)}. (So sixteen
 * counters yield sixty-four consecutive draws, and no vector has to be transposed.)
 */
public interface NoiseKernels {

  /**
   * Uniform numbers in the open interval (0, 1): {@code ((word >>> 9) + ½) · 2⁻²³}, exact in float.
   *
   * @param seed the run's seed
   * @param stream which of the run's streams, one for each random quantity
   * @param step which draw of that quantity
   * @param out any length
   */
  void uniform(long seed, int stream, long step, Slice out);

  /**
   * Standard normal numbers by Box and Muller: words 0 and 1 of a Philox block give the radius and
   * the angle of draws 0 (cosine) and 1 (sine), words 2 and 3 those of draws 2 and 3. The radius is
   * √(−2 ln u) with u the {@link #uniform} of the first word (so no draw exceeds 5.77), the angle
   * 2π times the uniform of the second. Absolute error at most 2⁻²⁰ against double arithmetic.
   *
   * @param seed the run's seed
   * @param stream which of the run's streams
   * @param step which draw of that quantity
   * @param out any length
   */
  void normal(long seed, int stream, long step, Slice out);

  /**
   * Added to v in {@link #localDraw}: where all weights of a unit have left the model, v is 0 and
   * its root has no slope.
   */
  float LEAST_VARIANCE = 1e-20f;

  /**
   * A draw around each mean: y = m + √(v + {@link #LEAST_VARIANCE}) ε with ε as {@link #normal}
   * draws it.
   *
   * @param mean m
   * @param variance v, at least 0, as many
   * @param seed the run's seed
   * @param stream which of the run's streams
   * @param step which draw of that quantity
   * @param deviation takes the roots, which the pullback needs; memory of its own
   * @param out y; memory of its own
   */
  void localDraw(
      Slice mean, Slice variance, long seed, int stream, long step, Slice deviation, Slice out);

  /**
   * The gradient by the variances of {@link #localDraw}, with the same noise drawn again: ∂v = ∂y ε
   * / (2 √v), or more by that.
   *
   * @param dy ∂y
   * @param deviation the roots
   * @param seed the run's seed
   * @param stream which of the run's streams
   * @param step which draw of that quantity
   * @param dVariance ∂v; memory of its own
   * @param accumulate whether the gradient is added to what is there
   */
  void localDrawPullback(
      Slice dy,
      Slice deviation,
      long seed,
      int stream,
      long step,
      Slice dVariance,
      boolean accumulate);
}
