package io.github.bmr4j.engine.onnx;

/**
 * A file is no ONNX model, is broken, or computes something that is not read. The message names the
 * file, the node and its operator, what was found and what is read.
 */
public final class OnnxException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param source the file's name, or what else the model came from
   * @param problem what was found and what was expected
   */
  public OnnxException(String source, String problem) {
    super(source + ": " + problem);
  }

  /**
   * @param source the file's name, or what else the model came from
   * @param problem what was found and what was expected
   * @param cause what noticed it
   */
  public OnnxException(String source, String problem, Throwable cause) {
    super(source + ": " + problem, cause);
  }
}
