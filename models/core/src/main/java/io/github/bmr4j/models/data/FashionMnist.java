package io.github.bmr4j.models.data;

import io.github.bmr4j.models.data.DataFetcher.RemoteFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Fashion-MNIST: 70,000 images of clothing, 28×28 greys, ten classes (Xiao, Rasul, Vollgraf:
 * Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms, 2017; MIT
 * licence). It is not bundled; {@link #load()} says how to get it.
 */
public final class FashionMnist {

  /** The name of the data set, and of its folder in the cache. */
  public static final String NAME = "fashion-mnist";

  /** The classes' names by label. */
  public static final List<String> CLASSES =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  /** Where its authors publish the files. */
  public static final URI PUBLISHED =
      URI.create(
          "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/");

  // The SHA-256 digests were taken from files whose MD5 digests are those its authors publish:
  // 8d4fb7e6c68d591d4c3dfef9ec88bf0d, 25c81989df183df01b3e8a0aad5dffbe,
  // bef4ecab320f06d8554ea6380940ec79 and bb300cfdad3c16e7a12a480ee83cd310.
  /** The files as published. */
  public static final List<RemoteFile> FILES =
      List.of(
          new RemoteFile(
              "train-images-idx3-ubyte.gz",
              26_421_880,
              "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
          new RemoteFile(
              "train-labels-idx1-ubyte.gz",
              29_515,
              "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
          new RemoteFile(
              "t10k-images-idx3-ubyte.gz",
              4_422_102,
              "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
          new RemoteFile(
              "t10k-labels-idx1-ubyte.gz",
              5_148,
              "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"));

  private FashionMnist() {}

  /**
   * Reads the data set from the cache folder ({@link DataFolders#cache}), else from where Debian's
   * package puts it.
   *
   * @return 60,000 examples to learn from, 10,000 to measure with
   * @throws DataNotFoundException saying where it was looked for and how to get it
   * @throws io.github.bmr4j.models.io.InvalidFileException when a file is broken
   * @throws IOException when a file cannot be read at all
   */
  public static Split load() throws IOException {
    return firstOf(folders());
  }

  /**
   * Reads the data set from one folder and nowhere else.
   *
   * @param folder with the four files
   * @return 60,000 examples to learn from, 10,000 to measure with
   * @throws DataNotFoundException saying what it lacks and how to get it
   * @throws io.github.bmr4j.models.io.InvalidFileException when a file is broken
   * @throws IOException when a file cannot be read at all
   */
  public static Split load(Path folder) throws IOException {
    return firstOf(List.of(folder));
  }

  /** Where {@link DataFetcher} should put it for {@link #load()} to find it. */
  public static Path cacheFolder() {
    return DataFolders.cache().resolve(NAME);
  }

  /** The folders that {@link #load()} looks into, in this order, whether they exist or not. */
  public static List<Path> folders() {
    return List.of(cacheFolder(), DataFolders.SYSTEM.resolve(NAME));
  }

  /** The first of {@link #folders} that has all four files; their content is not looked at. */
  public static Optional<Path> find() {
    return folders().stream().filter(folder -> MnistFiles.missing(folder).isEmpty()).findFirst();
  }

  static Split firstOf(List<Path> folders) throws IOException {
    List<String> lacking = new ArrayList<>();
    for (Path folder : folders) {
      List<String> missing = MnistFiles.missing(folder);
      if (missing.isEmpty()) {
        return MnistFiles.read(
            folder, NAME, CLASSES, "Fashion-MNIST (H. Xiao, K. Rasul, R. Vollgraf, 2017)", "MIT");
      }
      lacking.add(
          folder
              + (missing.size() == 4 ? "" : " (which lacks " + String.join(", ", missing) + ")"));
    }
    throw new DataNotFoundException(
        "Fashion-MNIST was not found. Looked for its four IDX files in: "
            + String.join("; ", lacking)
            + ". To get it, run `bmr data fetch fashion-mnist`, or on Debian and Ubuntu `apt-get"
            + " install dataset-fashion-mnist`, or name the folder it lies in.");
  }
}
