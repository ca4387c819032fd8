package io.github.bmr4j.cli.picture;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * A direction of a chart: a range of values, linear or logarithmic, and where ticks are; or names
 * one after the other, number i from i to i + 1.
 *
 * @param label what is along it, with its unit
 * @param min its first value
 * @param max its last value, above the first
 * @param logarithmic whether equal ratios, not equal differences, are equally long
 * @param names along it; empty for values
 */
public record Axis(String label, double min, double max, boolean logarithmic, List<String> names) {

  private static final int TICKS = 5;
  private static final int MOST_NAMES = 6;

  /**
   * @throws IllegalArgumentException if the range is empty or not finite, or not positive where it
   *     is logarithmic
   */
  public Axis {
    names = List.copyOf(names);
    if (!(min < max) || !Double.isFinite(max - min) || (logarithmic && min <= 0)) {
      throw new IllegalArgumentException(
          "The axis '" + label + "' has no range from " + min + " to " + max);
    }
  }

  /**
   * An axis of values.
   *
   * @param label what is along it, with its unit
   * @param min its first value
   * @param max its last value, above the first
   */
  public static Axis of(String label, double min, double max) {
    return new Axis(label, min, max, false, List.of());
  }

  /**
   * An axis of names.
   *
   * @param label what they are
   * @param names at least one
   */
  public static Axis names(String label, List<String> names) {
    return new Axis(label, 0, names.size(), false, names);
  }

  /**
   * An axis that has room for all finite ones of some values, and a little more.
   *
   * @param label what is along it
   * @param values any number of them
   */
  public static Axis linear(String label, double... values) {
    double[] range = range(values);
    double low = range[0];
    double high = range[1];
    if (low > high) {
      return of(label, 0, 1);
    }
    double margin = high > low ? 0.04 * (high - low) : Math.max(1e-3, 0.5 * Math.abs(high));
    return of(label, low - margin, high + margin);
  }

  /** As {@link #linear}, from 0 on. */
  public static Axis fromZero(String label, double... values) {
    double high = range(values)[1];
    return of(label, 0, high > 0 ? 1.06 * high : 1);
  }

  /** Whole powers of ten around the positive ones of some values. */
  public static Axis logarithmic(String label, double... values) {
    double low = Double.POSITIVE_INFINITY;
    double high = 0;
    for (double value : values) {
      if (value > 0 && Double.isFinite(value)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    if (high == 0) {
      return logarithmic(label, 0.1, 10);
    }
    double from = Math.pow(10, Math.floor(Math.log10(low)));
    double to = Math.pow(10, Math.ceil(Math.log10(high)));
    return new Axis(label, from, to > from ? to : 10 * from, true, List.of());
  }

  private static double[] range(double... values) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double value : values) {
      if (Double.isFinite(value)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    return new double[] {low, high};
  }

  /** Where a value is: 0 at the first, 1 at the last, and kept between. */
  double at(double value) {
    double share =
        logarithmic
            ? Math.log(Math.max(value, min) / min) / Math.log(max / min)
            : (value - min) / (max - min);
    return Math.clamp(share, 0, 1);
  }

  /** A tick. */
  record Tick(double value, String text) {}

  /** Round values inside the range. */
  List<Tick> ticks() {
    if (!names.isEmpty()) {
      int stride = Math.ceilDiv(names.size(), MOST_NAMES);
      return IntStream.range(0, names.size())
          .filter(i -> i % stride == 0)
          .mapToObj(i -> new Tick(i + 0.5, names.get(i)))
          .toList();
    }
    return logarithmic ? powers() : multiples();
  }

  private List<Tick> powers() {
    List<Tick> ticks = new ArrayList<>();
    int from = (int) Math.ceil(Math.log10(min) - 1e-9);
    int to = (int) Math.floor(Math.log10(max) + 1e-9);
    int stride = Math.max(1, (int) Math.ceil((to - from) / 6.0));
    for (int power = from; power <= to; power += stride) {
      boolean plain = power >= -3 && power <= 6;
      String text = plain ? text(Math.pow(10, power), Math.max(0, -power)) : "1e" + power;
      ticks.add(new Tick(Math.pow(10, power), text));
    }
    return ticks;
  }

  private List<Tick> multiples() {
    double rough = (max - min) / TICKS;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : 5);
    step = rough / power >= 7.5 ? 10 * power : step;
    int decimals = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    List<Tick> ticks = new ArrayList<>();
    for (long i = (long) Math.ceil(min / step - 1e-9); i * step <= max + 1e-9 * step; i++) {
      ticks.add(new Tick(i * step, text(i * step, decimals)));
    }
    return ticks;
  }

  private static String text(double value, int decimals) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value == 0 ? 0.0 : value)
        .replace("-", "\u2212");
  }
}
