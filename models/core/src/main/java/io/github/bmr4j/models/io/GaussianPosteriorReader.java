package io.github.bmr4j.models.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Reads a factorised normal posterior from a safetensors file that any program may have written:
 * for each tensor of weights one tensor of means and one that says how wide the posterior is. Reads
 * it in parts, so that it may be larger than memory. Any number of threads may read at once.
 */
public final class GaussianPosteriorReader implements AutoCloseable {

  /**
   * How a file names things.
   *
   * @param mean names of the means
   * @param spread names of what says how wide the posterior is
   * @param kind what that is
   */
  public record Naming(NamePattern mean, NamePattern spread, Spread kind) {

    /** {@code x.mean} and {@code x.std}. */
    public static final Naming MEAN_AND_STD =
        new Naming(new NamePattern("*.mean"), new NamePattern("*.std"), Spread.STANDARD_DEVIATION);
  }

  /**
   * The weights of one tensor.
   *
   * @param name that the star of both patterns stands for
   * @param mean where the means are
   * @param spread where the other tensor is
   */
  public record Factors(String name, TensorEntry mean, TensorEntry spread) {

    /** Dimensions of the tensor. */
    public List<Long> shape() {
      return mean.shape();
    }

    /** Number of weights. */
    public long size() {
      return mean.elements();
    }
  }

  private final Path file;
  private final TensorReader reader;
  private final Naming naming;
  private final List<Factors> factors = new ArrayList<>();

  /**
   * Opens a file and finds its posteriors.
   *
   * @param file to read
   * @param naming of its tensors
   * @param included says of a name whether it is wanted
   * @throws InvalidFileException when the file is broken, has no posterior, or a mean without its
   *     spread, or one of another shape
   * @throws IOException when it cannot be read at all
   */
  public GaussianPosteriorReader(Path file, Naming naming, Predicate<String> included)
      throws IOException {
    this.file = file;
    this.naming = naming;
    reader = TensorReader.open(file);
    try {
      for (TensorEntry mean : reader.tensors()) {
        String name = naming.mean().match(mean.name());
        if (name != null && included.test(name)) {
          factors.add(factors(name, mean));
        }
      }
      if (factors.isEmpty()) {
        throw new InvalidFileException(
            file.toString(),
            -1,
            "found no tensor named as "
                + naming.mean()
                + " among "
                + reader.tensors().stream().map(TensorEntry::name).limit(10).toList()
                + "; say how the means are named");
      }
    } catch (RuntimeException failure) {
      reader.close();
      throw failure;
    }
  }

  private Factors factors(String name, TensorEntry mean) {
    String other = naming.spread().name(name);
    if (!reader.contains(other)) {
      throw new InvalidFileException(
          file.toString(),
          -1,
          "found \"" + mean.name() + "\", but no \"" + other + "\" that says how wide it is");
    }
    TensorEntry spread = reader.entry(other);
    if (!spread.shape().equals(mean.shape())) {
      throw new InvalidFileException(
          file.toString(),
          -1,
          "\""
              + mean.name()
              + "\" has the shape "
              + mean.shape()
              + ", but \""
              + other
              + "\" has "
              + spread.shape());
    }
    return new Factors(name, mean, spread);
  }

  /** The posteriors, in the order of their means in the file. */
  public List<Factors> factors() {
    return List.copyOf(factors);
  }

  /** The file as such: metadata, and tensors that belong to no posterior. */
  public TensorReader tensors() {
    return reader;
  }

  /** Where the posterior is. */
  public Path file() {
    return file;
  }

  /** The tensors that belong to none of the posteriors, in the order of their data. */
  public Stream<TensorEntry> others() {
    return reader.tensors().stream()
        .filter(
            tensor ->
                factors.stream()
                    .noneMatch(f -> tensor.equals(f.mean()) || tensor.equals(f.spread())));
  }

  /**
   * Reads some means and standard deviations.
   *
   * @param of which weights
   * @param from first of them, counted row-major
   * @param count of weights
   * @param mean takes μ, from its element 0
   * @param deviation takes σ, from its element 0; not checked
   */
  public void read(Factors of, long from, int count, float[] mean, float[] deviation) {
    reader.readFloats(of.mean().name(), from, count, mean);
    reader.readFloats(of.spread().name(), from, count, deviation);
    if (!naming.kind().equals(Spread.STANDARD_DEVIATION)) {
      naming.kind().toDeviations(deviation, count);
    }
  }

  @Override
  public void close() {
    reader.close();
  }
}
