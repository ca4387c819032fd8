package io.github.bmr4j.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.kernels.BackendProvider.Availability;
import org.junit.jupiter.api.Assumptions;

/** The device that tests run on. */
final class TestDevice {

  /** Set where there must be a device: a machine that was set up for it. */
  private static final boolean EXPECTED = Boolean.getBoolean("bmr4j.expectOpenCl");

  private TestDevice() {}

  /** Opens it; skips the test, with the reason, where there is none and none is expected. */
  static OpenClBackend open() {
    Availability availability = new OpenClBackendProvider().availability();
    if (EXPECTED) {
      assertTrue(availability.available(), availability.reason());
    }
    Assumptions.assumeTrue(
        availability.available(),
        "no OpenCL device, so this is not tested: " + availability.reason());
    return (OpenClBackend) new OpenClBackendProvider().open(1);
  }
}
