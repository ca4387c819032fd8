package io.github.bmr4j.kernels;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Chooses and opens {@link Backend}s.
 *
 * <p>An explicit choice is kept or refused with its reason, never replaced. Only where nobody chose
 * does the first of {@code simd} and {@code scalar} run that can, and a refused {@code simd} is
 * then said once, as a warning through {@link System.Logger}.
 */
public final class Backends {

  /** System property that names the back end: {@code scalar}, {@code simd} or {@code opencl}. */
  public static final String BACKEND_PROPERTY = "bmr4j.backend";

  /** System property that sets the number of threads; all processors without it. */
  public static final String THREADS_PROPERTY = "bmr4j.threads";

  private static final System.Logger LOG = System.getLogger("io.github.bmr4j.kernels");

  /** What was logged in this JVM: a program may open many back ends, and each fact is said once. */
  private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

  private Backends() {}

  /**
   * Opens the back end that the system property {@value #BACKEND_PROPERTY} names, or without it the
   * first of {@code simd} and {@code scalar} that can run here.
   *
   * @throws IllegalArgumentException if the property names no known back end
   * @throws IllegalStateException if the named back end cannot run here
   */
  public static Backend open() {
    return open(defaultThreads());
  }

  /**
   * Opens the back end that {@link #open()} chooses.
   *
   * @param threads number of threads that compute, the caller's included; at least 1
   * @throws IllegalArgumentException if the property names no known back end or {@code threads < 1}
   * @throws IllegalStateException if the named back end cannot run here
   */
  public static Backend open(int threads) {
    String asked = System.getProperty(BACKEND_PROPERTY);
    if (asked != null) {
      return open(asked, threads);
    }
    requireThreads(threads);
    BackendProvider simd = new SimdBackendProvider();
    BackendProvider.Availability availability = simd.availability();
    if (availability.available()) {
      return opened(simd, threads);
    }
    String refusal = "simd is not used: " + availability.reason();
    say(Level.WARNING, refusal);
    return opened(new ScalarBackendProvider(refusal), threads);
  }

  /**
   * Opens the named back end with as many threads as {@value #THREADS_PROPERTY} says, or as there
   * are processors.
   *
   * @throws IllegalArgumentException if the name is unknown
   * @throws IllegalStateException if that back end cannot run here; says why and what to do
   */
  public static Backend open(String name) {
    return open(name, defaultThreads());
  }

  /**
   * Opens the named back end.
   *
   * @param name {@code scalar}, {@code simd} or the name of a provider on the path
   * @param threads number of threads that compute, the caller's included; at least 1
   * @throws IllegalArgumentException if the name is unknown or {@code threads < 1}
   * @throws IllegalStateException if that back end cannot run here; says why and what to do
   */
  public static Backend open(String name, int threads) {
    requireThreads(threads);
    List<BackendProvider> providers = providers();
    for (BackendProvider provider : providers) {
      if (provider.name().equals(name)) {
        BackendProvider.Availability availability = provider.availability();
        if (!availability.available()) {
          String refusal = "Back end " + name + " cannot run here: " + availability.reason();
          say(Level.WARNING, refusal);
          throw new IllegalStateException(refusal);
        }
        return opened(provider, threads);
      }
    }
    throw new IllegalArgumentException(
        "There is no back end \""
            + name
            + "\"; the known ones are "
            + providers.stream().map(BackendProvider::name).collect(Collectors.joining(", ")));
  }

  /** What every known back end says about this JVM and machine, in order of preference. */
  public static List<BackendProvider.Availability> survey() {
    return providers().stream().map(BackendProvider::availability).toList();
  }

  /** What one back end says, without asking the others; empty if the name is unknown. */
  public static Optional<BackendProvider.Availability> availability(String name) {
    return providers().stream()
        .filter(provider -> provider.name().equals(name))
        .findFirst()
        .map(BackendProvider::availability);
  }

  /**
   * What is known of builds of Java that corrupt memory or compile vectors wrongly, a sentence
   * each; whether this one is among them say the {@link #warnings}.
   */
  public static List<String> knownDefects() {
    return List.of(
        "25.0.0 to 25.0.2: arrays that native code holds can be moved (JDK-8377811); mended in 25.0.3",
        "25 with -XX:+UseCompactObjectHeaders: wrong code (JDK-8380060); never use it there",
        "25: sums of byte vectors can be wrong (JDK-8378250); this project uses none",
        "25: vectors of negative unsigned constants can be wrong (JDK-8384963); this project uses none");
  }

  /**
   * What is known to be wrong with this JVM, one sentence each with what to do: builds that corrupt
   * memory or miscompile. Empty on a good one.
   */
  public static List<String> warnings() {
    return warnings(Runtime.version(), HotSpotFlags.is("UseCompactObjectHeaders", "true"));
  }

  static List<String> warnings(Runtime.Version version, boolean compactHeaders) {
    List<String> warnings = new ArrayList<>();
    if (version.feature() == 25 && version.interim() == 0 && version.update() < 3) {
      warnings.add(
          "JDK "
              + version
              + " can silently corrupt arrays that native code holds (JDK-8377811); update to"
              + " 25.0.3 or newer");
    }
    if (compactHeaders) {
      warnings.add(
          "-XX:+UseCompactObjectHeaders miscompiles on JDK 25 (JDK-8380060); start java without"
              + " it");
    }
    return List.copyOf(warnings);
  }

  private static void requireThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException(
          "A back end needs at least 1 thread, but " + threads + " were asked for");
    }
  }

  private static Backend opened(BackendProvider provider, int threads) {
    Backend backend = provider.open(threads);
    warnings().forEach(warning -> say(Level.WARNING, warning));
    // Not shown unless asked for: a library has no business on a console where all is well.
    say(Level.DEBUG, backend.describe());
    return backend;
  }

  private static void say(Level level, String sentence) {
    if (SAID.add(sentence)) {
      LOG.log(level, sentence);
    }
  }

  /** All providers, the preferred first: the two of this module, then those found on the path. */
  private static List<BackendProvider> providers() {
    List<BackendProvider> providers = new ArrayList<>();
    providers.add(new SimdBackendProvider());
    providers.add(new ScalarBackendProvider());
    Iterator<BackendProvider> found = ServiceLoader.load(BackendProvider.class).iterator();
    while (true) {
      try {
        if (!found.hasNext()) {
          return providers;
        }
        providers.add(found.next());
      } catch (ServiceConfigurationError | LinkageError e) {
        // A broken one on the path is no reason to lose the others.
        say(Level.WARNING, "A back end on the path cannot be loaded: " + e);
      }
    }
  }

  private static int defaultThreads() {
    String asked = System.getProperty(THREADS_PROPERTY);
    if (asked == null) {
      return Runtime.getRuntime().availableProcessors();
    }
    try {
      int threads = Integer.parseInt(asked.strip());
      if (threads >= 1) {
        return threads;
      }
    } catch (NumberFormatException e) {
      // Reported below, with the value.
    }
    throw new IllegalArgumentException(
        "System property "
            + THREADS_PROPERTY
            + " must be a whole number of at least 1, but is \""
            + asked
            + "\"");
  }
}
