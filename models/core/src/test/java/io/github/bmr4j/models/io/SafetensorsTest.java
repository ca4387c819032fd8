package io.github.bmr4j.models.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {

  @TempDir Path folder;

  /** A file of the reference implementation (the Python package, version 0.8.0, from NumPy). */
  private static Path reference() throws URISyntaxException {
    return Path.of(SafetensorsTest.class.getResource("reference.safetensors").toURI());
  }

  private static int[] shape(int... dimensions) {
    return dimensions;
  }

  private static byte[] file(String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }

  @Test
  void readsWhatTheReferenceImplementationWrote() throws Exception {
    try (SafetensorsReader reader = SafetensorsReader.open(reference())) {
      assertEquals(Map.of("format", "np", "note", "mean µ"), reader.metadata());
      assertEquals(13, reader.tensors().size());
      assertEquals(List.of(2L, 3L), reader.entry("weight.mean").shape());
      assertArrayEquals(
          new float[] {
            1.5f, -0f, Float.MAX_VALUE, Float.MIN_VALUE, Float.NaN, Float.NEGATIVE_INFINITY
          },
          reader.readFloats("weight.mean"));
      assertArrayEquals(new double[] {Math.PI, 1e-320}, reader.readDoubles("double"));
      assertArrayEquals(new float[] {(float) Math.PI, 0}, reader.readFloats("double"));
      assertArrayEquals(new float[] {1, 65504, 0x1p-24f, -2.5f}, reader.readFloats("half"));
      assertArrayEquals(new double[] {1, 65504, 0x1p-24, -2.5}, reader.readDoubles("half"));
      assertArrayEquals(new long[] {Long.MIN_VALUE, Long.MAX_VALUE}, reader.readLongs("long"));
      assertArrayEquals(new long[] {Integer.MIN_VALUE, Integer.MAX_VALUE}, reader.readLongs("int"));
      assertArrayEquals(new long[] {4294967295L}, reader.readLongs("uint"));
      assertArrayEquals(new long[] {-32768, 7}, reader.readLongs("short"));
      assertArrayEquals(new long[] {65535}, reader.readLongs("ushort"));
      assertArrayEquals(new long[] {-128, 5}, reader.readLongs("byte"));
      assertArrayEquals(new long[] {255, 0, 1}, reader.readLongs("ubyte"));
      assertArrayEquals(new boolean[] {true, false, false, true}, reader.readBooleans("mask"));
      assertArrayEquals(new long[] {1, 0, 0, 1}, reader.readLongs("mask"));
      assertEquals(List.of(), reader.entry("scalar").shape());
      assertArrayEquals(new float[] {42}, reader.readFloats("scalar"));
      assertArrayEquals(new float[0], reader.readFloats("empty"));
      assertEquals(0, reader.entry("empty").elements());
    }
  }

  @Test
  void widensBrainFloats() {
    byte[] data = {(byte) 0x80, 0x3f, 0x49, (byte) 0xc0, (byte) 0x80, 0x7f};
    byte[] file = file("{\"b\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[0,6]}}", data);
    try (SafetensorsReader reader = SafetensorsReader.of(file, "b")) {
      assertArrayEquals(
          new float[] {1, -3.140625f, Float.POSITIVE_INFINITY}, reader.readFloats("b"));
    }
  }

  @Test
  void comesBackBitForBit() throws IOException {
    Random random = new Random(11);
    // More than one chunk of the writer, and no multiple of it.
    float[] floats = new float[600_001];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = Float.intBitsToFloat(random.nextInt());
    }
    double[] doubles = {Math.PI, -0.0, Double.MIN_VALUE, Double.NaN};
    long[] longs = {Long.MIN_VALUE, -1, Long.MAX_VALUE};
    boolean[] mask = new boolean[1_100_003];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = random.nextBoolean();
    }
    Path path = folder.resolve("posterior.safetensors");
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata("step", "12")
            .booleans("mask", shape(mask.length), mask)
            .floats("layer.0.weight.mean", shape(floats.length), floats)
            .floats("part", shape(2, 3), floats, 5)
            .doubles("d", shape(2, 2), doubles)
            .longs("l", shape(3), longs)
            .bytes("u8", shape(3), new byte[] {-1, 0, 1})
            .floats("scalar", shape(), new float[] {3})
            .floats("empty", shape(4, 0), new float[0]);
    writer.write(path);
    byte[] first = Files.readAllBytes(path);
    assertEquals(0, ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8);
    try (SafetensorsReader reader = SafetensorsReader.open(path)) {
      assertEquals(Map.of("step", "12"), reader.metadata());
      float[] back = reader.readFloats("layer.0.weight.mean");
      for (int i = 0; i < floats.length; i++) {
        assertEquals(
            Float.floatToRawIntBits(floats[i]), Float.floatToRawIntBits(back[i]), "index " + i);
      }
      assertArrayEquals(mask, reader.readBooleans("mask"));
      assertArrayEquals(Arrays.copyOfRange(floats, 5, 11), reader.readFloats("part"));
      assertEquals(List.of(2L, 3L), reader.entry("part").shape());
      assertArrayEquals(doubles, reader.readDoubles("d"));
      assertArrayEquals(longs, reader.readLongs("l"));
      assertArrayEquals(new long[] {255, 0, 1}, reader.readLongs("u8"));
      assertArrayEquals(new float[] {3}, reader.readFloats("scalar"));
      assertEquals(List.of(4L, 0L), reader.entry("empty").shape());
      // Every tensor is aligned to its element size.
      for (TensorEntry tensor : reader.tensors()) {
        assertEquals(0, tensor.begin() % tensor.type().bytes(), tensor.name());
      }
      float[] target = new float[8];
      reader.readFloats("part", target, 2);
      assertEquals(floats[5], target[2]);
      assertEquals(0f, target[0]);
      assertThrows(IllegalArgumentException.class, () -> reader.readFloats("part", target, 3));
    }
    writer.write(path);
    assertArrayEquals(first, Files.readAllBytes(path));
    try (Stream<Path> all = Files.list(folder)) {
      assertEquals(1, all.count());
    }
  }

  @Test
  void anEmptyFileOfTheFormatHasNoTensors() throws IOException {
    Path path = folder.resolve("none");
    new SafetensorsWriter().write(path);
    try (SafetensorsReader reader = SafetensorsReader.open(path)) {
      assertEquals(List.of(), reader.tensors());
      assertEquals(Map.of(), reader.metadata());
    }
  }

  @Test
  void theWriterRefusesWhatDoesNotFit() {
    SafetensorsWriter writer = new SafetensorsWriter().floats("a", shape(2), new float[2]);
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> writer.floats("b", shape(2, 3), new float[5]));
    assertTrue(refused.getMessage().contains("\"b\" has 5 elements"), refused.getMessage());
    assertTrue(refused.getMessage().contains("needs 6"), refused.getMessage());
    assertThrows(IllegalArgumentException.class, () -> writer.floats("a", shape(1), new float[1]));
    assertThrows(IllegalArgumentException.class, () -> writer.floats("b", shape(-1), new float[1]));
    assertThrows(
        IllegalArgumentException.class,
        () -> writer.floats("__metadata__", shape(1), new float[1]));
    assertThrows(
        IllegalArgumentException.class, () -> writer.floats("b", shape(3), new float[4], 2));
    assertThrows(
        IllegalArgumentException.class,
        () -> writer.floats("b", shape(65536, 65536, 0), new float[0]));
    writer.metadata("k", "v");
    assertThrows(IllegalArgumentException.class, () -> writer.metadata("k", "w"));
  }

  @Test
  void refusesTypesAndNamesThatAreNotThere() throws Exception {
    try (SafetensorsReader reader = SafetensorsReader.open(reference())) {
      assertFalse(reader.contains("bias"));
      InvalidFileException missing =
          assertThrows(InvalidFileException.class, () -> reader.readFloats("bias"));
      assertTrue(missing.getMessage().contains("no tensor \"bias\""), missing.getMessage());
      assertTrue(missing.getMessage().contains("and 3 more"), missing.getMessage());
      InvalidFileException wrong =
          assertThrows(InvalidFileException.class, () -> reader.readFloats("long"));
      assertTrue(wrong.getMessage().contains("dtype I64"), wrong.getMessage());
      assertThrows(InvalidFileException.class, () -> reader.readDoubles("mask"));
      assertThrows(InvalidFileException.class, () -> reader.readLongs("half"));
      InvalidFileException noMask =
          assertThrows(InvalidFileException.class, () -> reader.readBooleans("ubyte"));
      assertTrue(noMask.getMessage().contains("found 255"), noMask.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource(
      ignoreLeadingAndTrailingWhitespace = false,
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}|4|has 4 bytes, but F32 of shape [2] needs 8",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}|3|found 3 bytes of tensor data, expected 4",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}|5|found 5 bytes of tensor data, expected 4",
        "{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}|4|dtype F33, which is not known",
        "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}|4|dtype null",
        "{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,4]}}|4|no array shape",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4]}}|4|no array data_offsets",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[-4],\"data_offsets\":[0,4]}}|4|value -4",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4.0],\"data_offsets\":[0,4]}}|4|value 4.0",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[\"4\"],\"data_offsets\":[0,4]}}|4|value 4",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,0]}}|4|data_offsets [4, 0]",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0]}}|4|data_offsets [0]",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,18446744073709551615]}}|4|below 2^63",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}|0|beyond 2^63",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[2305843009213693952],\"data_offsets\":[0,0]}}|0|beyond 2^63",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[9000000000000000000],\"data_offsets\":[0,9000000000000000000]}}|4|found 4 bytes of tensor data, expected 9000000000000000000",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}|3|a hole",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[3,4]}}|4|a hole",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}|3|an overlap",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}|2|an overlap",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}|0|\"a\" a second time",
        "{\"a\":7}|0|\"a\" is no object",
        "{\"__metadata__\":[]}|0|__metadata__ is no object",
        "{\"__metadata__\":{\"k\":1}}|0|at \"k\" no string",
        "{}|1|found 1 bytes of tensor data, expected 0",
        "[]|0|begin with '{'",
        " {}|0|begin with '{'",
        "{\"a\"|0|expected ':'",
        "{} x|0|after the JSON value",
      })
  void refusesABrokenHeader(String header, int dataLength, String problem) {
    InvalidFileException refused =
        assertThrows(
            InvalidFileException.class,
            () ->
                SafetensorsReader.of(file(header, new byte[dataLength]), "x.safetensors").close());
    assertTrue(refused.getMessage().startsWith("x.safetensors, byte "), refused.getMessage());
    assertTrue(refused.getMessage().contains(problem), refused.getMessage());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 3, 100_000_001, Long.MAX_VALUE, Long.MIN_VALUE, -1})
  void refusesAHeaderLengthThatCannotBe(long length) {
    byte[] bytes =
        ByteBuffer.allocate(10)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(length)
            .put((byte) '{')
            .array();
    InvalidFileException refused =
        assertThrows(InvalidFileException.class, () -> SafetensorsReader.of(bytes, "x").close());
    assertEquals(0, refused.offset());
    assertTrue(refused.getMessage().contains(Long.toUnsignedString(length)), refused.getMessage());
  }

  @Test
  void refusesWhatIsNoFileOfTheFormat() throws IOException {
    for (int size = 0; size < 8; size++) {
      Path path = Files.write(folder.resolve("short"), new byte[size]);
      InvalidFileException refused =
          assertThrows(InvalidFileException.class, () -> SafetensorsReader.open(path));
      assertTrue(refused.getMessage().contains("found " + size + " bytes"), refused.getMessage());
      assertEquals(path.toString(), refused.file());
    }
    assertThrows(InvalidFileException.class, () -> SafetensorsReader.open(folder));
    assertThrows(
        NoSuchFileException.class, () -> SafetensorsReader.open(folder.resolve("missing")));
  }

  @Test
  void unknownMembersOfATensorAreIgnoredAsTheReferenceDoes() {
    byte[] file =
        file(
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"more\":[{}]}}  ",
            new byte[1]);
    try (SafetensorsReader reader = SafetensorsReader.of(file, "x")) {
      assertArrayEquals(new long[] {0}, reader.readLongs("a"));
    }
  }

  @Test
  void damagedFilesAreReadOrRefusedAndNothingElse() throws IOException {
    Path path = folder.resolve("good");
    new SafetensorsWriter()
        .metadata("k", "v")
        .floats("a", shape(2, 3), new float[] {1, 2, 3, 4, 5, 6})
        .booleans("m", shape(5), new boolean[5])
        .longs("l", shape(2), new long[2])
        .write(path);
    byte[] good = Files.readAllBytes(path);
    Mutations mutations = new Mutations(2);
    int refused = 0;
    long before = Allocated.bytes();
    for (int i = 0; i < 50_000; i++) {
      byte[] bad = mutations.of(good);
      try (SafetensorsReader reader = SafetensorsReader.of(bad, "x")) {
        long bytes = 0;
        for (TensorEntry tensor : reader.tensors()) {
          bytes += tensor.elements() * tensor.type().bytes();
          read(reader, tensor);
        }
        assertTrue(bytes < bad.length, "more data than the file has");
      } catch (InvalidFileException documented) {
        refused++;
        assertTrue(documented.offset() <= bad.length, documented.getMessage());
      }
    }
    assertTrue(refused > 25_000, "the damage does none: " + refused);
    long each = (Allocated.bytes() - before) / 50_000;
    assertTrue(each < 100_000, "allocates " + each + " bytes for some " + good.length);
  }

  private static void read(SafetensorsReader reader, TensorEntry tensor) {
    switch (tensor.type()) {
      case F32, F64, F16, BF16 -> reader.readFloats(tensor.name());
      case BOOL -> reader.readBooleans(tensor.name());
      default -> reader.readLongs(tensor.name());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void digestOfTheMetadataIsAskedForWhenTheRestIsWritten(boolean sealed) throws IOException {
    Path file = folder.resolve("digest.safetensors");
    List<String> calls = new ArrayList<>();
    String digest = Sha256.of("posterior".getBytes(StandardCharsets.UTF_8));
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .floats(
                "x",
                List.of(3L),
                (from, count, target) -> {
                  calls.add("x");
                  Arrays.fill(target, 0, count, 2);
                })
            .metadata("of", "posterior")
            .digest(
                "posterior_sha256",
                () -> {
                  calls.add("digest");
                  return digest;
                });
    if (sealed) {
      writer.seal();
    }
    writer.write(file);
    // A seal covers the digest, which is then needed before.
    assertEquals(sealed ? List.of("digest", "x", "x") : List.of("x", "digest"), calls);
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertEquals(digest, reader.metadata().get("posterior_sha256"));
      assertEquals("posterior", reader.metadata().get("of"));
      assertArrayEquals(new float[] {2, 2, 2}, reader.readFloats("x"));
      if (sealed) {
        reader.requireSeal();
      }
    }
  }
}
