package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.WeightSource;
import java.util.List;

/**
 * A network whose weights are w = f(latents) · γ b: for each block of parameters normal factors of
 * b with a mask γ, and further latents that scale them.
 */
public sealed interface VariationalModel extends SampledNetwork permits FlatModel, HorseshoeModel {

  /** Prior, posterior and starting values of a model. */
  sealed interface Config permits FlatModel.Config, HorseshoeModel.Config {}

  /**
   * The base weights of a layer.
   *
   * @param block its place in the network
   * @param posterior of b
   */
  record Weights(ParameterBlock block, MeanFieldNormal posterior) {}

  /** The base weights of each layer, from input to output. */
  List<Weights> weights();

  /** All latents. */
  List<Latent> latents();

  /**
   * New nodes that bring this model's weights into a training step.
   *
   * @param reparameterization how noise enters
   */
  WeightSource trainingDraws(Reparameterization reparameterization);

  /** KL(q‖p) in nats of everything that is still in the model. */
  default double klDivergence() {
    return latents().stream().mapToDouble(Latent::klDivergence).sum();
  }
}
