/** Arithmetic on {@code float[]} slices; it knows no tensor and no network. */
module io.github.bmr4j.kernels {
  requires jdk.incubator.vector;
  // Read for the JVM's flags, where they are there.
  requires static java.management;
  requires static jdk.management;

  exports io.github.bmr4j.kernels;

  uses io.github.bmr4j.kernels.BackendProvider;
}
