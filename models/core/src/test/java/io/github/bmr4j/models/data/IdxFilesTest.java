package io.github.bmr4j.models.data;

import static io.github.bmr4j.models.data.IdxBytes.gzip;
import static io.github.bmr4j.models.data.IdxBytes.idx;
import static io.github.bmr4j.models.data.IdxBytes.images;
import static io.github.bmr4j.models.data.IdxBytes.labels;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.data.IdxFiles.IdxArray;
import io.github.bmr4j.models.io.Allocated;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Mutations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxFilesTest {

  @TempDir Path folder;

  private static InvalidFileException refused(byte[] bytes, String problem) {
    InvalidFileException refused =
        assertThrows(InvalidFileException.class, () -> IdxFiles.parse(bytes, "x-ubyte"));
    assertEquals("x-ubyte", refused.file());
    assertTrue(refused.getMessage().startsWith("x-ubyte, byte "), refused.getMessage());
    assertTrue(refused.getMessage().contains(problem), refused.getMessage());
    return refused;
  }

  @Test
  void readsPlainAndCompressedWhateverTheName() throws IOException {
    byte[] plain = images(2, 3, 4);
    Path asPlain = Files.write(folder.resolve("a.gz"), plain);
    Path compressed = Files.write(folder.resolve("b"), gzip(plain));
    for (Path file : new Path[] {asPlain, compressed}) {
      IdxArray array = IdxFiles.read(file);
      assertArrayEquals(new int[] {2, 3, 4}, array.dimensions());
      assertArrayEquals(Arrays.copyOfRange(plain, 16, plain.length), array.elements());
    }
    assertThrows(NoSuchFileException.class, () -> IdxFiles.read(folder.resolve("missing")));
  }

  @Test
  void readsGzipHeadersWithAllTheirOptionalFields() {
    byte[] plain = labels(1, 2, 3);
    byte[] compressed = gzip(plain);
    byte[] fields = {3, 0, 'x', 'y', 'z', 'n', 0, 'c', 'o', 0, 0x12, 0x34};
    byte[] full = new byte[compressed.length + fields.length];
    System.arraycopy(compressed, 0, full, 0, 10);
    System.arraycopy(fields, 0, full, 10, fields.length);
    System.arraycopy(compressed, 10, full, 10 + fields.length, compressed.length - 10);
    full[3] = 4 + 8 + 16 + 2;
    assertArrayEquals(new byte[] {1, 2, 3}, IdxFiles.parse(full, "x").elements());
    full[3] |= 0x20;
    refused(full, "gzip header of method 8 and flags 62");
  }

  @Test
  void readsAnArrayOfNothing() {
    assertArrayEquals(new int[] {0}, IdxFiles.parse(labels(), "x").dimensions());
    assertArrayEquals(new int[] {0, 2, 2}, IdxFiles.parse(gzip(images(0, 2, 2)), "x").dimensions());
  }

  @Test
  void refusesAWrongMagicNumber() {
    assertEquals(
        0, refused(idx(0x802 + 0x100, new int[] {1, 1}, new byte[1]), "0x00000902").offset());
    refused(idx(0x800, new int[0], new byte[0]), "0x00000800");
    refused(idx(0x809, new int[9], new byte[0]), "0x00000809");
    refused(idx(0x01000801, new int[] {1}, new byte[1]), "0x01000801");
    refused("{\"json\": true}".getBytes(StandardCharsets.UTF_8), "expected 0x000008");
    refused(gzip(new byte[20]), "0x00000000");
  }

  @Test
  void refusesTruncationAtEveryByte() {
    byte[] plain = images(2, 3, 4);
    for (int length = 0; length < plain.length; length++) {
      InvalidFileException refused = refused(Arrays.copyOf(plain, length), "found");
      assertTrue(refused.offset() <= length, refused.getMessage());
    }
    byte[] compressed = gzip(plain);
    for (int length = 0; length < compressed.length; length++) {
      refused(Arrays.copyOf(compressed, length), "found");
    }
    refused(Arrays.copyOf(plain, 30), "found 14 bytes of elements, expected 24");
  }

  @Test
  void refusesTrailingBytes() {
    byte[] plain = labels(1, 2, 3);
    refused(Arrays.copyOf(plain, plain.length + 1), "(trailing bytes)");
    refused(gzip(Arrays.copyOf(plain, plain.length + 1)), "(trailing bytes)");
    byte[] compressed = gzip(plain);
    refused(Arrays.copyOf(compressed, compressed.length + 1), "found");
    // A second member of the same content, which a lenient reader would take or ignore.
    byte[] twice = Arrays.copyOf(compressed, 2 * compressed.length);
    System.arraycopy(compressed, 0, twice, compressed.length, compressed.length);
    refused(twice, "trailing bytes");
  }

  @Test
  void refusesDimensionsBeforeItAllocatesThem() {
    long before = Allocated.bytes();
    refused(idx(0x803, new int[] {60_000, 1000, 1000}, new byte[9]), "more elements than an array");
    refused(idx(0x801, new int[] {-1}, new byte[9]), "4294967295");
    refused(idx(0x801, new int[] {2_000_000_000}, new byte[9]), "expected 2000000000");
    refused(idx(0x802, new int[] {0x7fffffff, 0x7fffffff}, new byte[9]), "more elements");
    refused(gzip(idx(0x801, new int[] {2_000_000_000}, new byte[9])), "expected 2000000000");
    // The trailer promises what the dimensions ask for, but so few bytes cannot hold it.
    byte[] bomb = gzip(idx(0x801, new int[] {2_000_000_000}, new byte[9]));
    ByteBuffer.wrap(bomb).order(ByteOrder.LITTLE_ENDIAN).putInt(bomb.length - 4, 2_000_000_008);
    assertEquals(bomb.length - 4, refused(bomb, "compressed bytes can hold").offset());
    assertTrue(Allocated.bytes() - before < 10_000_000, "allocated by the hostile size");
  }

  @Test
  void refusesADamagedContent() {
    byte[] compressed = gzip(images(20, 5, 5));
    byte[] images = IdxFiles.parse(compressed, "x").elements();
    int accepted = 0;
    byte[] damaged = compressed.clone();
    damaged[damaged.length - 8] ^= 1;
    assertEquals(compressed.length - 8, refused(damaged, "check sum").offset());
    for (int at = 10; at < compressed.length - 8; at++) {
      byte[] flipped = compressed.clone();
      flipped[at] ^= 4;
      try {
        // The last compressed byte may have bits that mean nothing; all others must be noticed.
        assertArrayEquals(images, IdxFiles.parse(flipped, "x").elements(), "byte " + at);
        accepted++;
      } catch (InvalidFileException documented) {
        assertTrue(documented.getMessage().startsWith("x, byte "), documented.getMessage());
      }
    }
    assertTrue(accepted <= 1, accepted + " damaged files were taken");
  }

  @Test
  void damagedFilesAreReadOrRefusedAndNothingElse() {
    byte[][] good = {images(3, 4, 4), gzip(images(3, 4, 4)), labels(1, 2, 3), gzip(labels(4))};
    Mutations mutations = new Mutations(3);
    int refused = 0;
    long before = Allocated.bytes();
    for (int i = 0; i < 50_000; i++) {
      byte[] bad = mutations.of(good[i % good.length]);
      try {
        IdxArray array = IdxFiles.parse(bad, "x");
        long elements = 1;
        for (int dimension : array.dimensions()) {
          elements *= dimension;
        }
        assertEquals(elements, array.elements().length);
      } catch (InvalidFileException documented) {
        refused++;
        assertTrue(
            documented.offset() <= bad.length
                || documented.getMessage().contains("in the decompressed content"),
            documented.getMessage());
      }
    }
    assertTrue(refused > 25_000, "the damage does none: " + refused);
    long perFile = (Allocated.bytes() - before) / 50_000;
    assertTrue(perFile < 100_000, "allocates " + perFile + " bytes for files of some 60");
  }
}
