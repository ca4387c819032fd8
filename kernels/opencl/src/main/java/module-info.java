/**
 * The back end {@code opencl}. Needs {@code --enable-native-access=io.github.bmr4j.kernels.opencl},
 * without which the JVM warns. Aparapi is needed to build it, not to run it.
 */
@SuppressWarnings("requires-automatic") // a library without modules, and at build time only
module io.github.bmr4j.kernels.opencl {
  requires io.github.bmr4j.kernels;
  requires static aparapi;

  // Aparapi reads the fields of the kernels when it runs them itself, which a test does.
  opens io.github.bmr4j.kernels.opencl.kernel;

  provides io.github.bmr4j.kernels.BackendProvider with
      io.github.bmr4j.kernels.opencl.OpenClBackendProvider;
}
