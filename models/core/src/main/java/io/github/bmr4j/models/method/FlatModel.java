package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Scale;
import io.github.bmr4j.engine.distribution.Gamma;
import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.engine.inference.LocalDraw;
import io.github.bmr4j.engine.inference.MeanFieldLogNormal;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.Sampling;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.WeightSource;
import io.github.bmr4j.models.network.Network;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The flat Bayesian network of Marković, Friston and Kiebel (IEEE Access 2024), non-centred: in
 * layer l the weights, biases included, are w = s_l γ b with b ~ N(0, 1), the mask γ = 1 until a
 * weight is pruned, and one scale a layer, s_l = k c_l with c_l⁻² ~ Gamma(2, 2); k is 1/10 in
 * hidden layers and 1 in the last. Posterior: a normal factor for each b, a log-normal one for each
 * c⁻².
 */
public final class FlatModel implements SampledNetwork {

  /**
   * Prior and starting values. The defaults are the paper's.
   *
   * @param scaleShape shape of the Gamma prior of c⁻²
   * @param scaleRate its rate
   * @param hiddenFactor k of hidden layers
   * @param lastFactor k of the last layer
   * @param initialRange starting means are uniform in (−range, range)
   * @param initialDeviation starting standard deviation of every factor
   */
  public record Config(
      double scaleShape,
      double scaleRate,
      double hiddenFactor,
      double lastFactor,
      double initialRange,
      double initialDeviation) {

    /** The published settings. */
    public static final Config PUBLISHED = new Config(2, 2, 0.1, 1, 2, 0.1);
  }

  /**
   * A layer's parameters.
   *
   * @param block its place in the network
   * @param weights posterior of b
   * @param scale posterior of c⁻²
   * @param factor k
   */
  public record Block(
      ParameterBlock block, MeanFieldNormal weights, MeanFieldLogNormal scale, double factor) {}

  private final Network network;
  private final Sampling sampling;
  private final Map<String, Block> blocks = new LinkedHashMap<>();

  /**
   * A model with starting values.
   *
   * @param backend holds the parameters
   * @param network which
   * @param config prior and starting values
   * @param seed of all its noise
   */
  public FlatModel(Backend backend, Network network, Config config, long seed) {
    this.network = network;
    this.sampling = new Sampling(seed);
    List<ParameterBlock> parameters = network.parameters();
    Gamma prior = new Gamma(config.scaleShape(), config.scaleRate());
    for (int i = 0; i < parameters.size(); i++) {
      ParameterBlock block = parameters.get(i);
      MeanFieldNormal weights =
          new MeanFieldNormal(backend, block.layer(), 2 * i, block.size(), 1, sampling);
      MeanFieldLogNormal scale =
          new MeanFieldLogNormal(backend, block.layer() + ".scale", 2 * i + 1, 1, prior, sampling);
      weights.initialize(config.initialRange(), config.initialDeviation());
      scale.initialize(config.initialRange(), config.initialDeviation());
      boolean last = i == parameters.size() - 1;
      double factor = last ? config.lastFactor() : config.hiddenFactor();
      blocks.put(block.layer(), new Block(block, weights, scale, factor));
    }
  }

  @Override
  public WeightSource draws() {
    return parameters -> {
      Block block = blocks.get(parameters.layer());
      return block.weights().draw(parameters.shape(), scale(block));
    };
  }

  /**
   * New nodes that bring this model's weights into a training step.
   *
   * @param reparameterization how
   */
  public WeightSource draws(Reparameterization reparameterization) {
    WeightSource global = draws();
    return reparameterization == Reparameterization.GLOBAL ? global : new Local(global);
  }

  private final class Local implements WeightSource {

    private final WeightSource global;

    Local(WeightSource global) {
      this.global = global;
    }

    @Override
    public Node weights(ParameterBlock parameters) {
      return global.weights(parameters);
    }

    @Override
    public Node linear(Node x, ParameterBlock parameters) {
      Block block = blocks.get(parameters.layer());
      return LocalDraw.linear(x, block.weights().moments(scale(block)), parameters.rows());
    }
  }

  private static Node scale(Block block) {
    Node logarithm = block.scale().drawLogarithm(Shape.SCALAR);
    Node deviation = new Apply(UnaryFunction.EXP, new Scale(-0.5f, logarithm));
    return new Scale((float) block.factor(), deviation);
  }

  @Override
  public Network network() {
    return network;
  }

  @Override
  public Sampling sampling() {
    return sampling;
  }

  /** The layers' parameters, from input to output. */
  public List<Block> blocks() {
    return List.copyOf(blocks.values());
  }

  /** All latents. */
  public List<Latent> latents() {
    List<Latent> latents = new ArrayList<>();
    for (Block block : blocks.values()) {
      latents.add(block.weights());
      latents.add(block.scale());
    }
    return latents;
  }

  /** KL(q‖p) in nats of everything that is still in the model. */
  public double klDivergence() {
    return latents().stream().mapToDouble(Latent::klDivergence).sum();
  }
}
