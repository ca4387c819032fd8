package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.BackendProvider.Availability;
import io.github.bmr4j.kernels.Backends;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What computes. */
final class BackendOptions {

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      description =
          "Back end: simd, scalar, or another that 'bmr doctor' lists (default: simd where it is"
              + " safe, else scalar).")
  private String name;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute (default: all processors); results do not depend on it.")
  private Integer threads;

  BackendOptions() {}

  /**
   * Opens it.
   *
   * @throws InputException if there is none of that name, or it cannot run here
   */
  Backend open() {
    checkThreads();
    return open(threads);
  }

  /** As {@link #open()}, with one thread, for work that is shared out above the back end. */
  Backend openSingle() {
    return open(Integer.valueOf(1));
  }

  /** How many threads are to compute. */
  int threads() {
    checkThreads();
    return threads == null ? Runtime.getRuntime().availableProcessors() : threads;
  }

  private void checkThreads() {
    if (threads != null && threads < 1) {
      throw new InputException("--threads must be at least 1, but is " + threads);
    }
  }

  private Backend open(Integer threads) {
    try {
      if (name != null) {
        // Asked here first, because a refusal is logged there too.
        Optional<Availability> known = Backends.availability(name);
        if (known.isPresent() && !known.get().available()) {
          throw new InputException(
              "Back end " + name + " cannot run here: " + known.get().reason() + ".");
        }
        return threads == null ? Backends.open(name) : Backends.open(name, threads);
      }
      return threads == null ? Backends.open() : Backends.open(threads);
    } catch (IllegalArgumentException | IllegalStateException refused) {
      throw new InputException(refused.getMessage(), refused);
    }
  }
}
