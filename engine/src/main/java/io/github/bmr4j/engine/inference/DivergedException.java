package io.github.bmr4j.engine.inference;

/** A NaN or an infinity turned up where a number decides something; the run cannot go on. */
public final class DivergedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param message which quantity, where, at which step, and what may be done
   */
  public DivergedException(String message) {
    super(message);
  }
}
