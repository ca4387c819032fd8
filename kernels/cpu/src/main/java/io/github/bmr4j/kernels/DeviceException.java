package io.github.bmr4j.kernels;

/** A device, or its driver, refused a call or failed; the message says which and what to do. */
public class DeviceException extends IllegalStateException {

  private static final long serialVersionUID = 1;

  /**
   * @param message what was attempted, the driver's error, the device and what may be done
   */
  public DeviceException(String message) {
    super(message);
  }
}
