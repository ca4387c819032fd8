package io.github.bmr4j.models.data;

import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * The bundled data set: 1,797 images of handwritten digits, 8×8 pixels of 17 greys, from the UCI
 * Machine Learning Repository (Alpaydin and Kaynak: Optical Recognition of Handwritten Digits,
 * 1998; its test part; CC BY 4.0). Pixels are divided by 16, so they lie in 0 … 1, 1 being ink.
 */
public final class Digits {

  /** The share of each class that goes into the test part unless another is asked for. */
  public static final double DEFAULT_TEST_SHARE = 0.2;

  private static final String RESOURCE = "digits.csv.gz";
  private static final int EXAMPLES = 1797;
  private static final int PIXELS = 64;
  private static final int GREYS = 16;
  private static final List<String> CLASSES =
      List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
  private static final int STREAM = 2;

  private Digits() {}

  /** All images in the order of the file. */
  public static Dataset all() {
    byte[] text = read();
    float[] features = new float[EXAMPLES * PIXELS];
    int[] labels = new int[EXAMPLES];
    int at = 0;
    for (int i = 0; i < EXAMPLES; i++) {
      for (int column = 0; column <= PIXELS; column++) {
        int start = at;
        int value = 0;
        while (at < text.length && text[at] >= '0' && text[at] <= '9' && at - start < 2) {
          value = value * 10 + text[at++] - '0';
        }
        int limit = column < PIXELS ? GREYS : CLASSES.size() - 1;
        char end = column < PIXELS ? ',' : '\n';
        if (at == start || value > limit || at == text.length || text[at] != end) {
          throw new InvalidFileException(
              RESOURCE,
              start,
              "expected a number in 0 … " + limit + " in row " + i + ", column " + column);
        }
        at++;
        if (column < PIXELS) {
          features[i * PIXELS + column] = (float) value / GREYS;
        } else {
          labels[i] = value;
        }
      }
    }
    if (at != text.length) {
      throw new InvalidFileException(RESOURCE, at, "found more than " + EXAMPLES + " rows");
    }
    Provenance provenance =
        new Provenance(
            "UCI Machine Learning Repository, Optical Recognition of Handwritten Digits"
                + " (E. Alpaydin, C. Kaynak, 1998), test part; bundled",
            "CC BY 4.0",
            Map.of("digits.csv", Sha256.of(text)));
    return Dataset.adoptClassification(
        "digits", new InputShape(1, 8, 8), features, labels, CLASSES, provenance);
  }

  /**
   * The images split 80 to 20.
   *
   * @param seed decides which image goes where
   * @see #split(long, double)
   */
  public static Split split(long seed) {
    return split(seed, DEFAULT_TEST_SHARE);
  }

  /**
   * The images split within each class, so that both parts have the classes' shares: of a class
   * with n images, the nearest whole number to n times the share goes into the test part, but at
   * least one goes into each. Both parts keep the file's order. The same seed gives the same split,
   * always.
   *
   * @param seed decides which image goes where
   * @param testShare in (0, 1)
   */
  public static Split split(long seed, double testShare) {
    if (!(testShare > 0 && testShare < 1)) {
      throw new IllegalArgumentException(
          "The test part's share must lie between 0 and 1, but is " + testShare);
    }
    Dataset all = all();
    boolean[] test = new boolean[all.size()];
    CounterWords words = new CounterWords(seed, STREAM);
    for (int label = 0; label < CLASSES.size(); label++) {
      int wanted = label;
      int[] rows = rows(all.size(), i -> all.label(i) == wanted);
      int count = Math.clamp(Math.round(rows.length * testShare), 1, rows.length - 1);
      words.restart(label);
      words.shuffle(rows, count);
      for (int i = 0; i < count; i++) {
        test[rows[i]] = true;
      }
    }
    return new Split(
        all.select(rows(all.size(), i -> !test[i])), all.select(rows(all.size(), i -> test[i])));
  }

  private static int[] rows(int size, IntPredicate chosen) {
    return IntStream.range(0, size).filter(chosen).toArray();
  }

  private static byte[] read() {
    try (InputStream resource = Digits.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new DataNotFoundException(
            "The bundled data set " + RESOURCE + " is missing from the library's JAR");
      }
      try (InputStream plain = new GZIPInputStream(resource)) {
        return plain.readAllBytes();
      }
    } catch (IOException failure) {
      throw new UncheckedIOException("The bundled data set cannot be read", failure);
    }
  }
}
