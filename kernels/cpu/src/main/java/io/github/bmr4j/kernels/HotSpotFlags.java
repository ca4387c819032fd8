package io.github.bmr4j.kernels;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/** The flags of this JVM, as far as they can be read: only HotSpot with jdk.management tells. */
final class HotSpotFlags {

  private HotSpotFlags() {}

  /** The value of a flag, empty where it is unknown. */
  static Optional<String> value(String flag) {
    // The nested class links com.sun.management, so it must not be touched without the module.
    return ModuleLayer.boot().findModule("jdk.management").isPresent()
        ? Bean.value(flag)
        : Optional.empty();
  }

  /** Whether a flag is known and has this value. */
  static boolean is(String flag, String value) {
    return value(flag).filter(value::equals).isPresent();
  }

  private static final class Bean {
    static Optional<String> value(String flag) {
      HotSpotDiagnosticMXBean bean =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      if (bean == null) {
        return Optional.empty();
      }
      try {
        return Optional.of(bean.getVMOption(flag).getValue());
      } catch (IllegalArgumentException noSuchFlag) {
        return Optional.empty();
      }
    }
  }
}
