package io.github.bmr4j.models.network;

import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.TensorReader;
import io.github.bmr4j.models.layer.BatchNorm;
import io.github.bmr4j.models.layer.ClassToken;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.PatchEmbedding;
import io.github.bmr4j.models.layer.SelfAttention;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Weights of residual networks and vision transformers that PyTorch users have in files, with the
 * names of torchvision and timm, or those of Hugging Face's transformers; which of them is found
 * from the file.
 */
public final class PretrainedWeights {

  private final String file;
  private final TensorReader reader;
  private final boolean huggingFace;

  private PretrainedWeights(String file, TensorReader reader) {
    this.file = file;
    this.reader = reader;
    this.huggingFace =
        reader.contains("vit.embeddings.cls_token")
            || reader.contains("resnet.embedder.embedder.convolution.weight");
  }

  /**
   * Reads the weights of a network.
   *
   * @param path of a safetensors or npz file
   * @param network of {@link ResidualNetworks} or {@link VisionTransformers}
   * @throws InvalidFileException when the file is broken, or a tensor is missing or has another
   *     size; names it
   * @throws IOException when it cannot be read at all
   */
  public static PlainNetwork read(Path path, Network network) throws IOException {
    try (TensorReader reader = TensorReader.open(path)) {
      PretrainedWeights weights = new PretrainedWeights(path.toString(), reader);
      Map<String, float[]> blocks = new HashMap<>();
      for (Layer layer : network.parts()) {
        for (ParameterBlock block : layer.parameters()) {
          blocks.put(block.layer(), weights.block(layer, block));
        }
        if (layer instanceof BatchNorm norm) {
          String name = norm.name() + ".running_";
          blocks.put(
              norm.name() + PlainNetwork.RUNNING,
              joined(
                  weights.tensor(name + "mean", norm.channels()),
                  weights.tensor(name + "var", norm.channels())));
        }
      }
      return new PlainNetwork(network, blocks);
    }
  }

  private float[] block(Layer layer, ParameterBlock block) {
    int weights = block.weightShape().size();
    return switch (layer) {
      case ClassToken token ->
          joined(
              tensor("cls_token", token.width()),
              tensor("pos_embed", (token.tokens() + 1) * token.width()));
      case PatchEmbedding patches ->
          joined(
              pixelsTogether(tensor(block.layer() + ".weight", weights), patches),
              tensor(block.layer() + ".bias", block.rows()));
      case SelfAttention attention when huggingFace && block.equals(attention.projections()) ->
          projections(attention, block);
      default -> {
        float[] values = tensor(block.layer() + ".weight", weights);
        yield block.bias() ? joined(values, tensor(block.layer() + ".bias", block.rows())) : values;
      }
    };
  }

  /** Queries, keys and values, which are three layers there. */
  private float[] projections(SelfAttention attention, ParameterBlock block) {
    String layer = block.layer().substring(0, block.layer().length() - ".qkv".length());
    int rows = block.rows() / 3;
    List<float[]> parts = new ArrayList<>();
    for (String suffix : List.of(".weight", ".bias")) {
      for (String part : List.of(".query", ".key", ".value")) {
        parts.add(
            tensor(
                layer + part + suffix, suffix.equals(".bias") ? rows : rows * attention.width()));
      }
    }
    return joined(parts.toArray(float[][]::new));
  }

  /** From [width, channels, row, column] to [width, row, column, channels]. */
  private static float[] pixelsTogether(float[] weights, PatchEmbedding patches) {
    int area = patches.patch() * patches.patch();
    int channels = patches.channels();
    float[] together = new float[weights.length];
    for (int i = 0; i < weights.length; i++) {
      int pixel = i % area;
      int channel = i / area % channels;
      int unit = i / area / channels;
      together[(unit * area + pixel) * channels + channel] = weights[i];
    }
    return together;
  }

  private static float[] joined(float[]... parts) {
    int length = 0;
    for (float[] part : parts) {
      length += part.length;
    }
    float[] all = new float[length];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  private float[] tensor(String name, int size) {
    String stored = huggingFace ? HuggingFaceNames.of(name) : name;
    if (!reader.contains(stored)) {
      throw new InvalidFileException(
          file, -1, "there is no tensor " + stored + ", which the network needs", null);
    }
    float[] values = reader.readFloats(stored);
    if (values.length != size) {
      throw new InvalidFileException(
          file,
          -1,
          stored
              + " has the shape "
              + reader.entry(stored).shape()
              + ", expected "
              + size
              + " numbers",
          null);
    }
    return values;
  }
}
