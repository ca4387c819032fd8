package io.github.bmr4j.kernels.opencl.host;

import java.util.Locale;

/**
 * A device and its limits.
 *
 * @param handle OpenCL's
 * @param platform name of its driver's platform
 * @param name its own
 * @param version of OpenCL
 * @param driver version of the driver
 * @param type what it is
 * @param computeUnits processors that run work groups
 * @param memoryBytes of the whole device
 * @param largestBufferBytes of one buffer at most
 * @param localBytes of local memory for one work group
 * @param largestWorkGroup work items of one work group at most
 * @param roundsDivisions whether divisions and roots can be rounded correctly
 */
public record Device(
    long handle,
    String platform,
    String name,
    String version,
    String driver,
    Type type,
    int computeUnits,
    long memoryBytes,
    long largestBufferBytes,
    long localBytes,
    long largestWorkGroup,
    boolean roundsDivisions) {

  /** Kinds of devices, the preferred first. */
  public enum Type {
    /** A graphics processor. */
    GPU,
    /** Another accelerator. */
    ACCELERATOR,
    /** The host's processors. */
    CPU,
    /** Anything else. */
    OTHER;

    /** From the bits of CL_DEVICE_TYPE. */
    static Type of(long bits) {
      if ((bits & 4) != 0) {
        return GPU;
      }
      if ((bits & 8) != 0) {
        return ACCELERATOR;
      }
      return (bits & 2) != 0 ? CPU : OTHER;
    }
  }

  /** One line for people. */
  public String describe() {
    return String.format(
        Locale.ROOT,
        "%s (%s, %s, driver %s): %s, %d compute units, %,d MiB, buffers of up to %,d MiB, %,d KiB"
            + " local memory, work groups of up to %,d",
        name,
        platform,
        version,
        driver,
        type,
        computeUnits,
        memoryBytes >> 20,
        largestBufferBytes >> 20,
        localBytes >> 10,
        largestWorkGroup);
  }
}
