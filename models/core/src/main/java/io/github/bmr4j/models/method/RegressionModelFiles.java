package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.distribution.Gamma;
import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The posterior of a {@link RegressionModel} as a safetensors file, with weights as PyTorch has
 * them, [out, in]: {@code L.weight.mean}, {@code L.weight.std} and {@code L.weight.mask} (false
 * where a weight was pruned) of each layer L, and of {@code L.bias} the same; {@code precision} of
 * shape [2, targets]: shape, then rate of the Gamma posterior of each target's noise precision. The
 * metadata has {@code L.weight.prior_variance}, {@code L.bias.prior_variance}, {@code format}, and
 * what the caller adds: so {@code bmr prune FILE} can prune it again.
 */
public final class RegressionModelFiles {

  /** Value of the metadata's {@code format}. */
  public static final String FORMAT = "bmr4j-regression-posterior-1";

  private RegressionModelFiles() {}

  /**
   * Writes a model's posterior, atomically.
   *
   * @param file its folder must exist
   * @param backend that holds the model's parameters
   * @param model whose posterior
   * @param metadata further entries, no key of which is used here
   * @throws IOException if it cannot be written
   */
  public static void save(
      Path file, Backend backend, RegressionModel model, Map<String, String> metadata)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter().metadata("format", FORMAT);
    metadata.forEach(writer::metadata);
    for (RegressionModel.Block layer : model.blocks()) {
      ParameterBlock block = layer.block();
      String prior = Double.toString(layer.weights().priorVariance());
      writer.metadata(block.layer() + ".weight.prior_variance", prior);
      if (block.bias()) {
        writer.metadata(block.layer() + ".bias.prior_variance", prior);
      }
      PosteriorFiles.floats(
          writer, block, ".mean", PosteriorFiles.pulled(backend, layer.weights().factors().mean()));
      PosteriorFiles.floats(
          writer,
          block,
          ".std",
          PosteriorFiles.pulled(backend, layer.weights().standardDeviations()));
      PosteriorFiles.booleans(writer, block, PosteriorFiles.mask(backend, layer.weights()));
    }
    int targets = model.precision().size();
    float[] precision = new float[2 * targets];
    for (int m = 0; m < targets; m++) {
      Gamma posterior = model.precision().posterior(m);
      precision[m] = (float) posterior.shape();
      precision[targets + m] = (float) posterior.rate();
    }
    writer.floats("precision", new int[] {2, targets}, precision);
    writer.write(file);
  }

  /** What a file says of one layer. */
  private record Read(float[] mean, float[] deviation, boolean[] mask, float priorVariance) {}

  /**
   * Gives a model the posterior that a file has. Either all of it is taken over or, when an
   * exception is thrown, nothing. ρ comes from the standard deviation, so predictions are those of
   * the saved model but for the rounding of a float.
   *
   * @param file as {@link #save} writes it
   * @param backend that holds the model's parameters
   * @param model of the same layers and as many targets
   * @return the file's metadata
   * @throws InvalidFileException when the file is no such posterior, is broken, has a number that
   *     is not finite, or is of another model; names what and both values
   * @throws IOException when it cannot be read at all
   */
  public static Map<String, String> load(Path file, Backend backend, RegressionModel model)
      throws IOException {
    Map<String, String> metadata;
    List<Read> layers = new ArrayList<>();
    float[] precision;
    int targets = model.precision().size();
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      metadata = reader.metadata();
      PosteriorFiles.require(file, "format", FORMAT, metadata.get("format"));
      for (RegressionModel.Block layer : model.blocks()) {
        layers.add(read(file, reader, layer.block()));
      }
      precision = PosteriorFiles.floats(file, reader, "precision", List.of(2, targets));
    }
    for (float parameter : precision) {
      if (!(parameter > 0)) {
        throw new InvalidFileException(
            file.toString(), -1, "precision has " + parameter + ", expected positive numbers");
      }
    }
    for (int l = 0; l < layers.size(); l++) {
      take(backend, model.blocks().get(l).weights(), layers.get(l));
    }
    for (int m = 0; m < targets; m++) {
      model.precision().set(m, new Gamma(precision[m], precision[targets + m]));
    }
    model.sampling().invalidate();
    return metadata;
  }

  private static Read read(Path file, SafetensorsReader reader, ParameterBlock block) {
    String key = block.layer() + ".weight.prior_variance";
    String prior = String.valueOf(reader.metadata().get(key));
    float variance;
    try {
      variance = Float.parseFloat(prior);
    } catch (NumberFormatException none) {
      variance = Float.NaN;
    }
    if (!(variance > 0 && variance < Float.POSITIVE_INFINITY)) {
      throw new InvalidFileException(
          file.toString(), -1, key + " is " + prior + ", expected a positive number");
    }
    float[] deviation = PosteriorFiles.floats(file, reader, block, ".std");
    for (int i = 0; i < deviation.length; i++) {
      if (!(deviation[i] > 0)) {
        throw new InvalidFileException(
            file.toString(),
            -1,
            block.layer() + " has the standard deviation " + deviation[i] + " at " + i);
      }
    }
    return new Read(
        PosteriorFiles.floats(file, reader, block, ".mean"),
        deviation,
        PosteriorFiles.booleans(file, reader, block),
        variance);
  }

  private static void take(Backend backend, MeanFieldNormal weights, Read read) {
    boolean variance = weights.parameterization() == MeanFieldNormal.Parameterization.VARIANCE;
    float[] rho = new float[read.deviation().length];
    float[] mask = new float[rho.length];
    for (int i = 0; i < rho.length; i++) {
      double deviation = read.deviation()[i];
      rho[i] =
          (float) SpecialFunctions.softplusInverse(variance ? deviation * deviation : deviation);
      mask[i] = read.mask()[i] ? 1 : 0;
    }
    weights.factors().mean().copyFrom(read.mean(), 0);
    weights.factors().rho().copyFrom(rho, 0);
    backend.memory().push(weights.factors().mean());
    backend.memory().push(weights.factors().rho());
    weights.setPriorVariance(read.priorVariance());
    weights.setMask(mask);
  }
}
