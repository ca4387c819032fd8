/** Arithmetic on {@code float[]} slices; it knows no tensor and no network. */
module io.github.bmr4j.kernels {
  requires jdk.incubator.vector;

  exports io.github.bmr4j.kernels;
}
