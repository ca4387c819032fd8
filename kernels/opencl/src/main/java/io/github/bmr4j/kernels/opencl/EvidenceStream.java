package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.opencl.host.Pipeline;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Evidence of posteriors on the host, as large as they like: chunks of them pass through the
 * device, one being computed while the next is on its way. The bits are those of a posterior that
 * is there as a whole.
 */
final class EvidenceStream {

  /** System property: bytes of the device that chunks take at most. */
  static final String BUDGET_PROPERTY = "bmr4j.opencl.streamBytes";

  static final long DEFAULT_BUDGET = 128L << 20;

  private static final int MEAN = 0;
  private static final int SD = 1;
  private static final int OUT = 2;
  private static final int WHICH = 3;

  private final Work work;
  private final Launch deltaF;
  private final EvidencePass pass;

  /**
   * @param work whose context callers have taken
   * @param deltaF the kernel of ΔF one by one
   * @param pass the kernel of sums
   */
  EvidenceStream(Work work, Launch deltaF, EvidencePass pass) {
    this.work = work;
    this.deltaF = deltaF;
    this.pass = pass;
  }

  /** ΔF of each factor; any part of it is computed alike, wherever it is cut. */
  void deltaF(Slice mean, Slice sd, float priorVariance, float reducedVariance, Slice out) {
    int n = mean.length();
    int chunk = chunk(n, 1, 4.0 * 3);
    double ratio = (double) reducedVariance / priorVariance;
    float root = OpenClEvidenceKernels.rootPrecision(priorVariance);
    try (Pipeline pipeline = new Pipeline(work.context(), chunk, chunk, chunk)) {
      chunks(
          pipeline,
          mean,
          sd,
          chunk,
          (slot, from, count) -> {
            deltaF.start().number(root).buffer(pipeline.buffer(slot, MEAN)).number(0);
            deltaF.buffer(pipeline.buffer(slot, SD)).number(0);
            deltaF.number((float) ratio).number((float) (1 - ratio));
            deltaF.buffer(pipeline.buffer(slot, OUT)).number(0).number(count).run(count);
            pipeline.download(slot, OUT, count);
          },
          (slot, from, count) -> take(pipeline.host(slot, OUT), out, from, count));
    }
  }

  /** Sums, and the best candidates where {@code best} is not null. */
  void sums(
      Slice mean,
      Slice sd,
      float priorVariance,
      float[] reducedVariances,
      double[] sums,
      Slice best,
      Slice which) {
    int n = mean.length();
    int k = sums.length;
    Arrays.fill(sums, 0);
    if (k == 0 && best != null) {
      best.fill(Float.NEGATIVE_INFINITY);
      which.fill(0);
    }
    if (k == 0) {
      return;
    }
    int block = EvidenceBlocks.of(n).length();
    int arrays = best == null ? 2 : 4;
    int chunk = chunk(n, block, 4.0 * arrays + 8.0 * k / block);
    int pairs = Math.multiplyExact(2 * k, Math.ceilDiv(chunk, block));
    int[] lengths = new int[arrays + 1];
    Arrays.fill(lengths, chunk);
    lengths[arrays] = pairs;
    float root = OpenClEvidenceKernels.rootPrecision(priorVariance);
    pass.candidates(priorVariance, reducedVariances);
    try (Pipeline pipeline = new Pipeline(work.context(), lengths)) {
      chunks(
          pipeline,
          mean,
          sd,
          chunk,
          (slot, from, count) -> {
            EvidencePass.Places places =
                new EvidencePass.Places(
                    pipeline.buffer(slot, MEAN),
                    0,
                    pipeline.buffer(slot, SD),
                    0,
                    pipeline.buffer(slot, best == null ? MEAN : OUT),
                    0,
                    pipeline.buffer(slot, best == null ? MEAN : WHICH),
                    0);
            long partials = pipeline.buffer(slot, arrays);
            pass.run(root, places, count, block, k, best != null, partials);
            pipeline.download(slot, arrays, 2 * k * Math.ceilDiv(count, block));
            if (best != null) {
              pipeline.download(slot, OUT, count);
              pipeline.download(slot, WHICH, count);
            }
          },
          (slot, from, count) -> {
            EvidencePass.add(pipeline.host(slot, arrays), Math.ceilDiv(count, block), sums);
            if (best != null) {
              take(pipeline.host(slot, OUT), best, from, count);
              take(pipeline.host(slot, WHICH), which, from, count);
            }
          });
    }
  }

  /** What is done with a part of the posterior that is, or was, in a slot. */
  @FunctionalInterface
  private interface Part {
    void accept(int slot, int from, int count);
  }

  /** Lets the chunks pass, in order: {@code compute} enqueues, {@code take} gets what came out. */
  private static void chunks(
      Pipeline pipeline, Slice mean, Slice sd, int chunk, Part compute, Part take) {
    int n = mean.length();
    int count = Math.ceilDiv(n, chunk);
    // After the last chunk as many turns as there are slots, to take what is still under way.
    for (int c = 0; c < count + Pipeline.SLOTS; c++) {
      int slot = c % Pipeline.SLOTS;
      int done = c - Pipeline.SLOTS;
      if (done >= 0 && done < count) {
        pipeline.await(slot);
        take.accept(slot, done * chunk, Math.min(chunk, n - done * chunk));
      }
      if (c < count) {
        int from = c * chunk;
        int length = Math.min(chunk, n - from);
        fill(pipeline, slot, MEAN, mean, from, length);
        fill(pipeline, slot, SD, sd, from, length);
        pipeline.beginCompute();
        compute.accept(slot, from, length);
        pipeline.submit(slot);
      }
    }
  }

  private static void fill(
      Pipeline pipeline, int slot, int array, Slice from, int first, int count) {
    MemorySegment heap = MemorySegment.ofArray(from.array());
    long at = 4L * (from.offset() + (long) first);
    MemorySegment.copy(heap, at, pipeline.host(slot, array), 0, 4L * count);
    pipeline.upload(slot, array, count);
  }

  private static void take(MemorySegment host, Slice to, int first, int count) {
    long at = 4L * (to.offset() + (long) first);
    MemorySegment.copy(host, 0, MemorySegment.ofArray(to.array()), at, 4L * count);
  }

  /**
   * Factors of a chunk: as many whole blocks as the budget has room for, but not more than there
   * are.
   */
  private int chunk(int n, int block, double bytesOfFactor) {
    long budget = budget();
    long blocks = (long) (budget / (Pipeline.SLOTS * bytesOfFactor * block));
    if (blocks == 0) {
      throw new IllegalArgumentException(
          "Evidence of "
              + n
              + " weights streams through the device in chunks of at least "
              + (long) Math.ceil(Pipeline.SLOTS * bytesOfFactor * block)
              + " bytes, but the system property "
              + BUDGET_PROPERTY
              + " allows "
              + budget
              + "; raise it");
    }
    return (int) Math.min(blocks * block, Math.max(1, n));
  }

  /** What the property says, or the default, where a quarter of the device is not less. */
  private long budget() {
    String asked = System.getProperty(BUDGET_PROPERTY);
    if (asked == null) {
      return Math.min(DEFAULT_BUDGET, work.context().device().memoryBytes() / 4);
    }
    try {
      return Long.parseLong(asked.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "The system property "
              + BUDGET_PROPERTY
              + " is to be a number of bytes, but is \""
              + asked
              + "\"",
          e);
    }
  }
}
