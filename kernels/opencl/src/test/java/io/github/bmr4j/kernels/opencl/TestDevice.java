package io.github.bmr4j.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.kernels.BackendProvider.Availability;
import io.github.bmr4j.kernels.opencl.host.Device;
import io.github.bmr4j.kernels.opencl.host.Platforms;
import org.junit.jupiter.api.Assumptions;

/** The device that tests run on. */
public final class TestDevice {

  /** Set where there must be a device: on a machine that was set up for it. */
  private static final boolean EXPECTED = Boolean.getBoolean("bmr4j.expectOpenCl");

  private TestDevice() {}

  /** The device; skips the test, and says why, where there is none and none is expected. */
  public static Device device() {
    Availability availability = new OpenClBackendProvider().availability();
    if (EXPECTED) {
      assertTrue(availability.available(), availability.reason());
    }
    if (!availability.available()) {
      String reason = "NOT TESTED, since there is no OpenCL device: " + availability.reason();
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    return Platforms.chosen();
  }

  /**
   * The device, as if it had another memory.
   *
   * @param memory bytes of the whole
   * @param buffer bytes of one buffer at most
   */
  public static Device believedToHave(long memory, long buffer) {
    Device device = device();
    return new Device(
        device.handle(),
        device.platform(),
        device.name(),
        device.version(),
        device.driver(),
        device.type(),
        device.computeUnits(),
        memory,
        buffer,
        device.localBytes(),
        device.largestWorkGroup(),
        device.roundsDivisions());
  }

  static OpenClBackend open() {
    return new OpenClBackend(device());
  }
}
