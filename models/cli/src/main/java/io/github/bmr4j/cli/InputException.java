package io.github.bmr4j.cli;

/** What the user asked for, or the data given, cannot be worked with; ends with exit code 2. */
final class InputException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param message one or two sentences: what, which values, what to do
   */
  InputException(String message) {
    super(message);
  }

  /**
   * @param message one or two sentences: what, which values, what to do
   * @param cause what noticed it
   */
  InputException(String message, Throwable cause) {
    super(message, cause);
  }
}
