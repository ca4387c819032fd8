package io.github.bmr4j.models.io;

/**
 * A file is not what it should be: broken, truncated, of another format, or hostile. The message
 * names the file, the offset, what was found and what was expected.
 */
public final class InvalidFileException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String file;
  private final long offset;

  /**
   * @param file the file's name, or what else the bytes came from
   * @param offset of the first byte that is wrong, from 0; negative where no one byte is
   * @param problem what was found and what was expected
   */
  public InvalidFileException(String file, long offset, String problem) {
    super(message(file, offset, problem));
    this.file = file;
    this.offset = offset;
  }

  /**
   * @param file the file's name, or what else the bytes came from
   * @param offset of the first byte that is wrong, from 0; negative where no one byte is
   * @param problem what was found and what was expected
   * @param cause what noticed it
   */
  public InvalidFileException(String file, long offset, String problem, Throwable cause) {
    super(message(file, offset, problem), cause);
    this.file = file;
    this.offset = offset;
  }

  private static String message(String file, long offset, String problem) {
    return offset < 0 ? file + ": " + problem : file + ", byte " + offset + ": " + problem;
  }

  /** The file's name, or what else the bytes came from. */
  public String file() {
    return file;
  }

  /**
   * Offset of the first byte that is wrong, from 0; negative where no one byte is. It counts the
   * decompressed content where the message says so.
   */
  public long offset() {
    return offset;
  }
}
