package io.github.bmr4j.models.data;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/** The toy sequences of Beckers et al. (2024): windows of a wave, each with the value after it. */
public enum ToySequences {
  /** sin x. */
  SINE,
  /** The first four terms of a sawtooth. */
  SAWTOOTH,
  /** The first four terms of a square wave. */
  SQUARE;

  /** Points of the wave, at x = π · 0, π · 0.01, … */
  public static final int POINTS = 800;

  /** Length of a window. */
  public static final int WINDOW = 8;

  private double at(double x) {
    return switch (this) {
      case SINE -> Math.sin(x);
      case SAWTOOTH ->
          Math.sin(x) - Math.sin(2 * x) / 2 + Math.sin(3 * x) / 3 - Math.sin(4 * x) / 4;
      case SQUARE -> Math.sin(x) + Math.sin(3 * x) / 3 + Math.sin(5 * x) / 5 + Math.sin(7 * x) / 7;
    };
  }

  /** All windows in order: {@value #POINTS} − {@value #WINDOW} examples, not standardised. */
  public Dataset dataset() {
    float[] points = new float[POINTS];
    for (int i = 0; i < POINTS; i++) {
      points[i] = (float) at(Math.PI * (0.01 * i));
    }
    String title = name().toLowerCase(Locale.ROOT);
    return Dataset.regression(
        title,
        InputShape.row(WINDOW),
        windows(points),
        Arrays.copyOfRange(points, WINDOW, POINTS),
        1,
        new Provenance("computed: " + title + " wave", "none needed", Map.of()));
  }

  private static float[] windows(float[] points) {
    float[] windows = new float[(POINTS - WINDOW) * WINDOW];
    for (int i = 0; i < POINTS - WINDOW; i++) {
      System.arraycopy(points, i, windows, i * WINDOW, WINDOW);
    }
    return windows;
  }
}
