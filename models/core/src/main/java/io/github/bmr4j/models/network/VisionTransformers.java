package io.github.bmr4j.models.network;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.ClassToken;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.FirstToken;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.LayerNorm;
import io.github.bmr4j.models.layer.PatchEmbedding;
import io.github.bmr4j.models.layer.Residual;
import io.github.bmr4j.models.layer.SelfAttention;
import java.util.ArrayList;
import java.util.List;

/**
 * Vision transformers (Dosovitskiy et al.: An image is worth 16×16 words, 2021) with timm's names
 * of layers.
 */
public final class VisionTransformers {

  private VisionTransformers() {}

  /**
   * The sizes of a vision transformer.
   *
   * @param name for instance {@code vit_base_patch16_224}
   * @param size height and width of images with three channels, a multiple of the patch
   * @param patch height and width of the squares that become tokens
   * @param width of a token
   * @param depth number of blocks
   * @param heads of the attention
   * @param hidden units of the perceptron in a block
   * @param outputs number of classes
   * @param epsilon what normalisations add to the variance: 10⁻⁶ in timm, 10⁻¹² in Hugging Face's
   *     configuration
   */
  public record Config(
      String name,
      int size,
      int patch,
      int width,
      int depth,
      int heads,
      int hidden,
      int outputs,
      float epsilon) {

    /** ViT-B/16: 86,567,656 parameters with 1,000 classes. */
    public static Config base16(int outputs) {
      return new Config("vit_base_patch16_224", 224, 16, 768, 12, 12, 3072, outputs, 1e-6f);
    }
  }

  /** The network of these sizes. */
  public static Network of(Config config) {
    int side = config.size() / config.patch();
    int width = config.width();
    List<Layer> layers = new ArrayList<>();
    layers.add(new PatchEmbedding("patch_embed.proj", config.patch(), 3, width));
    layers.add(new ClassToken("embeddings", side * side, width));
    for (int i = 0; i < config.depth(); i++) {
      String block = "blocks." + i;
      layers.add(
          new Residual(
              new LayerNorm(block + ".norm1", width, config.epsilon()),
              new SelfAttention(block + ".attn", width, config.heads())));
      if (i == config.depth() - 1) {
        // What follows works on each token by itself, and only this one's result is used.
        layers.add(new FirstToken());
      }
      layers.add(
          new Residual(
              new LayerNorm(block + ".norm2", width, config.epsilon()),
              new Dense(block + ".mlp.fc1", width, config.hidden()),
              new Activation(UnaryFunction.GELU),
              new Dense(block + ".mlp.fc2", config.hidden(), width)));
    }
    layers.add(new LayerNorm("norm", width, config.epsilon()));
    layers.add(new Dense("head", width, config.outputs()));
    return new Network(config.name(), Shape.of(3, config.size(), config.size()), layers);
  }
}
