package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.Sampling;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A model's weights as a plain network computes with them. */
final class DrawnWeights {

  private DrawnWeights() {}

  /**
   * At the posterior's mean, then under draws.
   *
   * @param sampling of the model
   * @param blocks of parameters, by their names
   * @param posterior of a block
   * @param samples number of draws
   * @return for each block, by its name, the values of {@code samples} + 1 sets
   */
  static <B> Map<String, List<float[]>> of(
      Sampling sampling,
      Map<String, B> blocks,
      Function<B, MeanFieldNormal> posterior,
      int samples) {
    Map<String, List<float[]>> weights = new LinkedHashMap<>();
    blocks.keySet().forEach(name -> weights.put(name, new ArrayList<>()));
    for (int set = 0; set <= samples; set++) {
      if (set == 0) {
        sampling.posteriorMean();
      } else {
        sampling.prediction(set - 1);
      }
      blocks.forEach((name, block) -> weights.get(name).add(posterior.apply(block).drawn()));
    }
    return weights;
  }
}
