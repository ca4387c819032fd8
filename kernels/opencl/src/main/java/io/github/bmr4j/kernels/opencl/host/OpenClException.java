package io.github.bmr4j.kernels.opencl.host;

import io.github.bmr4j.kernels.DeviceException;

/** A call of OpenCL that failed, with the error's name. */
public final class OpenClException extends DeviceException {

  private static final long serialVersionUID = 1;

  /** The error's number. */
  private final int code;

  OpenClException(String message, int code) {
    super(message);
    this.code = code;
  }

  /** The number that OpenCL returned. */
  public int code() {
    return code;
  }

  /** Whether the device has no room for what was asked. */
  public boolean isOutOfMemory() {
    return code == Status.OUT_OF_MEMORY;
  }
}
