package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.distribution.Gamma;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.io.IOException;
import java.nio.file.Path;
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
}
