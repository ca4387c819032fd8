package io.github.bmr4j.models.metric;

import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** The vectors that were computed for the paper's metrics by other means, in 60 digits. */
final class GoldenVectors {

  private GoldenVectors() {}

  static Map<?, ?> metrics(String name) throws IOException {
    try (InputStream in = GoldenVectors.class.getResourceAsStream("markovic.json")) {
      Map<?, ?> root =
          (Map<?, ?>) Json.parse(in.readAllBytes(), "markovic.json", Json.Limits.DEFAULT);
      return (Map<?, ?>) ((Map<?, ?>) root.get("metrics")).get(name);
    }
  }

  static double[] doubles(Object list) {
    return ((List<?>) list).stream().mapToDouble(x -> ((Number) x).doubleValue()).toArray();
  }

  static double number(Object value) {
    return ((Number) value).doubleValue();
  }
}
