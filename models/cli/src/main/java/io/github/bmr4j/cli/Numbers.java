package io.github.bmr4j.cli;

import java.util.Locale;

/** Numbers for people, the same in every locale; a dash where there is none. */
final class Numbers {

  private Numbers() {}

  /** A count with separators: {@code 1,189,510}. */
  static String count(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }

  /** With so many digits after the point. */
  static String fixed(double x, int digits) {
    return Double.isFinite(x) ? String.format(Locale.ROOT, "%,." + digits + "f", x) : "-";
  }

  /** A number of a result with so many digits after the point; null where there is none. */
  static String fixed(Object number, int digits) {
    return number == null ? "-" : fixed(((Number) number).doubleValue(), digits);
  }

  /** With its sign. */
  static String signed(double x, int digits) {
    return Double.isFinite(x) ? String.format(Locale.ROOT, "%+,." + digits + "f", x) : "-";
  }

  /** A share as a percentage: {@code 12.5 %}. */
  static String percent(double share) {
    return Double.isFinite(share) ? String.format(Locale.ROOT, "%.1f %%", 100 * share) : "-";
  }

  /** A duration: {@code 0:07}, {@code 12:34} or {@code 1:02:03}. */
  static String clock(double seconds) {
    if (!Double.isFinite(seconds)) {
      return "-";
    }
    long s = Math.round(seconds);
    return s < 3600
        ? String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }

  /** A number of bytes in MiB. */
  static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%,.1f MiB", bytes / 1048576.0);
  }
}
