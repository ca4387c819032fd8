package io.github.bmr4j.cli;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes IDX files with the names of Fashion-MNIST's: 40 and 20 images of 2 by 3 pixels. */
final class SmallFashion {

  static final String TRAIN_IMAGES = "train-images-idx3-ubyte";
  static final String TRAIN_LABELS = "train-labels-idx1-ubyte";

  private SmallFashion() {}

  static Path write(Path folder) throws IOException {
    Files.createDirectories(folder);
    part(folder, TRAIN_IMAGES, TRAIN_LABELS, 40);
    part(folder, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 20);
    return folder;
  }

  private static void part(Path folder, String images, String labels, int count)
      throws IOException {
    Files.write(folder.resolve(images), images(count));
    Files.write(folder.resolve(labels), labels(count));
  }

  private static byte[] images(int count) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(0x803);
    out.writeInt(count);
    out.writeInt(2);
    out.writeInt(3);
    for (int i = 0; i < count * 6; i++) {
      out.writeByte(i * 37);
    }
    return bytes.toByteArray();
  }

  private static byte[] labels(int count) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(0x801);
    out.writeInt(count);
    for (int i = 0; i < count; i++) {
      out.writeByte(i % 10);
    }
    return bytes.toByteArray();
  }
}
