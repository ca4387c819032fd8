package io.github.bmr4j.models.network;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How tensors of timm's names are called in files of Hugging Face's transformers. */
final class HuggingFaceNames {

  private static final Pattern RESIDUAL_BLOCK =
      Pattern.compile("layer(\\d+)\\.(\\d+)\\.(conv|bn|downsample\\.)(\\d)\\.(.*)");

  private static final Map<String, String> BEGINNINGS = new LinkedHashMap<>();

  /** What is inside a block of a transformer. */
  private static final Map<String, String> INSIDE = new LinkedHashMap<>();

  static {
    BEGINNINGS.put("cls_token", "vit.embeddings.cls_token");
    BEGINNINGS.put("pos_embed", "vit.embeddings.position_embeddings");
    BEGINNINGS.put("patch_embed.proj.", "vit.embeddings.patch_embeddings.projection.");
    BEGINNINGS.put("norm.", "vit.layernorm.");
    BEGINNINGS.put("head.", "classifier.");
    BEGINNINGS.put("conv1.", "resnet.embedder.embedder.convolution.");
    BEGINNINGS.put("bn1.", "resnet.embedder.embedder.normalization.");
    BEGINNINGS.put("fc.", "classifier.1.");
    INSIDE.put("norm1.", "layernorm_before.");
    INSIDE.put("norm2.", "layernorm_after.");
    INSIDE.put("attn.proj.", "attention.output.dense.");
    INSIDE.put("attn.", "attention.attention.");
    INSIDE.put("mlp.fc1.", "intermediate.dense.");
    INSIDE.put("mlp.fc2.", "output.dense.");
  }

  private HuggingFaceNames() {}

  static String of(String name) {
    if (name.startsWith("blocks.")) {
      int end = name.indexOf('.', "blocks.".length()) + 1;
      String layer = "vit.encoder.layer." + name.substring("blocks.".length(), end);
      return layer + replaced(INSIDE, name.substring(end));
    }
    Matcher block = RESIDUAL_BLOCK.matcher(name);
    return block.matches() ? residual(block) : replaced(BEGINNINGS, name);
  }

  private static String residual(Matcher block) {
    int stage = Integer.parseInt(block.group(1)) - 1;
    int number = Integer.parseInt(block.group(4));
    boolean shortcut = block.group(3).equals("downsample.");
    boolean convolution = shortcut ? number == 0 : block.group(3).equals("conv");
    return "resnet.encoder.stages."
        + stage
        + ".layers."
        + block.group(2)
        + (shortcut ? ".shortcut." : ".layer." + (number - 1) + ".")
        + (convolution ? "convolution." : "normalization.")
        + block.group(5);
  }

  private static String replaced(Map<String, String> names, String name) {
    for (Map.Entry<String, String> entry : names.entrySet()) {
      if (name.startsWith(entry.getKey())) {
        return entry.getValue() + name.substring(entry.getKey().length());
      }
    }
    return name;
  }
}
