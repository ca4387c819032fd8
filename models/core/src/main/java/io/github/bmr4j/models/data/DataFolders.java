package io.github.bmr4j.models.data;

import java.nio.file.Path;
import java.util.Map;

/** Where data sets that are not bundled lie on a machine. */
public final class DataFolders {

  /** The environment variable that names the cache folder. */
  public static final String CACHE_VARIABLE = "BMR_CACHE";

  /** Where Debian's packages of data sets put theirs. */
  static final Path SYSTEM = Path.of("/usr/share/datasets");

  private DataFolders() {}

  /**
   * The cache folder, whether it exists or not: {@value #CACHE_VARIABLE} where it is set, else
   * {@code bmr4j} in {@code XDG_CACHE_HOME}, else in {@code ~/.cache}.
   */
  public static Path cache() {
    return cache(System.getenv(), System.getProperty("user.home"));
  }

  static Path cache(Map<String, String> environment, String home) {
    String chosen = environment.getOrDefault(CACHE_VARIABLE, "");
    if (!chosen.isBlank()) {
      return Path.of(chosen).toAbsolutePath();
    }
    String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
    // The XDG base directory specification says to ignore a relative path.
    Path caches =
        !xdg.isBlank() && Path.of(xdg).isAbsolute() ? Path.of(xdg) : Path.of(home, ".cache");
    return caches.resolve("bmr4j").toAbsolutePath();
  }
}
