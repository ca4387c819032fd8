package io.github.bmr4j.bench.peers;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What contenders are asked to do, and how the table shows it.
 *
 * @param name in the table
 * @param unit in which the table shows a call
 * @param amount in one call: elements for {@link Unit#NANOSECONDS}, floating-point operations for
 *     {@link Unit#GFLOPS}, bytes for {@link Unit#GIGABYTES}, 1 for {@link Unit#MILLISECONDS}
 * @param ceiling the kind of the workload that bounds this one, measured in the same rounds; null
 *     for none
 * @param request kind and parameters, as contenders get them
 */
record Workload(
    String name, Unit unit, double amount, String ceiling, Map<String, Object> request) {

  /** How a time is shown. */
  enum Unit {
    /** Nanoseconds an element. */
    NANOSECONDS("ns"),
    /** Milliseconds a call. */
    MILLISECONDS("ms"),
    /** 10⁹ operations a second. */
    GFLOPS("GFLOP/s"),
    /** 10⁹ bytes a second. */
    GIGABYTES("GB/s");

    final String symbol;

    Unit(String symbol) {
      this.symbol = symbol;
    }
  }

  /** What the table shows for a call that took {@code seconds}. */
  double shown(double seconds) {
    return switch (unit) {
      case NANOSECONDS -> 1e9 * seconds / amount;
      case MILLISECONDS -> 1e3 * seconds / amount;
      case GFLOPS, GIGABYTES -> 1e-9 * amount / seconds;
    };
  }

  /** A request from its kind and pairs of name and value. */
  static Map<String, Object> request(String kind, Object... parameters) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("kind", kind);
    for (int i = 0; i < parameters.length; i += 2) {
      request.put((String) parameters[i], parameters[i + 1]);
    }
    return request;
  }
}
