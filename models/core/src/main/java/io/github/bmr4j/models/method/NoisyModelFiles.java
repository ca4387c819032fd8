package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.distribution.TruncatedLogNormal;
import io.github.bmr4j.engine.inference.MultiplicativeNoise;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.pruning.StructureLayer;
import io.github.bmr4j.models.pruning.StructurePruning;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A {@link NoisyModel} and what was decided about it as safetensors files. For each layer L, with
 * weights as PyTorch has them:
 *
 * <table>
 * <caption>Tensors of both files</caption>
 * <tr><td>{@code L.weight}, {@code L.bias}</td><td>F32: the points; of convolutions as [filters,
 * inputs of each]</td></tr>
 * <tr><td>{@code L.noise.location}, {@code L.noise.log_scale}</td><td>F32: μ and ln σ of θ of each
 * structure; θ is between the exponentials of the metadata's {@code lower} and {@code
 * upper}</td></tr>
 * <tr><td>{@code L.noise.mean}</td><td>F32: E[θ], 0 for what has left: the factor that a plain
 * network uses</td></tr>
 * <tr><td>{@code L.noise.kept}</td><td>BOOL: whether the structure is in the model</td></tr>
 * <tr><td>{@code L.noise.score}</td><td>in the certificate, F32: what the rule decided by; larger
 * speaks for removal, at the threshold and above</td></tr>
 * </table>
 *
 * <p>Location and scale in the certificate are those at the last decision, from which {@link
 * StructureCertificateCheck} computes the scores again; those of the parameters are from the end of
 * fine-tuning.
 */
public final class NoisyModelFiles {

  /** Value of the metadata's {@code format} in a file with the parameters. */
  public static final String POSTERIOR_FORMAT = "bmr4j-noisy-model-1";

  /** Value of the metadata's {@code format} in a file with the decisions. */
  public static final String CERTIFICATE_FORMAT = "bmr4j-structures-1";

  private NoisyModelFiles() {}

  /**
   * Writes weights and noise, atomically.
   *
   * @param file its folder must exist
   * @param backend that holds the parameters
   * @param model whose
   * @param metadata further entries, no key of which is used here
   * @throws IOException if it cannot be written
   */
  public static void save(
      Path file, Backend backend, NoisyModel model, Map<String, String> metadata)
      throws IOException {
    SafetensorsWriter writer = writer(POSTERIOR_FORMAT, model, metadata);
    for (ParameterBlock block : model.network().parameters()) {
      var values = model.weights(block.layer()).values();
      backend.memory().pull(values);
      float[] all = values.toArray();
      int weights = block.rows() * block.columns();
      writer.floats(
          block.layer() + ".weight",
          new int[] {block.rows(), block.columns()},
          Arrays.copyOf(all, weights));
      if (block.bias()) {
        writer.floats(
            block.layer() + ".bias",
            new int[] {block.rows()},
            Arrays.copyOfRange(all, weights, all.length));
      }
    }
    model.structures().forEach(layer -> noise(writer, layer));
    writer.write(file);
  }

  /**
   * Writes the noise and the scores that the last decision was made by, atomically.
   *
   * @param file its folder must exist
   * @param model whose
   * @param pruning that decided
   * @param decision the last one
   * @param metadata further entries, no key of which is used here
   * @throws IOException if it cannot be written
   */
  public static void saveCertificate(
      Path file,
      NoisyModel model,
      StructurePruning pruning,
      StructurePruning.Decision decision,
      Map<String, String> metadata)
      throws IOException {
    SafetensorsWriter writer =
        writer(CERTIFICATE_FORMAT, model, metadata)
            .metadata("rule", pruning.rule().name())
            .metadata("threshold", Double.toString(pruning.rule().threshold()));
    List<StructureLayer> layers = model.structures();
    for (int l = 0; l < layers.size(); l++) {
      StructureLayer layer = layers.get(l);
      double[] logScales = Arrays.stream(decision.scales().get(l)).map(Math::log).toArray();
      floats(writer, layer, "location", decision.locations().get(l));
      floats(writer, layer, "log_scale", logScales);
      floats(writer, layer, "mean", means(layer.noise()));
      floats(writer, layer, "score", decision.scores().get(l));
      writer.booleans(name(layer, "kept"), new int[] {logScales.length}, layer.kept());
    }
    writer.write(file);
  }

  private static void floats(
      SafetensorsWriter writer, StructureLayer layer, String what, double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    writer.floats(name(layer, what), new int[] {narrow.length}, narrow);
  }

  private static SafetensorsWriter writer(
      String format, NoisyModel model, Map<String, String> metadata) {
    var prior = model.structures().get(0).noise().prior();
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata("format", format)
            .metadata("lower", Double.toString(prior.lower()))
            .metadata("upper", Double.toString(prior.upper()));
    metadata.forEach(writer::metadata);
    return writer;
  }

  private static void noise(SafetensorsWriter writer, StructureLayer layer) {
    MultiplicativeNoise noise = layer.noise();
    int n = noise.size();
    double[] location = new double[n];
    double[] logScale = new double[n];
    for (int i = 0; i < n; i++) {
      TruncatedLogNormal q = noise.posterior(i);
      location[i] = q.location();
      logScale[i] = Math.log(q.scale());
    }
    floats(writer, layer, "location", location);
    floats(writer, layer, "log_scale", logScale);
    floats(writer, layer, "mean", means(noise));
    writer.booleans(name(layer, "kept"), new int[] {n}, layer.kept());
  }

  private static double[] means(MultiplicativeNoise noise) {
    double[] means = new double[noise.size()];
    for (int i = 0; i < means.length; i++) {
      means[i] = noise.isKept(i) ? noise.posterior(i).mean() : 0;
    }
    return means;
  }

  private static String name(StructureLayer layer, String what) {
    return layer.block().layer() + ".noise." + what;
  }
}
