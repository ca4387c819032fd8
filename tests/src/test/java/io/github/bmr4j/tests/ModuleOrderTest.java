package io.github.bmr4j.tests;

import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The modules see only what is below them, and the core needs nothing outside the JDK. */
class ModuleOrderTest {

  private static final String PREFIX = "io.github.bmr4j.";

  /**
   * What each module without run-time dependencies may require, besides {@code java.base}: modules
   * of the JDK by name, so that a new one is a decision, and those below.
   */
  private static final Map<String, Set<String>> ALLOWED =
      Map.of(
          "io.github.bmr4j.kernels",
              Set.of("jdk.incubator.vector", "java.management", "jdk.management"),
          // Aparapi when building only: requires static.
          "io.github.bmr4j.kernels.opencl", Set.of("aparapi", "io.github.bmr4j.kernels"),
          "io.github.bmr4j.engine", Set.of("jdk.incubator.vector", "io.github.bmr4j.kernels"),
          "io.github.bmr4j.models",
              Set.of("io.github.bmr4j.kernels", "io.github.bmr4j.engine", "java.net.http"));

  private static final Map<String, ModuleDescriptor> MODULES = modulesOnTheClassPath();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "io.github.bmr4j.kernels",
        "io.github.bmr4j.kernels.opencl",
        "io.github.bmr4j.engine",
        "io.github.bmr4j.models"
      })
  void requiresOnlyTheJdkAndTheModulesBelow(String name) {
    ModuleDescriptor module = MODULES.get(name);
    Set<String> excess =
        module.requires().stream()
            .map(Requires::name)
            .filter(required -> !required.equals("java.base"))
            .filter(required -> !ALLOWED.get(name).contains(required))
            .collect(toSet());
    assertEquals(Set.of(), excess, name + " requires what it may not");
  }

  @Test
  void everyModuleNamesItsPackagesAfterItself() {
    MODULES.forEach(
        (name, module) ->
            assertTrue(
                module.packages().stream()
                    .allMatch(p -> p.equals(name) || p.startsWith(name + ".")),
                name + " holds " + module.packages()));
  }

  @Test
  void theCommandIsTheTop() {
    Set<String> below =
        MODULES.values().stream()
            .flatMap(module -> module.requires().stream())
            .map(Requires::name)
            .collect(toSet());
    assertTrue(!below.contains("io.github.bmr4j.cli"), "a module requires the command");
    assertEquals(
        Set.of(
            "io.github.bmr4j.kernels",
            "io.github.bmr4j.kernels.opencl",
            "io.github.bmr4j.engine",
            "io.github.bmr4j.models",
            "io.github.bmr4j.cli"),
        MODULES.keySet());
  }

  private static Map<String, ModuleDescriptor> modulesOnTheClassPath() {
    Path[] named =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .filter(entry -> entry.contains("bmr4j") || new File(entry).isDirectory())
            .map(Path::of)
            .toArray(Path[]::new);
    return ModuleFinder.of(named).findAll().stream()
        .map(ModuleReference::descriptor)
        .filter(module -> module.name().startsWith(PREFIX))
        .collect(toMap(ModuleDescriptor::name, m -> m));
  }
}
