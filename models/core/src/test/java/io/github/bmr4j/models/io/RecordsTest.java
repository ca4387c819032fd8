package io.github.bmr4j.models.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RecordsTest {

  private record Inner(double x, String text) {}

  private record Outer(
      int i, long l, float f, boolean b, TimeUnit unit, List<Double> numbers, List<Inner> inner) {}

  private record Arrays(List<double[]> values, boolean[] mask) {}

  private static <T extends Record> T roundTrip(T value, Class<T> type) {
    return Records.fromJson(Json.parse(Json.write(Records.toJson(value)), "t"), type, "t");
  }

  @Test
  void everyBitComesBack() {
    Outer outer =
        new Outer(
            Integer.MIN_VALUE,
            Long.MAX_VALUE,
            Float.MIN_VALUE,
            true,
            TimeUnit.DAYS,
            List.of(Double.NaN, Double.NEGATIVE_INFINITY, -0.0, 1.0, Math.PI, Double.MIN_VALUE),
            List.of(new Inner(1e300, "a \"b\"\n"), new Inner(0, null)));
    assertEquals(outer, roundTrip(outer, Outer.class));
    Arrays arrays = new Arrays(List.of(new double[] {1, Double.NaN}), new boolean[] {true, false});
    Arrays back = roundTrip(arrays, Arrays.class);
    assertArrayEquals(arrays.values().get(0), back.values().get(0));
    assertArrayEquals(arrays.mask(), back.mask());
  }

  @Test
  void whatDoesNotFitIsRefusedByName() {
    String message = refused("{\"x\":1}");
    assertTrue(message.contains("Inner has no text"), message);
    message = refused("{\"x\":[],\"text\":\"\"}");
    assertTrue(message.contains("found [], expected a String"), message);
    message = refused("{\"x\":\"one\",\"text\":\"\"}");
    assertTrue(message.contains("one"), message);
    assertTrue(refused("7").contains("expected a Map"), "no object");
  }

  private static String refused(String json) {
    return assertThrows(
            InvalidFileException.class,
            () -> Records.fromJson(Json.parse(json, "t"), Inner.class, "t"))
        .getMessage();
  }
}
