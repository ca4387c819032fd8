package io.github.bmr4j.models.pruning;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.io.GaussianPosteriorReader;
import io.github.bmr4j.models.io.InvalidFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * ΔF of removing each weight of a posterior in a file, in nats, chunk by chunk: memory is needed
 * for one chunk a thread, whatever the file's size. Each thread has a back end of its own and takes
 * the next chunk that is left; what a chunk gives does not depend on which thread takes it.
 */
final class StreamedEvidence implements AutoCloseable {

  /** Weights of a chunk; a multiple of 64, so that no two chunks share a word of a bit mask. */
  static final int CHUNK = 1 << 17;

  /** Takes the evidence of a chunk; called from several threads, once for each chunk. */
  @FunctionalInterface
  interface Consumer {

    /**
     * Takes it.
     *
     * @param chunk its number, from 0
     * @param count of weights; the first is number {@code chunk * CHUNK}
     * @param deltaF of each, finite
     */
    void accept(int chunk, int count, float[] deltaF);
  }

  private record Worker(Backend backend, Slice mean, Slice deviation, Slice deltaF) {

    Worker(Backend backend) {
      this(backend, slice(backend), slice(backend), slice(backend));
    }

    private static Slice slice(Backend backend) {
      return new Slice(backend.memory().allocate(CHUNK), 0, CHUNK);
    }
  }

  private final GaussianPosteriorReader reader;
  private final List<Worker> workers = new ArrayList<>();
  private final ExecutorService executor;

  /**
   * @param reader of the posterior
   * @param backend opens a back end of one thread
   * @param threads that compute
   */
  StreamedEvidence(GaussianPosteriorReader reader, Supplier<Backend> backend, int threads) {
    this.reader = reader;
    for (int t = 0; t < threads; t++) {
      workers.add(new Worker(backend.get()));
    }
    executor = Executors.newFixedThreadPool(threads);
  }

  /** Number of chunks of a tensor. */
  static int chunks(GaussianPosteriorReader.Factors of) {
    return Math.toIntExact(Math.ceilDiv(of.size(), CHUNK));
  }

  /**
   * Computes a tensor's evidence.
   *
   * @param of its weights
   * @param priorVariance v of their prior N(0, v)
   * @param consumer of each chunk
   * @throws InvalidFileException if a mean is not finite or a standard deviation not positive and
   *     finite
   */
  void forEach(GaussianPosteriorReader.Factors of, float priorVariance, Consumer consumer) {
    AtomicInteger next = new AtomicInteger();
    int chunks = chunks(of);
    List<Future<?>> running = new ArrayList<>();
    for (Worker worker : workers) {
      running.add(
          executor.submit(
              () -> {
                for (int c = next.getAndIncrement(); c < chunks; c = next.getAndIncrement()) {
                  compute(worker, of, priorVariance, c, consumer);
                }
              }));
    }
    try {
      for (Future<?> each : running) {
        each.get();
      }
    } catch (ExecutionException failure) {
      next.set(chunks);
      throw failure.getCause() instanceof RuntimeException known
          ? known
          : new IllegalStateException(failure.getCause());
    } catch (InterruptedException interrupted) {
      next.set(chunks);
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while computing evidence", interrupted);
    }
  }

  private void compute(
      Worker worker,
      GaussianPosteriorReader.Factors of,
      float priorVariance,
      int chunk,
      Consumer consumer) {
    long from = (long) chunk * CHUNK;
    int count = (int) Math.min(CHUNK, of.size() - from);
    float[] mean = worker.mean().array();
    float[] deviation = worker.deviation().array();
    reader.read(of, from, count, mean, deviation);
    for (int i = 0; i < count; i++) {
      // Written so that NaN is refused too.
      if (!(deviation[i] > 0 && deviation[i] <= Float.MAX_VALUE)) {
        throw invalid(
            of, from + i, "the standard deviation " + deviation[i], "positive and finite");
      }
    }
    Slice m = new Slice(mean, 0, count);
    Slice s = new Slice(deviation, 0, count);
    Slice out = new Slice(worker.deltaF().array(), 0, count);
    worker.backend().memory().push(m);
    worker.backend().memory().push(s);
    worker.backend().evidence().deltaF(m, s, priorVariance, 0, out);
    int bad = worker.backend().reduction().firstNonFinite(out);
    if (bad >= 0) {
      throw invalid(
          of,
          from + bad,
          "the mean " + mean[bad] + " and standard deviation " + deviation[bad],
          "such that the evidence is finite");
    }
    worker.backend().memory().pull(out);
    consumer.accept(chunk, count, out.array());
  }

  private InvalidFileException invalid(
      GaussianPosteriorReader.Factors of, long weight, String found, String expected) {
    return new InvalidFileException(
        reader.file().toString(),
        -1,
        "weight "
            + weight
            + " of \""
            + of.name()
            + "\" has "
            + found
            + ", expected "
            + expected
            + "; nothing was pruned");
  }

  @Override
  public void close() {
    executor.close();
    workers.forEach(worker -> worker.backend().close());
  }
}
