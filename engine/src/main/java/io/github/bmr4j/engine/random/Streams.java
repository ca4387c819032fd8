package io.github.bmr4j.engine.random;

/**
 * Numbers for the noise streams of a run. Every random quantity has a stream of its own, so that no
 * two ever share a draw: the purpose in the high bits, the quantity's index in the low ones.
 */
public final class Streams {

  /** What a stream's numbers are used for. */
  public enum Purpose {
    /** Starting values. */
    INITIALIZATION(0),
    /** Weights drawn while training. */
    TRAINING(1),
    /** Weights drawn for estimates of the free energy and for predictions. */
    PREDICTION(2),
    /** Order of examples, and splits. */
    DATA(3),
    /** Draws from reduced priors while a model is reduced. */
    REDUCTION(4);

    private final int code;

    Purpose(int code) {
      this.code = code;
    }
  }

  private static final int INDEX_BITS = 24;

  private Streams() {}

  /**
   * The stream of a quantity.
   *
   * @param purpose what for
   * @param index of the quantity, 0 … 2²⁴−1
   */
  public static int of(Purpose purpose, int index) {
    if (index < 0 || index >= 1 << INDEX_BITS) {
      throw new IllegalArgumentException(
          "A stream's index must lie in 0 … " + ((1 << INDEX_BITS) - 1) + ", but is " + index);
    }
    return purpose.code << INDEX_BITS | index;
  }
}
