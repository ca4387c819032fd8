package io.github.bmr4j.models.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

  @Test
  void readsEveryKindOfValue() {
    Object value =
        Json.parse(
            """
             {"a": [1, -2, 0, 1.5, 1e3, -0, 9223372036854775808], "b": {}, "c": [],
            "d": true, "e": false, "f": null, "": "x"}\t\r
            """,
            "t");
    Map<String, Object> expected = new LinkedHashMap<>();
    expected.put("a", List.of(1L, -2L, 0L, 1.5, 1000.0, -0.0, 0x1p63));
    expected.put("b", Map.of());
    expected.put("c", List.of());
    expected.put("d", true);
    expected.put("e", false);
    expected.put("f", null);
    expected.put("", "x");
    assertEquals(expected, value);
    assertEquals(List.copyOf(expected.keySet()), List.copyOf(((Map<?, ?>) value).keySet()));
  }

  @Test
  void readsEscapesAndUnicode() {
    assertEquals(
        "\"\\/\b\f\n\r\té😀µ😀",
        Json.parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00µ😀\"", "t"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|0|expected a JSON value",
        "[1,]|3|expected a JSON value",
        "[1 2]|3|expected ']'",
        "[1|2|expected ']'",
        "{|1|expected a key",
        "{\"a\"}|4|expected ':'",
        "{\"a\":1,}|7|expected a key",
        "{\"a\":1,\"a\":2}|7|\"a\" a second time",
        "{\"a\":1,\"\\u0061\":2}|7|a second time",
        "{a:1}|1|expected a key",
        "01|1|after the JSON value",
        "-|1|expected a digit",
        "1.|2|expected a digit",
        ".5|0|expected a JSON value",
        "1e|2|expected a digit",
        "+1|0|expected a JSON value",
        "1e999|0|beyond the range of double",
        "NaN|0|expected a JSON value",
        "Infinity|0|expected a JSON value",
        "tru|3|expected the word true",
        "nulL|3|expected the word null",
        "\"a|2|inside a string",
        "\"\\x\"|2|expected one of",
        "\"\\u12g4\"|5|four hexadecimal digits",
        "\"\\u12|5|four hexadecimal digits",
        "\"\\ud800\"|0|half of a surrogate pair",
        "\"\\udc00\\ud800\"|0|half of a surrogate pair",
        "1 x|2|after the JSON value",
        "'a'|0|expected a JSON value",
      })
  void refuses(String text, long offset, String problem) {
    InvalidFileException refused =
        assertThrows(InvalidFileException.class, () -> Json.parse(text, "x.json"));
    assertEquals("x.json", refused.file());
    assertEquals(offset, refused.offset(), refused.getMessage());
    assertTrue(refused.getMessage().startsWith("x.json, byte " + offset), refused.getMessage());
    assertTrue(refused.getMessage().contains(problem), refused.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"22 0a 22", "22 c3 22", "22 c0 80 22", "22 ed a0 80 22", "22 ff 22", "c3 a9"})
  void refusesBytesThatAreNoText(String bytes) {
    assertThrows(
        InvalidFileException.class,
        () -> Json.parse(HexFormat.ofDelimiter(" ").parseHex(bytes), "t", Json.Limits.DEFAULT));
  }

  @Test
  void refusesHalfAPairThatEncodingWouldReplace() {
    assertThrows(InvalidFileException.class, () -> Json.parse("\"\ud800\"", "t"));
    assertThrows(InvalidFileException.class, () -> Json.parse("\"a\ude00\ud83d\"", "t"));
    assertEquals("\ud83d\ude00", Json.parse("\"\ud83d\ude00\"", "t"));
  }

  @Test
  void limitsDepthAndNumberOfValues() {
    byte[] deep = "[[[1]]]".getBytes(StandardCharsets.UTF_8);
    assertEquals(List.of(List.of(List.of(1L))), Json.parse(deep, "t", new Json.Limits(3, 4)));
    InvalidFileException tooDeep =
        assertThrows(
            InvalidFileException.class, () -> Json.parse(deep, "t", new Json.Limits(2, 4)));
    assertEquals(2, tooDeep.offset());
    InvalidFileException tooMany =
        assertThrows(
            InvalidFileException.class, () -> Json.parse(deep, "t", new Json.Limits(3, 3)));
    assertTrue(tooMany.getMessage().contains("limit of 3"), tooMany.getMessage());
    // A million brackets neither overflow the stack nor fill the memory.
    assertThrows(InvalidFileException.class, () -> Json.parse("[".repeat(1_000_000), "t"));
    assertThrows(IllegalArgumentException.class, () -> new Json.Limits(0, 1));
  }

  @Test
  void whatWasReadCannotBeChanged() {
    Map<?, ?> map = (Map<?, ?>) Json.parse("{\"a\":[1]}", "t");
    assertThrows(UnsupportedOperationException.class, map::clear);
    List<?> list = (List<?>) map.get("a");
    assertThrows(UnsupportedOperationException.class, list::clear);
  }

  @Test
  void writesStably() {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("z_first", 1);
    value.put("a_second", Arrays.asList(0.1, 1f / 3, null, -0.0, 1e300, Long.MIN_VALUE));
    value.put("empty", Map.of());
    value.put("arrays", List.of(new int[] {1}, new long[] {2, 3}, new float[0], new double[] {.5}));
    value.put("text", "\"\\\n\r\t\u0001é😀</");
    assertEquals(
        "{\"z_first\":1,\"a_second\":[0.1,0.33333334,null,-0.0,1.0E300,-9223372036854775808],"
            + "\"empty\":{},\"arrays\":[[1],[2,3],[],[0.5]],"
            + "\"text\":\"\\\"\\\\\\n\\r\\t\\u0001é😀</\"}",
        Json.write(value));
    assertEquals(
        "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}\n",
        Json.writeIndented(sorted(Map.of("a", List.of(1, 2), "b", Map.of()))));
  }

  private static Map<String, Object> sorted(Map<String, Object> map) {
    return new TreeMap<>(map);
  }

  @Test
  void doublesComeBackBitForBit() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      double number = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(number)) {
        Object back = Json.parse(Json.write(number), "t");
        assertEquals(number, ((Number) back).doubleValue(), 0.0);
        assertEquals(
            Double.doubleToRawLongBits(number),
            Double.doubleToRawLongBits(((Number) back).doubleValue()));
      }
      float single = Float.intBitsToFloat(random.nextInt());
      if (Float.isFinite(single)) {
        Object back = Json.parse(Json.write(single), "t");
        assertEquals(single, ((Number) back).floatValue(), 0f);
      }
    }
  }

  @Test
  void refusesToWriteWhatJsonCannotSay() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> Json.write(Map.of("runs", List.of(1, Map.of("nll", Double.NaN)))));
    assertTrue(refused.getMessage().contains("$.runs[1].nll is NaN"), refused.getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> Json.write(new float[] {Float.NEGATIVE_INFINITY}));
    assertThrows(IllegalArgumentException.class, () -> Json.write("\ud800"));
    assertThrows(IllegalArgumentException.class, () -> Json.write(Map.of(1, 2)));
    assertThrows(IllegalArgumentException.class, () -> Json.write(new Object()));
    Object nested = 1;
    for (int i = 0; i < 65; i++) {
      nested = Collections.singletonList(nested);
    }
    Object tooDeep = nested;
    assertThrows(IllegalArgumentException.class, () -> Json.write(tooDeep));
    assertNull(Json.finiteOrNull(Double.NaN));
    assertEquals(0.5, Json.finiteOrNull(0.5));
  }

  @Test
  void damagedTextsAreReadOrRefusedAndNothingElse() {
    byte[] good =
        Json.write(Map.of("key", List.of(1, 2.5e-3, "aé\n😀", true), "other", Map.of("x", false)))
            .getBytes(StandardCharsets.UTF_8);
    Mutations mutations = new Mutations(1);
    int refused = 0;
    long before = Allocated.bytes();
    for (int i = 0; i < 50_000; i++) {
      byte[] bad = mutations.of(good);
      try {
        Object value = Json.parse(bad, "t", Json.Limits.DEFAULT);
        String text = Json.write(value);
        // What was accepted is a value: it comes back from its own text.
        assertEquals(value, Json.parse(text, "t"));
      } catch (InvalidFileException documented) {
        refused++;
        assertTrue(documented.offset() <= bad.length, documented.getMessage());
      }
    }
    assertTrue(refused > 25_000, "the damage does none: " + refused);
    long each = (Allocated.bytes() - before) / 50_000;
    assertTrue(each < 100_000, "allocates " + each + " bytes for some " + good.length);
  }
}
