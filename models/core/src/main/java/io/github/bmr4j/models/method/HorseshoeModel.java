package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Add;
import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.HorseshoeScale;
import io.github.bmr4j.engine.autodiff.Multiply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.RepeatRows;
import io.github.bmr4j.engine.autodiff.Scale;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.distribution.Gamma;
import io.github.bmr4j.engine.inference.Latent;
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
 * The Bayesian network with a regularised horseshoe prior of Marković, Friston and Kiebel (IEEE
 * Access 2024): the weights of output unit i, its bias included, are w = γ_i b with b ~ N(0, 1) and
 * γ_i² = c² ν_i²/(c² + ν_i²). In hidden layers c⁻² ~ Gamma(2, 6) and ν_i² = τ₀² (z₀/z₁) (v_i/u_i),
 * each of z₀, z₁, u_i and v_i a Gamma(½, 1), so that ν_i is τ₀ times two half-Cauchy factors; a
 * layer of one unit has no z. In the last layer γ = √(z₀/z₁), half-Cauchy. Posterior: a normal
 * factor for each b, a log-normal one for each other quantity.
 */
public final class HorseshoeModel implements VariationalModel {

  /** Over what the horseshoe's innermost scales are shared. */
  public enum LocalScales {
    /** Over the weights of an output unit, as in the published experiments. */
    ROWS,
    /** Over nothing: ν_ij² has a further pair of Gamma variables for each weight. */
    WEIGHTS
  }

  /**
   * Prior and starting values.
   *
   * @param slabShape shape of the Gamma prior of c⁻²
   * @param slabRate its rate
   * @param halfShape shape of the Gamma priors of the horseshoe's variables
   * @param globalScale τ₀
   * @param localScales over what the innermost scales are shared
   * @param initialRange starting means are uniform in (−range, range)
   * @param initialDeviation starting standard deviation of every factor
   */
  public record Config(
      double slabShape,
      double slabRate,
      double halfShape,
      double globalScale,
      LocalScales localScales,
      double initialRange,
      double initialDeviation)
      implements VariationalModel.Config {

    /** The published settings. */
    public static final Config PUBLISHED = new Config(2, 6, 0.5, 1e-2, LocalScales.ROWS, 2, 0.1);

    /** These settings with innermost scales that are shared otherwise. */
    public Config withLocalScales(LocalScales other) {
      return new Config(
          slabShape, slabRate, halfShape, globalScale, other, initialRange, initialDeviation);
    }
  }

  /**
   * The scales of a layer.
   *
   * @param slab posterior of c⁻²; null in the last layer
   * @param numerators posteriors of what ν² is proportional to
   * @param denominators posteriors of what it is divided by
   */
  private record Scales(
      MeanFieldLogNormal slab,
      List<MeanFieldLogNormal> numerators,
      List<MeanFieldLogNormal> denominators) {}

  private final Network network;
  private final Config config;
  private final Sampling sampling;
  private final Map<String, Weights> weights = new LinkedHashMap<>();
  private final Map<String, Scales> scales = new LinkedHashMap<>();
  private final List<Latent> latents = new ArrayList<>();

  /**
   * A model with starting values.
   *
   * @param backend holds the parameters
   * @param network which
   * @param config prior and starting values
   * @param seed of all its noise
   */
  public HorseshoeModel(Backend backend, Network network, Config config, long seed) {
    this.network = network;
    this.config = config;
    this.sampling = new Sampling(seed);
    List<ParameterBlock> blocks = network.parameters();
    for (int l = 0; l < blocks.size(); l++) {
      ParameterBlock block = blocks.get(l);
      MeanFieldNormal base =
          new MeanFieldNormal(backend, block.layer(), latents.size(), block.size(), 1, sampling);
      latents.add(base);
      weights.put(block.layer(), new Weights(block, base));
      scales.put(block.layer(), scales(backend, block, l == blocks.size() - 1));
    }
    for (Latent latent : latents) {
      latent.initialize(config.initialRange(), config.initialDeviation());
    }
  }

  private Scales scales(Backend backend, ParameterBlock block, boolean last) {
    List<MeanFieldLogNormal> numerators = new ArrayList<>();
    List<MeanFieldLogNormal> denominators = new ArrayList<>();
    Gamma half = new Gamma(config.halfShape(), 1);
    if (last || block.rows() > 1) {
      numerators.add(latent(backend, block, "z0", 1, half));
      denominators.add(latent(backend, block, "z1", 1, half));
    }
    if (last) {
      return new Scales(null, numerators, denominators);
    }
    numerators.add(latent(backend, block, "v", block.rows(), half));
    denominators.add(latent(backend, block, "u", block.rows(), half));
    if (config.localScales() == LocalScales.WEIGHTS) {
      numerators.add(latent(backend, block, "weights.v", block.size(), half));
      denominators.add(latent(backend, block, "weights.u", block.size(), half));
    }
    Gamma slab = new Gamma(config.slabShape(), config.slabRate());
    return new Scales(latent(backend, block, "slab", 1, slab), numerators, denominators);
  }

  private MeanFieldLogNormal latent(
      Backend backend, ParameterBlock block, String what, int size, Gamma prior) {
    String name = block.layer() + "." + what;
    MeanFieldLogNormal latent =
        new MeanFieldLogNormal(backend, name, latents.size(), size, prior, sampling);
    latents.add(latent);
    return latent;
  }

  @Override
  public WeightSource draws() {
    return parameters -> {
      MeanFieldNormal base = weights.get(parameters.layer()).posterior();
      Scales layer = scales.get(parameters.layer());
      if (layer.slab() == null) {
        return base.draw(parameters.shape(), lastScale(layer));
      }
      Node drawn = base.draw(parameters.shape(), null);
      return new Multiply(scale(parameters, layer), drawn);
    };
  }

  /** √(z₀/z₁). */
  private static Node lastScale(Scales layer) {
    Node numerator = logarithm(layer.numerators().get(0));
    Node denominator = new Scale(-1, logarithm(layer.denominators().get(0)));
    Node half = new Scale(0.5f, new Add(numerator, denominator));
    return View.reshape(new Apply(UnaryFunction.EXP, half), Shape.SCALAR);
  }

  /** γ of each parameter. */
  private Node scale(ParameterBlock block, Scales layer) {
    boolean each = config.localScales() == LocalScales.WEIGHTS;
    HorseshoeScale scale =
        new HorseshoeScale(
            config.globalScale(),
            logarithm(layer.slab()),
            layer.numerators().stream().map(HorseshoeModel::logarithm).toList(),
            layer.denominators().stream().map(HorseshoeModel::logarithm).toList(),
            block.rows(),
            each ? block.columns() : 0,
            !each || block.bias());
    return each ? scale : new RepeatRows(scale, block.columns(), block.bias());
  }

  private static Node logarithm(MeanFieldLogNormal latent) {
    return latent.drawLogarithm(Shape.of(latent.size()));
  }

  /**
   * @throws IllegalArgumentException if noise is to enter locally: the weights of a unit share
   *     their scale, so their sum is not normal
   */
  @Override
  public WeightSource trainingDraws(Reparameterization reparameterization) {
    if (reparameterization == Reparameterization.LOCAL) {
      throw new IllegalArgumentException(
          "A horseshoe prior has scales that the weights of a unit share, so noise enters by the"
              + " global reparameterization only");
    }
    return draws();
  }

  @Override
  public Network network() {
    return network;
  }

  @Override
  public Sampling sampling() {
    return sampling;
  }

  @Override
  public List<Weights> weights() {
    return List.copyOf(weights.values());
  }

  @Override
  public List<Latent> latents() {
    return List.copyOf(latents);
  }
}
