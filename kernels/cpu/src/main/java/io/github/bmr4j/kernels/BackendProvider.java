package io.github.bmr4j.kernels;

import java.util.List;

/**
 * Makes one kind of {@link Backend}, and says whether this JVM and machine can run it. Found
 * through {@link java.util.ServiceLoader}; the scalar and SIMD back ends need no lookup.
 */
public interface BackendProvider {

  /** The name by which a user asks for it: lower case, for instance {@code opencl}. */
  String name();

  /** Whether it can run here, and why not; must not throw. */
  Availability availability();

  /**
   * Opens the back end.
   *
   * @param threads number of threads that compute, at least 1; devices ignore it
   * @throws IllegalStateException if it is not available, with the reason
   */
  Backend open(int threads);

  /**
   * Whether a back end can run here.
   *
   * @param name the back end
   * @param available whether it can
   * @param reason one sentence: what it would run on, or why it cannot and what to do about it
   * @param devices what there is to run on, a line each with its limits; empty where that is the
   *     CPU
   */
  record Availability(String name, boolean available, String reason, List<String> devices) {

    /** Of a back end that runs on the CPU. */
    public Availability(String name, boolean available, String reason) {
      this(name, available, reason, List.of());
    }
  }
}
