package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.distribution.LogUniform;
import io.github.bmr4j.engine.distribution.TruncatedLogNormal;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.TensorEntry;
import io.github.bmr4j.models.pruning.Structure;
import io.github.bmr4j.models.pruning.StructureRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Computes a certificate of structures again ({@link NoisyModelFiles#saveCertificate}), in double
 * and from its posteriors and prior alone: each structure's score by the rule, and that it left
 * exactly where the score reaches the threshold. Of a rule that goes by weights, which a
 * certificate does not have, the scores are taken as they are.
 */
public final class StructureCertificateCheck {

  /**
   * Largest difference of a score whose posterior was rounded to float, relative to 1 or itself.
   */
  public static final double TOLERANCE = 1e-4;

  private static final String SCORE = ".noise.score";

  /** What the certificate has of one layer. */
  private record Layer(
      String name, float[] location, float[] logScale, float[] score, boolean[] kept) {}

  private final Map<String, String> metadata;
  private final List<Layer> layers = new ArrayList<>();
  private final LogUniform prior;
  private final double threshold;
  private final StructureRule rule;
  private long removed;
  private double predicted;

  /**
   * Reads a certificate.
   *
   * @param file as {@link NoisyModelFiles#saveCertificate} writes it
   * @throws InvalidFileException when it is none, or broken; names what is wrong
   * @throws IOException when it cannot be read at all
   */
  public StructureCertificateCheck(Path file) throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      metadata = reader.metadata();
      PosteriorFiles.require(
          file, "format", NoisyModelFiles.CERTIFICATE_FORMAT, metadata.get("format"));
      double lower = number(file, "lower");
      double upper = number(file, "upper");
      if (!(lower < upper)) {
        throw new InvalidFileException(
            file.toString(), -1, "lower is " + lower + ", expected below upper, " + upper);
      }
      prior = new LogUniform(lower, upper);
      threshold = number(file, "threshold");
      rule = rule(metadata.get("rule")).orElse(null);
      for (TensorEntry tensor : reader.tensors()) {
        if (tensor.name().endsWith(SCORE)) {
          String name = tensor.name().substring(0, tensor.name().length() - SCORE.length());
          layers.add(layer(file, reader, name));
        }
      }
    }
  }

  private double number(Path file, String key) {
    String text = String.valueOf(metadata.get(key));
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException notANumber) {
      throw new InvalidFileException(
          file.toString(), -1, key + " is \"" + text + "\", expected a number", notANumber);
    }
  }

  private static Layer layer(Path file, SafetensorsReader reader, String name) {
    boolean[] kept = reader.readBooleans(name + ".noise.kept");
    List<Integer> shape = List.of(kept.length);
    return new Layer(
        name,
        PosteriorFiles.floats(file, reader, name + ".noise.location", shape),
        PosteriorFiles.floats(file, reader, name + ".noise.log_scale", shape),
        PosteriorFiles.floats(file, reader, name + SCORE, shape),
        kept);
  }

  /** The rule of a name, if it goes by the posterior of θ alone. */
  private static Optional<StructureRule> rule(String name) {
    String bits = "bmrs-u-";
    if (name != null && name.startsWith(bits)) {
      try {
        return Optional.of(StructureRule.bmrsU(Double.parseDouble(name.substring(bits.length()))));
      } catch (IllegalArgumentException unknown) {
        return Optional.empty();
      }
    }
    return StructureRule.published().stream().filter(each -> each.name().equals(name)).findFirst();
  }

  /**
   * Checks all of it.
   *
   * @return what differs first, with both values and where; empty if all agrees
   */
  public Optional<String> firstDifference() {
    removed = 0;
    predicted = 0;
    for (Layer layer : layers) {
      for (int i = 0; i < layer.kept().length; i++) {
        Optional<String> difference = structure(layer, i);
        if (difference.isPresent()) {
          return difference;
        }
      }
    }
    return Optional.empty();
  }

  private Optional<String> structure(Layer layer, int i) {
    double score = layer.score()[i];
    if (rule != null) {
      double expected = expected(layer, i);
      if (!(Math.abs(score - expected) <= TOLERANCE * Math.max(1, Math.abs(expected)))) {
        return difference(
            layer, i, "has the score " + score + " in the certificate, but it is " + expected);
      }
    }
    boolean kept = layer.kept()[i];
    // Scores are rounded to float, so next to the threshold either is right.
    double slack = TOLERANCE * Math.max(1, Math.abs(threshold));
    if (kept ? score > threshold + slack : score < threshold - slack) {
      return difference(
          layer,
          i,
          (kept ? "stayed" : "left")
              + ", but its score is "
              + score
              + " and the threshold "
              + threshold);
    }
    if (!kept) {
      removed++;
      predicted += score;
    }
    return Optional.empty();
  }

  /** The score by the rule; NaN if the posterior is none that has one. */
  private double expected(Layer layer, int i) {
    double scale = Math.exp(layer.logScale()[i]);
    try {
      TruncatedLogNormal posterior =
          new TruncatedLogNormal(layer.location()[i], scale, prior.lower(), prior.upper());
      // Norms of weights are not in a certificate, nor does the rule ask for them.
      return rule.score()
          .applyAsDouble(new Structure(layer.name(), i, posterior, prior, Double.NaN, Double.NaN));
    } catch (IllegalArgumentException none) {
      // A scale that is 0 or infinite, or so small that a double cannot tell the bounds apart.
      return Double.NaN;
    }
  }

  private static Optional<String> difference(Layer layer, int i, String what) {
    return Optional.of("structure " + i + " of " + layer.name() + " " + what);
  }

  /** Structures that left. */
  public long removed() {
    return removed;
  }

  /** Σ of the scores of what left: ΔF in nats, or NaN if the rule is not about evidence. */
  public double predicted() {
    return rule != null && rule.evidence() ? predicted : Double.NaN;
  }

  /** Whether the scores were computed again. */
  public boolean computesScores() {
    return rule != null;
  }

  /** The certificate's metadata. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Which structures stayed, by the name of the layer. */
  public Map<String, boolean[]> kept() {
    Map<String, boolean[]> kept = new LinkedHashMap<>();
    layers.forEach(layer -> kept.put(layer.name(), layer.kept().clone()));
    return kept;
  }
}
