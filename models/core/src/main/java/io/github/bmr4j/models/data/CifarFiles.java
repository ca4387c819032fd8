package io.github.bmr4j.models.data;

import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Sha256;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The binary files of CIFAR-10 and CIFAR-100 (Krizhevsky: Learning multiple layers of features from
 * tiny images, 2009). A record is one label (CIFAR-100: the coarse one, then the fine one, which is
 * the class here) and 3×32×32 bytes, channel by channel; the classes' names stand in a text file
 * beside them, a line each. Pixels are divided by 255, so they lie in 0 … 1.
 */
public final class CifarFiles {

  /** Which of the two. */
  public enum Kind {
    /** Ten classes, 50,000 and 10,000 images. */
    CIFAR10("cifar-10", 10, 1, "test_batch.bin", "batches.meta.txt"),
    /** A hundred classes, 50,000 and 10,000 images. */
    CIFAR100("cifar-100", 100, 2, "test.bin", "fine_label_names.txt");

    private final String dataset;
    private final int classes;
    private final int labelBytes;
    private final String test;
    private final String names;

    Kind(String dataset, int classes, int labelBytes, String test, String names) {
      this.dataset = dataset;
      this.classes = classes;
      this.labelBytes = labelBytes;
      this.test = test;
      this.names = names;
    }

    private List<String> train() {
      return switch (this) {
        case CIFAR10 ->
            IntStream.rangeClosed(1, 5).mapToObj(i -> "data_batch_" + i + ".bin").toList();
        case CIFAR100 -> List.of("train.bin");
      };
    }

    private int recordBytes() {
      return labelBytes + IMAGE.size();
    }
  }

  private static final InputShape IMAGE = new InputShape(3, 32, 32);
  private static final float WHITE = 255;

  /** More than any names need. */
  private static final long NAMES_BYTES = 1 << 16;

  private CifarFiles() {}

  /**
   * Reads a data set.
   *
   * @param folder where the files of the binary version lie
   * @param kind which
   * @return the images of all training files, in their order, and those of the test file
   * @throws DataNotFoundException naming the files that are missing
   * @throws InvalidFileException when a file is not a whole number of records, or a label has no
   *     class
   * @throws IOException when a file cannot be read at all
   */
  public static Split read(Path folder, Kind kind) throws IOException {
    List<String> missing =
        Stream.concat(kind.train().stream(), Stream.of(kind.test, kind.names))
            .filter(name -> !Files.isRegularFile(folder.resolve(name)))
            .toList();
    if (!missing.isEmpty()) {
      throw new DataNotFoundException(
          "Data set "
              + kind.dataset
              + " is not in "
              + folder
              + ": there is no "
              + String.join(", ", missing)
              + "; unpack the binary version of the data set there");
    }
    List<String> names = names(folder.resolve(kind.names), kind.classes);
    return new Split(
        part(folder, kind, kind.train(), names), part(folder, kind, List.of(kind.test), names));
  }

  private static List<String> names(Path file, int classes) throws IOException {
    if (Files.size(file) > NAMES_BYTES) {
      throw new InvalidFileException(
          file.toString(),
          NAMES_BYTES,
          "found " + Files.size(file) + " bytes, expected " + classes + " short lines");
    }
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    List<String> names = text.lines().map(String::strip).filter(name -> !name.isEmpty()).toList();
    if (names.size() != classes) {
      throw new InvalidFileException(
          file.toString(), -1, "found " + names.size() + " names, expected " + classes);
    }
    return names;
  }

  private static Dataset part(Path folder, Kind kind, List<String> files, List<String> names)
      throws IOException {
    int images = 0;
    for (String file : files) {
      images = Math.addExact(images, images(folder.resolve(file), kind));
    }
    if ((long) images * IMAGE.size() > Integer.MAX_VALUE) {
      throw new InvalidFileException(
          folder.toString(),
          -1,
          "found " + images + " images, expected at most " + Integer.MAX_VALUE / IMAGE.size());
    }
    float[] pixels = new float[images * IMAGE.size()];
    int[] labels = new int[images];
    Map<String, String> digests = new LinkedHashMap<>();
    int at = 0;
    for (String file : files) {
      Path path = folder.resolve(file);
      int count = images(path, kind);
      fill(path, kind, count, pixels, labels, at);
      digests.put(file, Sha256.of(path));
      at += count;
    }
    String source = "CIFAR (A. Krizhevsky, 2009); read from " + folder;
    return Dataset.adoptClassification(
        kind.dataset,
        IMAGE,
        pixels,
        labels,
        names,
        new Provenance(source, "not stated by its author", digests));
  }

  private static int images(Path file, Kind kind) throws IOException {
    long bytes = Files.size(file);
    if (bytes == 0 || bytes % kind.recordBytes() != 0) {
      throw new InvalidFileException(
          file.toString(),
          bytes - bytes % kind.recordBytes(),
          "found "
              + bytes
              + " bytes, expected a multiple of the "
              + kind.recordBytes()
              + " of an image with its label");
    }
    return Math.toIntExact(bytes / kind.recordBytes());
  }

  private static void fill(Path file, Kind kind, int count, float[] pixels, int[] labels, int first)
      throws IOException {
    int bytes = kind.recordBytes();
    byte[] image = new byte[bytes];
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      for (int i = 0; i < count; i++) {
        if (in.readNBytes(image, 0, bytes) < bytes) {
          throw new InvalidFileException(
              file.toString(), (long) i * bytes, "became shorter while it was read");
        }
        int label = image[kind.labelBytes - 1] & 0xff;
        if (label >= kind.classes) {
          throw new InvalidFileException(
              file.toString(),
              (long) i * bytes + kind.labelBytes - 1,
              "found the label " + label + ", expected 0 … " + (kind.classes - 1));
        }
        labels[first + i] = label;
        int to = (first + i) * IMAGE.size();
        for (int j = 0; j < IMAGE.size(); j++) {
          pixels[to + j] = (image[kind.labelBytes + j] & 0xff) / WHITE;
        }
      }
    }
  }
}
