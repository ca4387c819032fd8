package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.models.io.GaussianPosteriorReader;
import io.github.bmr4j.models.io.GaussianPosteriorReader.Naming;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.io.Sha256;
import io.github.bmr4j.models.io.TensorWriter.FloatSource;
import io.github.bmr4j.models.pruning.PosteriorPruning;
import io.github.bmr4j.models.pruning.StreamedRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Pruning a posterior from a file, beside what the disk takes to read as much and to write as much.
 * The files lie in the folder for temporary files ({@code -Djava.io.tmpdir}).
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class PosteriorFileBenchmark {

  private static final int TENSORS = 10;

  private static final int CHUNK_BYTES = 1 << 20;

  /** Weights in all; a file has 8 bytes for each, the result 5. */
  @Param({"1000000", "100000000"})
  public int weights;

  /** Threads that decide. */
  @Param({"1", "2"})
  public int threads;

  /** Whether the file is in the system's cache, or has been put out by {@code dd}. */
  @Param({"true", "false"})
  public boolean cached;

  private Path folder;
  private Path posterior;
  private Path result;

  /** Writes a posterior of which four fifths of the means are 0. */
  @Setup
  public void write() throws IOException {
    folder = Files.createTempDirectory("bmr4j-posterior");
    posterior = folder.resolve("posterior.safetensors");
    result = folder.resolve("result");
    long each = weights / TENSORS;
    SafetensorsWriter writer = new SafetensorsWriter();
    for (int t = 0; t < TENSORS; t++) {
      RandomNumbers random = new RandomNumbers(t);
      FloatSource means =
          (from, count, target) -> {
            System.arraycopy(random.normalSlice(count, 1).array(), 0, target, 0, count);
            for (int i = 0; i < count; i++) {
              target[i] = (from + i) % 5 == 0 ? target[i] : 0;
            }
          };
      writer.floats("layer" + t + ".mean", List.of(each), means);
      writer.floats(
          "layer" + t + ".std",
          List.of(each),
          (_, count, target) -> Arrays.fill(target, 0, count, 0.05f));
    }
    writer.write(posterior);
  }

  /** Puts the file into the cache or out of it; the results of before leave the disk alone. */
  @Setup(Level.Invocation)
  public void prepare() throws IOException, InterruptedException {
    Files.deleteIfExists(result);
    run("sync");
    if (cached) {
      read();
    } else {
      run("dd", "if=" + posterior, "of=/dev/null", "iflag=nocache", "count=0", "status=none");
    }
  }

  private static void run(String... command) throws IOException, InterruptedException {
    int code = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (code != 0) {
      throw new IOException(String.join(" ", command) + " ended with code " + code);
    }
  }

  /** Removes the files. */
  @TearDown
  public void clean() throws IOException {
    Files.deleteIfExists(result);
    Files.delete(posterior);
    Files.delete(folder);
  }

  /** Reading the file, with one thread. */
  @Benchmark
  public long read() throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    long bytes = 0;
    try (FileChannel channel = FileChannel.open(posterior, StandardOpenOption.READ)) {
      for (int count = 0; count >= 0; count = channel.read(chunk.clear())) {
        bytes += count;
      }
    }
    return bytes;
  }

  /** Writing as much as pruning does, to the disk itself, with one thread. */
  @Benchmark
  public void writeAsMuch() throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    try (FileChannel channel =
        FileChannel.open(result, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (long left = 5L * weights; left > 0; left -= CHUNK_BYTES) {
        channel.write(chunk.clear().limit((int) Math.min(left, CHUNK_BYTES)));
      }
      channel.force(true);
    }
  }

  /** Deciding alone. */
  @Benchmark
  public List<PosteriorPruning.Outcome> decide() throws IOException {
    try (GaussianPosteriorReader reader = reader();
        PosteriorPruning pruning = pruning(reader)) {
      return pruning.prune(new StreamedRule.Evidence(0));
    }
  }

  /** All that {@code bmr prune FILE} does: deciding, SHA-256 of the file, writing. */
  @Benchmark
  public List<PosteriorPruning.Outcome> prune() throws IOException {
    try (GaussianPosteriorReader reader = reader();
        PosteriorPruning pruning = pruning(reader)) {
      CompletableFuture<String> digest = CompletableFuture.supplyAsync(this::digest);
      List<PosteriorPruning.Outcome> outcomes = pruning.prune(new StreamedRule.Evidence(0));
      pruning.save(result, Map.of(), Map.of("posterior_sha256", digest::join));
      return outcomes;
    }
  }

  private GaussianPosteriorReader reader() throws IOException {
    return new GaussianPosteriorReader(posterior, Naming.MEAN_AND_STD, _ -> true);
  }

  private PosteriorPruning pruning(GaussianPosteriorReader reader) {
    return new PosteriorPruning(reader, _ -> 0.01, () -> Backends.open("simd", 1), threads);
  }

  private String digest() {
    try {
      return Sha256.of(posterior);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
