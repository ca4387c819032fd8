package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackendsTest {

  private final String backend = System.getProperty(Backends.BACKEND_PROPERTY);
  private final String threads = System.getProperty(Backends.THREADS_PROPERTY);

  @AfterEach
  void restore() {
    set(Backends.BACKEND_PROPERTY, backend);
    set(Backends.THREADS_PROPERTY, threads);
  }

  private static void set(String property, String value) {
    if (value == null) {
      System.clearProperty(property);
    } else {
      System.setProperty(property, value);
    }
  }

  private static BackendProvider.Availability simd() {
    return Backends.survey().getFirst();
  }

  @Test
  void surveyListsThePreferredFirstWithAReasonEach() {
    List<BackendProvider.Availability> survey = Backends.survey();
    assertEquals("simd", survey.get(0).name());
    assertEquals("scalar", survey.get(1).name());
    assertTrue(survey.get(1).available());
    for (BackendProvider.Availability availability : survey) {
      assertTrue(!availability.reason().isBlank(), availability.name());
    }
  }

  @Test
  void withoutAChoiceTheFirstAvailableOneOpens() {
    System.clearProperty(Backends.BACKEND_PROPERTY);
    try (Backend opened = Backends.open()) {
      assertEquals(simd().available() ? "simd" : "scalar", opened.name());
      assertTrue(opened.describe().startsWith(opened.name() + ": "), opened.describe());
    }
  }

  @Test
  void thePropertyChooses() {
    System.setProperty(Backends.BACKEND_PROPERTY, "scalar");
    try (Backend opened = Backends.open()) {
      assertEquals("scalar", opened.name());
      assertEquals(1, opened.threads());
    }
  }

  @Test
  void anUnknownNameIsRefusedWithTheKnownOnes() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Backends.open("cuda"));
    assertTrue(e.getMessage().contains("\"cuda\""), e.getMessage());
    assertTrue(e.getMessage().contains("simd, scalar"), e.getMessage());
    System.setProperty(Backends.BACKEND_PROPERTY, "SIMD");
    assertThrows(IllegalArgumentException.class, Backends::open);
  }

  @Test
  void simdOpensOrSaysWhyNot() {
    if (simd().available()) {
      try (Backend opened = Backends.open("simd", 3)) {
        assertEquals(3, opened.threads());
        assertEquals(
            "simd: " + SimdSpecies.BITS + "-bit vectors, FMA, 3 threads", opened.describe());
        MatrixView one = MatrixView.of(1, 1, 3);
        MatrixView c = MatrixView.of(1, 1, 0);
        opened.matrix().multiply(one, one, c, Epilogue.STORE);
        assertArrayEquals(new float[] {9}, c.array());
      }
    } else {
      IllegalStateException e =
          assertThrows(IllegalStateException.class, () -> Backends.open("simd"));
      assertTrue(e.getMessage().contains(simd().reason()), e.getMessage());
    }
  }

  @Test
  void threadsComeFromTheCallThePropertyOrTheMachine() {
    if (!simd().available()) {
      return;
    }
    System.setProperty(Backends.THREADS_PROPERTY, "2");
    try (Backend opened = Backends.open("simd")) {
      assertEquals(2, opened.threads());
    }
    System.clearProperty(Backends.THREADS_PROPERTY);
    try (Backend opened = Backends.open("simd")) {
      assertEquals(Runtime.getRuntime().availableProcessors(), opened.threads());
    }
    for (String bad : new String[] {"0", "-1", "many", ""}) {
      System.setProperty(Backends.THREADS_PROPERTY, bad);
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> Backends.open("simd"));
      assertTrue(e.getMessage().contains("\"" + bad + "\""), e.getMessage());
    }
    assertThrows(IllegalArgumentException.class, () -> Backends.open("scalar", 0));
  }

  @Test
  void closingTwiceIsFineAndUseAfterwardsIsNot() {
    if (!simd().available()) {
      return;
    }
    Backend opened = Backends.open("simd", 2);
    opened.close();
    opened.close();
    MatrixView one = MatrixView.of(1, 1, 3);
    MatrixView c = MatrixView.of(1, 1, 0);
    assertThrows(
        IllegalStateException.class, () -> opened.matrix().multiply(one, one, c, Epilogue.STORE));
  }

  @Test
  void knownBadJvmsAreNamed() {
    assertEquals(List.of(), Backends.warnings(Runtime.Version.parse("25.0.3+9"), false));
    assertEquals(List.of(), Backends.warnings(Runtime.Version.parse("25.1"), false));
    for (String bad : new String[] {"25", "25.0.1+8", "25.0.2+10"}) {
      List<String> warnings = Backends.warnings(Runtime.Version.parse(bad), false);
      assertEquals(1, warnings.size(), bad);
      assertTrue(warnings.getFirst().contains("25.0.3"), warnings.getFirst());
    }
    assertTrue(
        Backends.warnings(Runtime.Version.parse("25.0.3"), true)
            .getFirst()
            .contains("UseCompactObjectHeaders"));
  }
}
