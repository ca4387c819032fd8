package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.BackendProvider;
import io.github.bmr4j.kernels.opencl.host.Device;
import io.github.bmr4j.kernels.opencl.host.OpenClException;
import io.github.bmr4j.kernels.opencl.host.Platforms;
import java.util.List;

/**
 * The back end {@code opencl}. It runs on the first device, graphics processors before all others,
 * unless the system property {@value Platforms#DEVICE_PROPERTY} names another.
 */
public final class OpenClBackendProvider implements BackendProvider {

  /** Work items of the largest groups. */
  private static final int GROUP = Launch.GROUP;

  /** For {@link java.util.ServiceLoader}. */
  public OpenClBackendProvider() {}

  @Override
  public String name() {
    return OpenClBackend.NAME;
  }

  @Override
  public Availability availability() {
    try {
      Device device = Platforms.chosen();
      List<String> all = Platforms.devices().stream().map(Device::describe).toList();
      if (device.largestWorkGroup() < GROUP) {
        String reason =
            device.name()
                + " runs work groups of at most "
                + device.largestWorkGroup()
                + ", but the kernels need "
                + GROUP;
        return new Availability(name(), false, reason, all);
      }
      return new Availability(name(), true, device.name() + " of " + device.platform(), all);
    } catch (OpenClException e) {
      return new Availability(name(), false, e.getMessage());
    }
  }

  @Override
  public Backend open(int threads) {
    return new OpenClBackend(Platforms.chosen());
  }
}
