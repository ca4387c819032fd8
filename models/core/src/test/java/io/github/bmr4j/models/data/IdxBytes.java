package io.github.bmr4j.models.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Makes IDX files for tests. */
final class IdxBytes {

  private IdxBytes() {}

  static byte[] idx(int magic, int[] dimensions, byte[] elements) {
    ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * dimensions.length + elements.length);
    bytes.putInt(magic);
    for (int dimension : dimensions) {
      bytes.putInt(dimension);
    }
    return bytes.put(elements).array();
  }

  static byte[] labels(int... labels) {
    byte[] elements = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      elements[i] = (byte) labels[i];
    }
    return idx(0x801, new int[] {labels.length}, elements);
  }

  static byte[] images(int count, int height, int width) {
    byte[] elements = new byte[count * height * width];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = (byte) (i * 37);
    }
    return idx(0x803, new int[] {count, height, width}, elements);
  }

  static byte[] gzip(byte[] plain) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(plain);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }

  /** A folder with the four files, three training images and two for the test. */
  static void writeMnist(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.write(folder.resolve("train-images-idx3-ubyte.gz"), gzip(images(3, 2, 2)));
    Files.write(folder.resolve("train-labels-idx1-ubyte"), labels(0, 9, 5));
    Files.write(folder.resolve("t10k-images-idx3-ubyte"), images(2, 2, 2));
    Files.write(folder.resolve("t10k-labels-idx1-ubyte.gz"), gzip(labels(1, 2)));
  }
}
