package io.github.bmr4j.models.data;

/** Uniform and normal numbers in double, a pure function of (seed, stream, step). */
final class NormalWords {

  private final CounterWords words;
  private double spare = Double.NaN;

  /**
   * @param seed of the run
   * @param index of the quantity among those of the data
   */
  NormalWords(long seed, int index) {
    words = new CounterWords(seed, index);
  }

  /** Goes to the first number of a step. */
  void restart(long step) {
    words.restart(step);
    spare = Double.NaN;
  }

  /** Uniform in the open interval (0, 1): 52 random bits and a half. */
  double nextUniform() {
    int high = words.next() >>> 6;
    int low = words.next() >>> 6;
    return ((double) high * (1 << 26) + low + 0.5) * 0x1p-52;
  }

  /** Standard normal, by Box and Muller. */
  double nextNormal() {
    if (!Double.isNaN(spare)) {
      double z = spare;
      spare = Double.NaN;
      return z;
    }
    double radius = Math.sqrt(-2 * Math.log(nextUniform()));
    double angle = 2 * Math.PI * nextUniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}
