package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.MomentApply;
import io.github.bmr4j.engine.autodiff.MomentLinear;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.distribution.ActivationMoments;
import io.github.bmr4j.engine.distribution.Gamma;
import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.inference.GammaPrecision;
import io.github.bmr4j.engine.inference.LocalDraw;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.MeanFieldNormal.Parameterization;
import io.github.bmr4j.engine.inference.Moments;
import io.github.bmr4j.engine.inference.Sampling;
import io.github.bmr4j.engine.random.Streams;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.RecurrentOperations;
import io.github.bmr4j.models.layer.WeightSource;
import io.github.bmr4j.models.network.Network;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Bayesian regression as in Beckers et al. (Principled pruning of Bayesian neural networks through
 * variational free energy minimization, IEEE OJSP 2024): weights and biases with independent priors
 * N(0, v), outputs with independent normal noise of precision τ_m ~ Gamma(1, 1), and a factor of
 * the posterior for each of them.
 */
public final class RegressionModel {

  /**
   * Prior and starting values.
   *
   * @param scheme how expectations are computed
   * @param priorVariance v
   * @param inputVariance variance of each input in variance backpropagation
   * @param initialSpread standard deviation of the starting values of μ and ρ around 0 and the
   *     prior
   * @param published whether the slips of the published code are kept: the squared variance in the
   *     moments of sigmoid and tanh, the recurrent cells' terms, and the likelihood's constant that
   *     counts once for each output
   * @param heteroscedastic whether the noise varies with x: its precision is then τ_m ρ_m(x), and
   *     the network's second half of outputs says ln ρ ({@link #MOST_LOG_RATIO})
   */
  public record Config(
      InferenceScheme scheme,
      double priorVariance,
      double inputVariance,
      double initialSpread,
      boolean published,
      boolean heteroscedastic) {

    /**
     * Bound c of heteroscedastic noise: ln ρ = c tanh(output). So its standard deviation stays
     * within factors of e^±1.5 = 4.5 from τ^−½, and E ρ is finite whatever the weights are.
     */
    public static final double MOST_LOG_RATIO = 3;

    /** The published settings of a scheme, with the corrected mathematics. */
    public static Config of(InferenceScheme scheme) {
      return new Config(scheme, 1, 1e-3, scheme.isSampled() ? 0 : 0.01, false, false);
    }

    /** These settings with the slips of the published code. */
    public Config withPublishedSlips() {
      return new Config(scheme, priorVariance, inputVariance, initialSpread, true, heteroscedastic);
    }

    /** These settings with noise that varies with x. */
    public Config withHeteroscedasticNoise() {
      return new Config(scheme, priorVariance, inputVariance, initialSpread, published, true);
    }

    /** Outputs that a network needs for a number of targets. */
    public int outputs(int targets) {
      return heteroscedastic ? 2 * targets : targets;
    }
  }

  /**
   * A layer's parameters.
   *
   * @param block its place in the network
   * @param weights their posterior
   */
  public record Block(ParameterBlock block, MeanFieldNormal weights) {}

  /** The activations that variance backpropagation has moments of. */
  public static final Set<UnaryFunction> PROPAGATED =
      Set.of(UnaryFunction.RELU, UnaryFunction.SIGMOID, UnaryFunction.TANH);

  private final Network network;
  private final Config config;
  private final Sampling sampling;
  private final Map<String, Block> blocks = new LinkedHashMap<>();
  private final GammaPrecision precision;

  /**
   * A model with starting values.
   *
   * @param backend holds the parameters
   * @param network with {@link Config#outputs} for its targets
   * @param config prior and starting values
   * @param seed of all its noise
   * @throws IllegalArgumentException if heteroscedastic noise has an odd number of outputs
   */
  public RegressionModel(Backend backend, Network network, Config config, long seed) {
    int outputs = network.output().size();
    if (config.heteroscedastic() && outputs % 2 != 0) {
      throw new IllegalArgumentException(
          "Heteroscedastic noise needs two outputs for each target, but the network has "
              + outputs);
    }
    this.network = network;
    this.config = config;
    this.sampling = new Sampling(seed);
    Parameterization parameterization =
        config.scheme().isSampled() ? Parameterization.DEVIATION : Parameterization.VARIANCE;
    List<ParameterBlock> parameters = network.parameters();
    for (int i = 0; i < parameters.size(); i++) {
      ParameterBlock block = parameters.get(i);
      MeanFieldNormal weights =
          new MeanFieldNormal(
              backend,
              block.layer(),
              i,
              block.size(),
              config.priorVariance(),
              sampling,
              parameterization);
      initialize(backend, weights, i, seed);
      if (config.heteroscedastic() && i == parameters.size() - 1) {
        narrowNoise(backend, weights, block);
      }
      blocks.put(block.layer(), new Block(block, weights));
    }
    this.precision =
        new GammaPrecision(
            backend,
            "precision",
            config.heteroscedastic() ? outputs / 2 : outputs,
            new Gamma(1, 1),
            sampling);
  }

  /** μ around 0 and ρ around the prior. */
  private void initialize(Backend backend, MeanFieldNormal weights, int index, long seed) {
    double spread =
        weights.parameterization() == Parameterization.VARIANCE
            ? config.priorVariance()
            : Math.sqrt(config.priorVariance());
    double rho = SpecialFunctions.softplusInverse(spread);
    start(backend, weights.factors().mean(), seed, index, 0, 0);
    start(backend, weights.factors().rho(), seed, index, 1, rho);
  }

  /**
   * Weights into the second half of outputs start a tenth as wide: else the noise of the first
   * steps, exponential in them, drowns the data, and global draws and propagated moments do not
   * recover.
   */
  private void narrowNoise(Backend backend, MeanFieldNormal weights, ParameterBlock block) {
    Slice rho = weights.factors().rho();
    boolean variance = weights.parameterization() == Parameterization.VARIANCE;
    backend.memory().pull(rho);
    int bias = block.rows() * block.columns();
    for (int i = 0; i < rho.length(); i++) {
      int row = i < bias ? i / block.columns() : i - bias;
      if (row >= block.rows() / 2) {
        double spread = SpecialFunctions.softplus(rho.get(i)) * (variance ? 0.01 : 0.1);
        rho.set(i, (float) SpecialFunctions.softplusInverse(spread));
      }
    }
    backend.memory().push(rho);
  }

  private void start(
      Backend backend, Slice values, long seed, int index, long step, double center) {
    backend.noise().normal(seed, Streams.of(Streams.Purpose.INITIALIZATION, index), step, values);
    backend.memory().pull(values);
    for (int i = 0; i < values.length(); i++) {
      values.set(i, (float) (center + config.initialSpread() * values.get(i)));
    }
    backend.memory().push(values);
  }

  /** New nodes that bring this model's weights into one graph, by the model's scheme. */
  WeightSource source() {
    return switch (config.scheme()) {
      case GLOBAL -> new Global();
      case LOCAL -> new Local();
      case VARIANCE_BACKPROPAGATION -> new Propagated();
    };
  }

  private final class Global implements WeightSource {
    @Override
    public Node weights(ParameterBlock block) {
      return latent(block).draw(block.shape(), null);
    }
  }

  private final class Local implements WeightSource {
    @Override
    public Node weights(ParameterBlock block) {
      throw new IllegalArgumentException(
          "Layer " + block.layer() + " cannot be reparameterised locally; use the global scheme");
    }

    @Override
    public Node linear(Node x, ParameterBlock block) {
      return LocalDraw.linear(x, latent(block).moments(null), block.rows());
    }

    @Override
    public RecurrentOperations recurrence() {
      return new LocalRecurrence(RegressionModel.this::latent, config.published());
    }
  }

  private final class Propagated implements WeightSource {
    @Override
    public Node weights(ParameterBlock block) {
      throw new IllegalArgumentException(
          "Variance backpropagation does not know layer " + block.layer());
    }

    @Override
    public Node linear(Node x, ParameterBlock block) {
      Moments moments = latent(block).moments(null);
      Shape weights = Shape.of(block.rows(), block.columns());
      Shape bias = Shape.of(block.rows());
      return new MomentLinear(
          x,
          moments.means(0, weights),
          moments.variances(0, weights),
          moments.means(weights.size(), bias),
          moments.variances(weights.size(), bias));
    }

    @Override
    public Node apply(UnaryFunction function, Node x) {
      return new MomentApply(moments(function), x);
    }

    @Override
    public RecurrentOperations recurrence() {
      return new PropagatedRecurrence(
          RegressionModel.this::latent, RegressionModel.this::moments, config.published());
    }
  }

  private MeanFieldNormal latent(ParameterBlock block) {
    return blocks.get(block.layer()).weights();
  }

  ActivationMoments moments(UnaryFunction function) {
    return switch (function) {
      case RELU -> ActivationMoments.RELU;
      case SIGMOID ->
          config.published() ? ActivationMoments.SIGMOID_PUBLISHED : ActivationMoments.SIGMOID;
      case TANH -> config.published() ? ActivationMoments.TANH_PUBLISHED : ActivationMoments.TANH;
      default ->
          throw new IllegalArgumentException(
              "Variance backpropagation knows relu, sigmoid and tanh, but not " + function);
    };
  }

  /** The network. */
  public Network network() {
    return network;
  }

  /** Prior and starting values. */
  public Config config() {
    return config;
  }

  /** Which draw all graphs of this model compute with. */
  public Sampling sampling() {
    return sampling;
  }

  /** The layers' parameters, from input to output. */
  public List<Block> blocks() {
    return new ArrayList<>(blocks.values());
  }

  /** The noise precisions. */
  public GammaPrecision precision() {
    return precision;
  }

  /**
   * E 1/τ of each target, the noise's variance in predictions. It is finite above shape 1 only;
   * below there is as good as no data.
   */
  public double[] noiseVariances() {
    double[] variances = new double[precision.size()];
    for (int m = 0; m < variances.length; m++) {
      Gamma noise = precision.posterior(m);
      variances[m] = noise.rate() / Math.max(noise.shape() - 1, 1e-3);
    }
    return variances;
  }

  /**
   * The weights as a plain network computes with them: at the posterior's mean, then under draws,
   * whatever the scheme.
   *
   * @param samples number of draws
   * @return for each block of parameters, by its name, the values of {@code samples} + 1 sets
   */
  public Map<String, List<float[]>> drawn(int samples) {
    return DrawnWeights.of(sampling, blocks, Block::weights, samples);
  }

  /** KL(q‖p) of the weights in the model, in nats. */
  public double weightDivergence() {
    return blocks.values().stream().mapToDouble(b -> b.weights().klDivergence()).sum();
  }
}
