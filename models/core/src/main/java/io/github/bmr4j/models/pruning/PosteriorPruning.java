package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.reduction.SpikeAndSlab;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.io.GaussianPosteriorReader;
import io.github.bmr4j.models.io.GaussianPosteriorReader.Factors;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.NpzReader;
import io.github.bmr4j.models.io.NpzWriter;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.io.TensorEntry;
import io.github.bmr4j.models.io.TensorWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Prunes a normal posterior that was trained elsewhere, from its file alone: for each weight the
 * evidence of the model in which its prior is a spike at 0 against the evidence of the model as it
 * is, ΔF = ½ ln(v/σ²) − μ²/(2σ²) in nats ({@link StreamedRule} decides). The file is read in parts
 * and may be larger than memory; kept are one bit a weight.
 *
 * <p>A tensor {@code X.mask} of truth values beside the posterior of {@code X} says which weights
 * are in the model to begin with. A tensor {@code X} of the same shape has the values that the
 * network computes with; without one these are the means.
 */
public final class PosteriorPruning implements AutoCloseable {

  /**
   * What became of a tensor.
   *
   * @param name of it
   * @param shape its dimensions
   * @param weights in all
   * @param before how many were in the model before
   * @param kept how many are left
   * @param priorVariance v of their prior N(0, v)
   * @param threshold that ΔF was compared with, in nats
   * @param predicted Σ ΔF of the removed weights, in nats
   */
  public record Outcome(
      String name,
      List<Long> shape,
      long weights,
      long before,
      long kept,
      double priorVariance,
      double threshold,
      double predicted) {}

  private final GaussianPosteriorReader reader;
  private final List<Factors> factors;
  private final double[] priorVariances;
  private final List<BitMask> masks = new ArrayList<>();
  private final StreamedEvidence evidence;

  /**
   * @param reader of the posterior; stays open as long as this
   * @param priorVariance v of each tensor's prior N(0, v), positive
   * @param backend opens a back end of one thread
   * @param threads that compute, at least 1
   * @throws InvalidFileException if a mask in the file does not fit its posterior
   */
  public PosteriorPruning(
      GaussianPosteriorReader reader,
      ToDoubleFunction<Factors> priorVariance,
      Supplier<Backend> backend,
      int threads) {
    this.reader = reader;
    factors = reader.factors();
    priorVariances = factors.stream().mapToDouble(priorVariance).toArray();
    for (int t = 0; t < priorVariances.length; t++) {
      float v = (float) priorVariances[t];
      if (!(v > 0 && v <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "The prior variance of "
                + factors.get(t).name()
                + " must be positive and finite, but is "
                + priorVariances[t]);
      }
    }
    for (Factors each : factors) {
      masks.add(mask(each));
    }
    evidence = new StreamedEvidence(reader, backend, threads);
  }

  private BitMask mask(Factors of) {
    BitMask mask = new BitMask(of.size());
    TensorEntry stored = companion(of, of.name() + ".mask");
    if (stored != null) {
      boolean[] active = reader.tensors().readBooleans(stored.name());
      for (int i = 0; i < active.length; i++) {
        if (!active[i]) {
          mask.clear(i);
        }
      }
    }
    return mask;
  }

  /** A tensor beside the posterior, which must have its shape; null if there is none. */
  private TensorEntry companion(Factors of, String name) {
    if (!reader.tensors().contains(name)) {
      return null;
    }
    TensorEntry entry = reader.tensors().entry(name);
    if (!entry.shape().equals(of.shape())) {
      throw new InvalidFileException(
          reader.file().toString(),
          -1,
          "\""
              + name
              + "\" has the shape "
              + entry.shape()
              + ", but the posterior of \""
              + of.name()
              + "\" has "
              + of.shape());
    }
    return entry;
  }

  /**
   * Prunes.
   *
   * @param rule that chooses
   * @return what became of each tensor, in the file's order
   * @throws InvalidFileException if a mean is not finite or a standard deviation not positive and
   *     finite; no mask has changed then
   */
  public List<Outcome> prune(StreamedRule rule) {
    double[] thresholds = thresholds(rule);
    boolean strict = rule instanceof StreamedRule.Adaptive;
    List<BitMask> decided = new ArrayList<>();
    List<Outcome> outcomes = new ArrayList<>();
    for (int t = 0; t < factors.size(); t++) {
      BitMask mask = masks.get(t).copy();
      double predicted = decide(t, thresholds[t], strict, mask);
      decided.add(mask);
      outcomes.add(
          new Outcome(
              factors.get(t).name(),
              factors.get(t).shape(),
              mask.size(),
              masks.get(t).count(),
              mask.count(),
              priorVariances[t],
              thresholds[t],
              predicted));
    }
    masks.clear();
    masks.addAll(decided);
    return outcomes;
  }

  private double decide(int t, double threshold, boolean strict, BitMask mask) {
    double[] sums = new double[StreamedEvidence.chunks(factors.get(t))];
    float bound = leastThatReaches(threshold, strict);
    forEach(
        t,
        (chunk, count, deltaF) -> {
          BitMask.Part part = mask.from((long) chunk * StreamedEvidence.CHUNK);
          double sum = 0;
          for (int i = 0; i < count; i += Long.SIZE) {
            int end = Math.min(count, i + Long.SIZE);
            long leave = part.clear(i, reaching(deltaF, i, end, bound));
            for (int j = i; j < end; j++) {
              sum += (leave >>> j & 1) * deltaF[j];
            }
          }
          sums[chunk] = sum;
        });
    return Arrays.stream(sums).sum();
  }

  /** The smallest float that is at least the threshold; where strict, that is above it. */
  private static float leastThatReaches(double threshold, boolean strict) {
    float bound = (float) threshold;
    return bound < threshold || (strict && bound == threshold) ? Math.nextUp(bound) : bound;
  }

  /** A bit for each ΔF that is at least the bound. */
  private static long reaching(float[] deltaF, int from, int to, float bound) {
    long bits = 0;
    for (int i = from; i < to; i++) {
      bits |= (deltaF[i] >= bound ? 1L : 0L) << i;
    }
    return bits;
  }

  private void forEach(int t, StreamedEvidence.Consumer consumer) {
    evidence.forEach(factors.get(t), (float) priorVariances[t], consumer);
  }

  private double[] thresholds(StreamedRule rule) {
    double[] thresholds = new double[factors.size()];
    switch (rule) {
      case StreamedRule.Evidence plain -> Arrays.fill(thresholds, plain.threshold());
      case StreamedRule.Adaptive adaptive ->
          Arrays.setAll(thresholds, t -> adaptive(t, adaptive.config()));
      case StreamedRule.Target target when target.global() ->
          Arrays.fill(thresholds, quantile(0, factors.size(), target.fraction()));
      case StreamedRule.Target target ->
          Arrays.setAll(thresholds, t -> quantile(t, t + 1, target.fraction()));
    }
    return thresholds;
  }

  private double adaptive(int t, SpikeAndSlab.Config config) {
    double zeta = SpikeAndSlab.initialZeta(config);
    for (int iteration = 0; iteration < config.iterations(); iteration++) {
      double old = zeta;
      SpikeAndSlab.Update[] parts =
          new SpikeAndSlab.Update[StreamedEvidence.chunks(factors.get(t))];
      forEach(
          t,
          (chunk, count, deltaF) -> {
            BitMask.Part part = masks.get(t).from((long) chunk * StreamedEvidence.CHUNK);
            SpikeAndSlab.Update update = new SpikeAndSlab.Update(old, config);
            for (int i = 0; i < count; i++) {
              if (config.countRemovedAsSpike() && !part.get(i)) {
                update.addRemoved();
              } else {
                update.add(deltaF[i]);
              }
            }
            parts[chunk] = update;
          });
      SpikeAndSlab.Update whole = new SpikeAndSlab.Update(old, config);
      for (SpikeAndSlab.Update part : parts) {
        whole.add(part);
      }
      zeta = whole.zeta();
    }
    return zeta;
  }

  /** The threshold that leaves a fraction of the tensors' weights out. */
  private double quantile(int from, int to, double fraction) {
    long total = 0;
    long active = 0;
    for (int t = from; t < to; t++) {
      total += masks.get(t).size();
      active += masks.get(t).count();
    }
    long rank = Math.round(fraction * total) - (total - active);
    if (rank <= 0) {
      return Double.POSITIVE_INFINITY;
    }
    EvidenceQuantile quantile = new EvidenceQuantile(rank);
    count(quantile, from, to);
    quantile.refine();
    count(quantile, from, to);
    return quantile.value();
  }

  private void count(EvidenceQuantile quantile, int from, int to) {
    for (int t = from; t < to; t++) {
      BitMask mask = masks.get(t);
      forEach(
          t,
          (chunk, count, deltaF) ->
              quantile.add(deltaF, count, mask.from((long) chunk * StreamedEvidence.CHUNK)));
    }
  }

  /**
   * Writes the pruned network, atomically, in the format of the posterior's file: for each
   * posterior {@code X} the values the network computes with, 0 where a weight has left, as {@code
   * X}, and which are left as {@code X.mask}; then all tensors of the file that belong to no
   * posterior, as they are.
   *
   * @param file to write, another than the posterior's; its folder must exist
   * @param metadata of the file; npz has none
   * @param digests more of it, by {@link SafetensorsWriter#digest}
   * @throws IOException if it cannot be written
   */
  public void save(Path file, Map<String, String> metadata, Map<String, Supplier<String>> digests)
      throws IOException {
    if (reader.tensors() instanceof NpzReader) {
      save(file, new NpzWriter());
    } else {
      SafetensorsWriter writer = new SafetensorsWriter();
      metadata.forEach(writer::metadata);
      digests.forEach(writer::digest);
      save(file, writer);
    }
  }

  private void save(Path file, TensorWriter<?> writer) throws IOException {
    Set<String> written = new HashSet<>();
    for (int t = 0; t < factors.size(); t++) {
      Factors each = factors.get(t);
      BitMask mask = masks.get(t);
      TensorEntry values = companion(each, each.name());
      String source = values == null ? each.mean().name() : values.name();
      writer.floats(
          each.name(),
          each.shape(),
          (from, count, target) -> {
            reader.tensors().readFloats(source, from, count, target);
            mask.apply(from, count, target);
          });
      String maskName = each.name() + ".mask";
      writer.booleans(maskName, each.shape(), mask::bits);
      written.add(each.name());
      written.add(maskName);
    }
    reader
        .others()
        .filter(other -> !written.contains(other.name()))
        .forEach(other -> writer.copy(other, reader.tensors()));
    writer.write(file);
  }

  /** Stops the threads; leaves the file open. */
  @Override
  public void close() {
    evidence.close();
  }
}
