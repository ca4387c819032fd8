package io.github.bmr4j.kernels.opencl.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.kernels.opencl.TestDevice;
import io.github.bmr4j.kernels.opencl.host.Context;
import io.github.bmr4j.kernels.opencl.host.DeviceKernel;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each kernel's class translates to text that has none of the translator's known traps. */
class TranslationTest {

  /** Words of OpenCL C that are no words of Java, so that a variable might have such a name. */
  private static final Pattern RESERVED =
      Pattern.compile(
          "\\b(?:int|long|float)\\s+(half|local|global|constant|kernel|generic|pipe|quad|uint)\\b");

  @BeforeAll
  static void quiet() {
    System.setProperty("com.aparapi.logLevel", "OFF");
  }

  private static Path folder() throws URISyntaxException {
    Path classes =
        Path.of(Translation.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    return classes.resolve(Translation.class.getPackageName().replace('.', '/'));
  }

  static List<String> kernels() throws IOException, URISyntaxException, ClassNotFoundException {
    return Translation.kernels(folder());
  }

  @Test
  void thereAreKernels() throws Exception {
    assertTrue(kernels().size() >= 42, kernels().toString());
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void theTextInTheJarIsThatOfTheClass(String name) throws Exception {
    assertEquals(Translation.text(name), Files.readString(folder().resolve(name + ".cl")));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void theTextHasNoTrap(String name) throws Exception {
    String text = Translation.text(name);
    assertFalse(text.contains("unsigned"), "a shift by >>> makes what follows unsigned");
    assertFalse(text.contains("double"), "not every device has double");
    assertFalse(text.contains("fmax") || text.contains("fmin"), "they pass NaN over");
    assertFalse(text.contains("native_"), "their error has no bound");
    assertFalse(RESERVED.matcher(text).find(), "a name is a word of OpenCL C");
  }

  @Test
  void everyTextCompilesOnTheDevice() throws Exception {
    try (Context context = new Context(TestDevice.device())) {
      for (String name : kernels()) {
        String text = Translation.text(name);
        new DeviceKernel(context, name, text, parameters(text));
      }
    }
  }

  static String[] parameters(String text) {
    Matcher signature = Pattern.compile("run\\(([^)]*)\\)\\{").matcher(text);
    assertTrue(signature.find(), text);
    return Arrays.stream(signature.group(1).split(",", -1))
        .map(parameter -> parameter.strip().replaceAll(".*[ *]", ""))
        .filter(parameter -> !parameter.equals("passid"))
        .toArray(String[]::new);
  }
}
