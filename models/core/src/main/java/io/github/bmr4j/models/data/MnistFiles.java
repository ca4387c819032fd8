package io.github.bmr4j.models.data;

import io.github.bmr4j.models.data.IdxFiles.IdxArray;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The four files that MNIST and its relatives come in: {@code train-images-idx3-ubyte}, {@code
 * train-labels-idx1-ubyte} and the same with {@code t10k} in place of {@code train}, each with or
 * without {@code .gz}. Pixels are divided by 255, so they lie in 0 … 1.
 */
public final class MnistFiles {

  private static final List<String> NAMES =
      List.of(
          "train-images-idx3-ubyte",
          "train-labels-idx1-ubyte",
          "t10k-images-idx3-ubyte",
          "t10k-labels-idx1-ubyte");

  private static final float WHITE = 255;

  private MnistFiles() {}

  /**
   * Reads a data set.
   *
   * @param folder where the four files lie
   * @param name of the data set
   * @param classNames by label
   * @param source who published it
   * @param licence its terms
   * @throws DataNotFoundException naming the files that are missing
   * @throws InvalidFileException when a file is broken, the images and labels of a part are not as
   *     many, a label has no class, or the parts' images differ in size
   * @throws IOException when a file cannot be read at all
   */
  public static Split read(
      Path folder, String name, List<String> classNames, String source, String licence)
      throws IOException {
    List<String> missing = missing(folder);
    if (!missing.isEmpty()) {
      throw new DataNotFoundException(
          "Data set "
              + name
              + " is not in "
              + folder
              + ": there is no "
              + String.join(", ", missing)
              + " (with or without .gz)");
    }
    Source published = new Source(folder, name, classNames, source, licence);
    Dataset train = part(published, NAMES.get(0), NAMES.get(1));
    Dataset test = part(published, NAMES.get(2), NAMES.get(3));
    if (!train.inputShape().equals(test.inputShape())) {
      throw new InvalidFileException(
          file(folder, NAMES.get(2)).orElseThrow().toString(),
          8,
          "found images of "
              + test.inputShape()
              + ", expected "
              + train.inputShape()
              + " as in the training part");
    }
    return new Split(train, test);
  }

  private record Source(
      Path folder, String name, List<String> classNames, String source, String licence) {}

  /** Which of the four files a folder lacks. */
  static List<String> missing(Path folder) {
    List<String> missing = new ArrayList<>();
    for (String name : NAMES) {
      if (file(folder, name).isEmpty()) {
        missing.add(name);
      }
    }
    return missing;
  }

  private static Optional<Path> file(Path folder, String name) {
    for (String end : List.of("", ".gz")) {
      Path file = folder.resolve(name + end);
      if (Files.isRegularFile(file)) {
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }

  private static Dataset part(Source source, String imageName, String labelName)
      throws IOException {
    Path imageFile = file(source.folder(), imageName).orElseThrow();
    Path labelFile = file(source.folder(), labelName).orElseThrow();
    IdxArray images = IdxFiles.read(imageFile);
    IdxArray labels = IdxFiles.read(labelFile);
    int[] size = images.dimensions();
    if (size.length != 3 || size[0] == 0 || size[1] == 0 || size[2] == 0) {
      throw new InvalidFileException(
          imageFile.toString(),
          0,
          "found the dimensions "
              + Arrays.toString(size)
              + ", expected [images, height, width], none of them 0");
    }
    if (labels.dimensions().length != 1 || labels.dimensions()[0] != size[0]) {
      throw new InvalidFileException(
          labelFile.toString(),
          4,
          "found the dimensions "
              + Arrays.toString(labels.dimensions())
              + ", expected one label for each of the "
              + size[0]
              + " images in "
              + imageFile.getFileName());
    }
    Map<String, String> digests = new LinkedHashMap<>();
    digests.put(imageName, digest(images));
    digests.put(labelName, digest(labels));
    return Dataset.adoptClassification(
        source.name(),
        new InputShape(1, size[1], size[2]),
        pixels(images.elements()),
        classes(labels.elements(), source.classNames().size(), labelFile),
        source.classNames(),
        new Provenance(
            source.source() + "; read from " + source.folder(), source.licence(), digests));
  }

  private static float[] pixels(byte[] elements) {
    float[] pixels = new float[elements.length];
    for (int i = 0; i < elements.length; i++) {
      pixels[i] = (elements[i] & 0xff) / WHITE;
    }
    return pixels;
  }

  private static int[] classes(byte[] elements, int classes, Path file) {
    int[] labels = new int[elements.length];
    for (int i = 0; i < elements.length; i++) {
      labels[i] = elements[i] & 0xff;
      if (labels[i] >= classes) {
        throw new InvalidFileException(
            file.toString(),
            8L + i,
            "found the label " + labels[i] + " in row " + i + ", expected 0 … " + (classes - 1));
      }
    }
    return labels;
  }

  /** Of the content as an uncompressed IDX file has it. */
  private static String digest(IdxArray array) {
    ByteBuffer header = ByteBuffer.allocate(Integer.BYTES * (1 + array.dimensions().length));
    header.putInt(0x800 | array.dimensions().length);
    for (int dimension : array.dimensions()) {
      header.putInt(dimension);
    }
    return Sha256.of(header.array(), array.elements());
  }
}
