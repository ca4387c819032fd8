package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class HiddenLayersTest {

  private final HiddenLayers.Converter converter = new HiddenLayers.Converter();

  @Test
  void readsListsAndRepetitions() {
    assertEquals(HiddenLayers.of(500, 300), converter.convert("500,300"));
    assertEquals(HiddenLayers.of(500, 500, 500, 500), converter.convert("500x4"));
    assertEquals(HiddenLayers.of(8, 8, 3), converter.convert("8x2, 3"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0", "5,0", "0x3", "3x0", "", "5,", "a", "-3", "5x", "x4", "3.5", "99999999999"})
  void refusesWhatIsNoSize(String text) {
    TypeConversionException refused =
        assertThrows(TypeConversionException.class, () -> converter.convert(text));
    assertTrue(refused.getMessage().contains("500x4"), refused.getMessage());
    assertTrue(refused.getMessage().contains("'" + text + "'"), refused.getMessage());
  }

  @Test
  void refusesAbsurdDepthWithoutMakingTheLayers() {
    assertThrows(TypeConversionException.class, () -> converter.convert("1x999999999"));
    assertEquals(1_000, converter.convert("1x1000").sizes().size());
  }
}
