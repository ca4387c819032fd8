package io.github.bmr4j.kernels;

/** Noise one draw at a time, in double arithmetic rounded once: the specification. */
final class ScalarNoiseKernels implements NoiseKernels {

  /** Draws of one group: sixteen counters of four words. */
  static final int GROUP = 64;

  /** Counters of one group. */
  static final int COUNTERS = 16;

  @Override
  public void uniform(long seed, int stream, long step, Slice out) {
    int[] words = new int[4];
    for (int i = 0; i < out.length(); i++) {
      words(seed, stream, step, i, words);
      out.set(i, (float) uniform(words[word(i)]));
    }
  }

  @Override
  public void normal(long seed, int stream, long step, Slice out) {
    int[] words = new int[4];
    for (int i = 0; i < out.length(); i++) {
      words(seed, stream, step, i, words);
      out.set(i, (float) normal(words, word(i)));
    }
  }

  @Override
  public void localDraw(
      Slice mean, Slice variance, long seed, int stream, long step, Slice deviation, Slice out) {
    NoiseArguments.localDraw(mean, variance, deviation, out);
    int[] words = new int[4];
    for (int i = 0; i < out.length(); i++) {
      words(seed, stream, step, i, words);
      double root = Math.sqrt(variance.get(i) + (double) LEAST_VARIANCE);
      deviation.set(i, (float) root);
      out.set(i, (float) (mean.get(i) + root * normal(words, word(i))));
    }
  }

  @Override
  public void localDrawPullback(
      Slice dy,
      Slice deviation,
      long seed,
      int stream,
      long step,
      Slice dVariance,
      boolean accumulate) {
    NoiseArguments.localDrawPullback(dy, deviation, dVariance);
    int[] words = new int[4];
    for (int i = 0; i < dy.length(); i++) {
      words(seed, stream, step, i, words);
      double share = 0.5 * dy.get(i) * normal(words, word(i)) / deviation.get(i);
      dVariance.set(i, (float) (accumulate ? dVariance.get(i) + share : share));
    }
  }

  /** The words of the counter that draw {@code i} belongs to. */
  static void words(long seed, int stream, long step, int i, int[] words) {
    int counter = COUNTERS * (i / GROUP) + i % COUNTERS;
    int low = (int) step;
    int high = (int) (step >>> 32);
    Philox.block((int) seed, (int) (seed >>> 32), counter, stream, low, high, words, 0);
  }

  /** Which of its counter's words draw {@code i} is made of. */
  static int word(int i) {
    return i % GROUP / COUNTERS;
  }

  /** A word as a number in (0, 1): the middle of one of 2²³ equal cells. */
  static double uniform(int word) {
    return ((word >>> 9) + 0.5) * 0x1p-23;
  }

  /** Normal draw {@code word} of a counter (Box, Muller 1958). */
  static double normal(int[] words, int word) {
    int first = word & ~1;
    double radius = Math.sqrt(-2 * Math.log(uniform(words[first])));
    double angle = 2 * Math.PI * uniform(words[first + 1]);
    return radius * ((word & 1) == 0 ? Math.cos(angle) : Math.sin(angle));
  }
}
