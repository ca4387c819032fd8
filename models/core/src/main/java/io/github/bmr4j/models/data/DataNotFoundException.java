package io.github.bmr4j.models.data;

/** A data set is in none of the places where it is looked for. The message says how to get it. */
public final class DataNotFoundException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param message what is missing, where it was looked for and how to get it
   */
  public DataNotFoundException(String message) {
    super(message);
  }
}
