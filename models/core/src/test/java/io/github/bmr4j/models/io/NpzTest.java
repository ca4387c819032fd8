package io.github.bmr4j.models.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpzTest {

  @TempDir Path folder;

  /** Files of NumPy 2.4: {@code savez} and {@code savez_compressed}. */
  private static Path reference(String name) throws URISyntaxException {
    return Path.of(NpzTest.class.getResource(name).toURI());
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference.npz", "compressed.npz"})
  void readsWhatNumPyWrote(String name) throws Exception {
    try (TensorReader reader = TensorReader.open(reference(name))) {
      assertInstanceOf(NpzReader.class, reader);
      assertEquals(10, reader.tensors().size());
      float[] expected = new float[24];
      for (int i = 0; i < 24; i++) {
        expected[i] = i / 8f;
      }
      for (String each : List.of("weight.mean", "fortran", "big")) {
        assertEquals(List.of(2L, 3L, 4L), reader.entry(each).shape(), each);
        assertArrayEquals(expected, reader.readFloats(each), each);
      }
      float[] part = new float[3];
      reader.readFloats("fortran", 5, 3, part);
      assertArrayEquals(new float[] {5 / 8f, 6 / 8f, 7 / 8f}, part);
      assertArrayEquals(new float[] {1.5f, -0f, 65504}, reader.readFloats("half"));
      assertArrayEquals(
          new double[] {Math.PI, Double.POSITIVE_INFINITY}, reader.readDoubles("double"));
      assertArrayEquals(new boolean[] {true, false}, reader.readBooleans("mask"));
      assertEquals(List.of(), reader.entry("long").shape());
      assertArrayEquals(new long[] {-5}, reader.readLongs("long"));
      assertArrayEquals(new long[] {250, 251, 252, 253, 254, 255}, reader.readLongs("bytes"));
      assertArrayEquals(new long[] {1, -2, 300}, reader.readLongs("bigshort"));
      assertEquals(List.of(0L, 3L), reader.entry("empty").shape());
      assertEquals(0, reader.readFloats("empty").length);
    }
  }

  @Test
  void comesBackBitForBit() throws IOException {
    Path file = folder.resolve("x.npz");
    float[] floats = new float[300_001];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = Float.intBitsToFloat(i * 7919);
    }
    NpzWriter writer =
        new NpzWriter()
            .floats("a.b", new int[] {300_001}, floats)
            .doubles("d", new int[] {1, 2}, new double[] {1e-300, -0.0})
            .booleans("m", new int[] {3}, new boolean[] {true, false, true})
            .longs("scalar", new int[0], new long[] {Long.MIN_VALUE})
            .ints("i", new int[] {2}, new int[] {-1, 5})
            .bytes("u", new int[] {2}, new byte[] {-1, 5});
    writer.write(file);
    byte[] first = Files.readAllBytes(file);
    writer.write(file);
    assertArrayEquals(first, Files.readAllBytes(file), "the same bytes each time");
    try (NpzReader reader = NpzReader.open(file)) {
      assertArrayEquals(floats, reader.readFloats("a.b"));
      assertArrayEquals(new double[] {1e-300, -0.0}, reader.readDoubles("d"));
      assertArrayEquals(new boolean[] {true, false, true}, reader.readBooleans("m"));
      assertArrayEquals(new long[] {Long.MIN_VALUE}, reader.readLongs("scalar"));
      assertArrayEquals(new long[] {-1, 5}, reader.readLongs("i"));
      assertArrayEquals(new long[] {255, 5}, reader.readLongs("u"));
      assertEquals(Map.of(), reader.metadata());
    }
  }

  /** An npz file with one array of any bytes. */
  private Path file(byte[] npy) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("x.npy"));
      zip.write(npy);
    }
    return Files.write(folder.resolve("bad.npz"), bytes.toByteArray());
  }

  private static byte[] npy(String dictionary, int dataLength) {
    byte[] text = dictionary.getBytes(StandardCharsets.ISO_8859_1);
    byte[] npy = new byte[10 + text.length + dataLength];
    byte[] start = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) text.length, 0};
    System.arraycopy(start, 0, npy, 0, 10);
    System.arraycopy(text, 0, npy, 10, text.length);
    return npy;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } ; 7 ; has 7 bytes of data, but",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } ; 9 ; has 9 bytes of data, but",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), } ; 8 ; elements of the type '|O'",
        "{'descr': '<U3', 'fortran_order': False, 'shape': (1,), } ; 12 ; type '<U3'",
        "{'descr': '|f4', 'fortran_order': False, 'shape': (1,), } ; 4 ; type '|f4'",
        "{'descr': '', 'fortran_order': False, 'shape': (1,), } ; 4 ; elements of the type ''",
        "{'fortran_order': False, 'shape': (1,), } ; 4 ; without 'descr'",
        "{'descr': '<f4', 'fortran_order': No, 'shape': (1,), } ; 4 ; without 'fortran_order'",
        "{'descr': '<f4', 'fortran_order': True, 'shape': [1], } ; 4 ; without 'shape'",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (-1,), } ; 4 ; without 'shape'",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (1 1,), } ; 4 ; has \"1 1\" in its shape",
        "{'descr': '<f8', 'fortran_order': True, 'shape': (4294967296,4294967296), } ; 0 ; 2^63",
        "{'descr': '<f8', 'fortran_order': True, 'shape': (99999999999999999999,), } ; 0 ; whole"
      })
  void refusesABrokenArray(String dictionary, int dataLength, String problem) throws IOException {
    Path bad = file(npy(dictionary, dataLength));
    InvalidFileException refusal =
        assertThrows(InvalidFileException.class, () -> NpzReader.open(bad).close());
    assertTrue(refusal.getMessage().contains(problem), refusal.getMessage());
    assertTrue(refusal.getMessage().contains("array \"x\""), refusal.getMessage());
  }

  @Test
  void refusesWhatIsNoArray() throws IOException {
    Path text = file("this is no array at all".getBytes(StandardCharsets.UTF_8));
    assertThrows(InvalidFileException.class, () -> NpzReader.open(text).close());
    Path empty = file(new byte[0]);
    assertThrows(InvalidFileException.class, () -> NpzReader.open(empty).close());
    byte[] future = npy("{}", 0);
    future[6] = 4;
    Path version = file(future);
    InvalidFileException refusal =
        assertThrows(InvalidFileException.class, () -> NpzReader.open(version).close());
    assertTrue(refusal.getMessage().contains("version 4"), refusal.getMessage());
  }

  /** A gigabyte of zeros in a megabyte is what deflating can do; a claim beyond that is not. */
  @Test
  void takesNoMemoryForAClaimThatCannotBe() throws IOException {
    Path honest = folder.resolve("zeros.npz");
    new NpzWriter().floats("x", new int[] {1 << 20}, new float[1 << 20]).write(honest);
    byte[] bytes = Files.readAllBytes(honest);
    // The size in the central directory, at offset 24 of its record, and in the array's header.
    int directory = lastIndexOf(bytes, new byte[] {'P', 'K', 1, 2});
    bytes[directory + 24 + 3] = 0x7f;
    Path bomb = Files.write(folder.resolve("bomb.npz"), bytes);
    long before = Allocated.bytes();
    assertThrows(InvalidFileException.class, () -> NpzReader.open(bomb).close());
    assertTrue(Allocated.bytes() - before < 8 << 20);
  }

  private static int lastIndexOf(byte[] bytes, byte[] part) {
    for (int at = bytes.length - part.length; at >= 0; at--) {
      if (Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    throw new AssertionError("not there");
  }

  @Test
  void damagedFilesAreReadOrRefusedAndNothingElse() throws Exception {
    byte[] whole = Files.readAllBytes(reference("compressed.npz"));
    Mutations mutations = new Mutations(11);
    int refused = 0;
    Path file = folder.resolve("damaged.npz");
    for (int i = 0; i < 3_000; i++) {
      try (OutputStream out = Files.newOutputStream(file)) {
        out.write(mutations.of(whole));
      }
      try (NpzReader reader = NpzReader.open(file)) {
        for (TensorEntry tensor : reader.tensors()) {
          assertEquals(tensor.end(), reader.bytes(tensor).byteSize());
        }
      } catch (InvalidFileException expected) {
        refused++;
      }
    }
    assertTrue(refused > 1_000, "only " + refused + " were refused");
  }

  @Test
  void anEmptyNameIsRefused() {
    NpzWriter writer = new NpzWriter();
    assertThrows(
        IllegalArgumentException.class, () -> writer.floats("", new int[] {1}, new float[] {1}));
  }
}
