package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Scale;
import io.github.bmr4j.engine.distribution.Gamma;
import io.github.bmr4j.engine.inference.Dropout;
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
 * c⁻²; or a point for each of them; or one normal for all b of an output unit.
 */
public final class FlatModel implements VariationalModel {

  /**
   * Prior and starting values. The defaults are the paper's.
   *
   * @param scaleShape shape of the Gamma prior of c⁻²
   * @param scaleRate its rate
   * @param hiddenFactor k of hidden layers
   * @param lastFactor k of the last layer
   * @param initialRange starting means are uniform in (−range, range); points start at the median
   *     of 15 draws from the prior instead, as NumPyro does it
   * @param initialDeviation starting standard deviation of every factor
   * @param posterior what each factor is; c⁻² has a log-normal one unless all are points
   */
  public record Config(
      double scaleShape,
      double scaleRate,
      double hiddenFactor,
      double lastFactor,
      double initialRange,
      double initialDeviation,
      Latent.Posterior posterior)
      implements VariationalModel.Config {

    /** The published settings. */
    public static final Config PUBLISHED =
        new Config(2, 2, 0.1, 1, 2, 0.1, Latent.Posterior.NORMAL);

    /**
     * Memory for the covariances of a posterior in which weights depend on each other, with what
     * trains them, in bytes; 0 if they do not.
     *
     * @param network of which weights
     */
    public double covarianceBytes(Network network) {
      double numbers = 0;
      for (ParameterBlock block : network.parameters()) {
        double width = block.columns() + (block.bias() ? 1 : 0);
        int groups = posterior == Latent.Posterior.MATRIX_NORMAL ? 1 : block.rows();
        numbers += groups * width * (width - 1) / 2;
      }
      return posterior.isCorrelated() ? 16 * numbers : 0;
    }

    /** These settings with another form of the posterior. */
    public Config withPosterior(Latent.Posterior other) {
      return new Config(
          scaleShape, scaleRate, hiddenFactor, lastFactor, initialRange, initialDeviation, other);
    }
  }

  /** Draws from the prior of which a point starts at the median. */
  private static final int INITIAL_DRAWS = 15;

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
          new MeanFieldNormal(
              backend, block.layer(), 2 * i, block.size(), 1, sampling, config.posterior());
      if (config.posterior().isCorrelated()) {
        weights.correlateRows(block.rows(), block.columns(), block.bias());
      }
      Latent.Posterior single =
          config.posterior() == Latent.Posterior.POINT
              ? Latent.Posterior.POINT
              : Latent.Posterior.NORMAL;
      MeanFieldLogNormal scale =
          new MeanFieldLogNormal(
              backend, block.layer() + ".scale", 2 * i + 1, 1, prior, sampling, single);
      initialize(weights, config);
      initialize(scale, config);
      boolean last = i == parameters.size() - 1;
      double factor = last ? config.lastFactor() : config.hiddenFactor();
      blocks.put(block.layer(), new Block(block, weights, scale, factor));
    }
  }

  private static void initialize(Latent latent, Config config) {
    if (config.posterior() == Latent.Posterior.POINT) {
      latent.initializeFromPrior(INITIAL_DRAWS, config.initialDeviation());
    } else {
      latent.initialize(config.initialRange(), config.initialDeviation());
    }
  }

  @Override
  public WeightSource draws() {
    return parameters -> {
      Block block = blocks.get(parameters.layer());
      return block.weights().draw(parameters.shape(), scale(block));
    };
  }

  @Override
  public WeightSource trainingDraws(Reparameterization reparameterization) {
    return new TrainingDraws(reparameterization);
  }

  private final class TrainingDraws implements WeightSource {

    private final WeightSource global = draws();
    private final Reparameterization reparameterization;

    TrainingDraws(Reparameterization reparameterization) {
      this.reparameterization = reparameterization;
    }

    @Override
    public Node weights(ParameterBlock parameters) {
      return global.weights(parameters);
    }

    @Override
    public Node linear(Node x, ParameterBlock parameters) {
      if (reparameterization == Reparameterization.GLOBAL) {
        return global.linear(x, parameters);
      }
      Block block = blocks.get(parameters.layer());
      return LocalDraw.linear(x, block.weights().moments(scale(block)), parameters.rows());
    }

    @Override
    public Node dropout(Node x, io.github.bmr4j.models.layer.Dropout layer) {
      // Behind the streams of the latents, two a block.
      return new Dropout(x, layer.rate(), 2 * blocks.size() + layer.index(), sampling);
    }
  }

  private static Node scale(Block block) {
    Node logarithm = block.scale().drawLogarithm(Shape.SCALAR);
    Node deviation = new Apply(UnaryFunction.EXP, new Scale(-0.5f, logarithm));
    return new Scale((float) block.factor(), deviation);
  }

  /** What each factor of the posterior is. */
  public Latent.Posterior posterior() {
    return blocks.values().iterator().next().weights().posterior();
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

  @Override
  public List<Weights> weights() {
    return blocks.values().stream()
        .map(block -> new Weights(block.block(), block.weights()))
        .toList();
  }

  @Override
  public List<Latent> latents() {
    List<Latent> latents = new ArrayList<>();
    for (Block block : blocks.values()) {
      latents.add(block.weights());
      latents.add(block.scale());
    }
    return latents;
  }
}
