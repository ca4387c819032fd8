package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Linear;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.distribution.ScaleMixture;
import io.github.bmr4j.engine.inference.GatedMoments;
import io.github.bmr4j.engine.inference.Gates;
import io.github.bmr4j.engine.inference.LocalDraw;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.MixturePrior;
import io.github.bmr4j.engine.inference.Moments;
import io.github.bmr4j.engine.inference.NoisePrecision;
import io.github.bmr4j.engine.inference.Sampling;
import io.github.bmr4j.engine.random.Streams;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.WeightSource;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.pruning.InclusionReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A fully connected network with a spike-and-slab prior on its weights, q(w) = N(μ, σ²) for each,
 * biases under the slab alone, and for real targets a learned noise precision. Layers are
 * reparameterised locally, in training and in prediction.
 */
public final class SpikeAndSlabModel {

  /** What is done with the indicators of slab or spike. */
  public enum Indicators {
    /** There are none: the slab is the prior. For comparison, and for model reduction. */
    NONE,
    /** Summed out; the divergence is sampled (Blundell et al. 2015). */
    SAMPLED,
    /** Collapsed, one for each weight. */
    COLLAPSED,
    /** Collapsed, one for all outgoing weights of a unit or input feature. */
    COLLAPSED_NODES,
    /** The spike is at zero exactly; one in the posterior for each weight (Bai et al. 2020). */
    DIRAC_EDGES,
    /** Likewise, one for each hidden unit's incoming weights (Jantre et al. 2023). */
    DIRAC_NODES;

    /** Whether the spike is at zero exactly. */
    public boolean isDirac() {
      return this == DIRAC_EDGES || this == DIRAC_NODES;
    }
  }

  /**
   * Pre-activations of hidden units start with half the usual spread, and biases anywhere within
   * ±1: what has no effect on average, such as a square or a product, is only seen by a unit whose
   * activation is bent where the data are.
   */
  private static final double HIDDEN_RANGE = 0.5;

  /** φ of an indicator that is kept in the posterior, at the start; as in both papers' code. */
  private static final double OPEN = 0.99;

  private record Block(
      ParameterBlock block,
      int index,
      MeanFieldNormal weights,
      MixturePrior mixture,
      Gates gates) {}

  private final Backend backend;
  private final Network network;
  private final Sampling sampling;
  private final Indicators indicators;
  private final NoisePrecision noise;
  private final Map<String, Block> blocks = new LinkedHashMap<>();
  private final double initialDeviation;
  private final long seed;
  private ScaleMixture mixture;
  private boolean reduced;

  /**
   * A model with starting values: means uniform within ±√(3/inputs), half of that in hidden layers,
   * whose biases are uniform within ±1.
   *
   * @param backend holds the parameters
   * @param network of dense layers
   * @param indicators what is done with γ
   * @param mixture prior of each weight; with a spike at zero only its π and its slab count
   * @param initialDeviation starting σ
   * @param realTargets whether there is observation noise
   * @param seed of all noise
   */
  public SpikeAndSlabModel(
      Backend backend,
      Network network,
      Indicators indicators,
      ScaleMixture mixture,
      double initialDeviation,
      boolean realTargets,
      long seed) {
    this.backend = backend;
    this.network = network;
    this.indicators = indicators;
    this.mixture = mixture;
    this.initialDeviation = initialDeviation;
    this.seed = seed;
    this.sampling = new Sampling(seed);
    this.noise = realTargets ? new NoisePrecision(backend, network.output().size(), 1) : null;
    List<ParameterBlock> parameters = network.parameters();
    for (int i = 0; i < parameters.size(); i++) {
      ParameterBlock block = parameters.get(i);
      boolean last = i == parameters.size() - 1;
      blocks.put(block.layer(), block(block, i, last));
      redraw(blocks.get(block.layer()), null, last ? null : new boolean[block.rows()], 0);
    }
  }

  private Block block(ParameterBlock block, int i, boolean last) {
    double slab = mixture.slab();
    MeanFieldNormal weights =
        new MeanFieldNormal(backend, block.layer(), 2 * i, block.size(), slab * slab, sampling);
    MixturePrior prior = null;
    Gates gates = null;
    switch (indicators) {
      case NONE -> {}
      case SAMPLED -> prior = mixture(block, i, MixturePrior.Indicators.SAMPLED);
      case COLLAPSED -> prior = mixture(block, i, MixturePrior.Indicators.COLLAPSED);
      case COLLAPSED_NODES -> prior = mixture(block, i, MixturePrior.Indicators.COLLAPSED_COLUMNS);
      case DIRAC_EDGES -> gates = gates(block, i, Gates.Sharing.EDGE);
      case DIRAC_NODES -> gates = last ? null : gates(block, i, Gates.Sharing.NODE);
    }
    weights.setPrior(prior != null ? prior : gates);
    return new Block(block, i, weights, prior, gates);
  }

  private MixturePrior mixture(ParameterBlock block, int i, MixturePrior.Indicators kind) {
    int biases = block.bias() ? block.rows() : 0;
    return new MixturePrior(
        backend, sampling, 2 * i + 1, block.rows(), block.columns(), biases, kind, mixture);
  }

  private Gates gates(ParameterBlock block, int i, Gates.Sharing sharing) {
    return new Gates(
        backend,
        sampling,
        2 * i + 1,
        block.rows(),
        block.columns(),
        block.bias(),
        sharing,
        mixture.inclusion(),
        mixture.slab(),
        OPEN);
  }

  /** New nodes that bring this model's weights into one graph. */
  public WeightSource draws() {
    return new WeightSource() {
      @Override
      public Node weights(ParameterBlock parameters) {
        throw new IllegalArgumentException(
            "Spike-and-slab networks have dense layers with biases only, but "
                + parameters.layer()
                + " is none");
      }

      @Override
      public Node linear(Node x, ParameterBlock parameters) {
        return localDraw(x, blocks.get(parameters.layer()));
      }
    };
  }

  private Node localDraw(Node x, Block block) {
    ParameterBlock parameters = block.block();
    Moments moments = block.weights().moments(null);
    Node both =
        block.gates() == null || reduced ? moments : new GatedMoments(moments, block.gates());
    int n = parameters.size();
    int weights = parameters.rows() * parameters.columns();
    Shape matrix = Shape.of(parameters.rows(), parameters.columns());
    Shape bias = Shape.of(parameters.rows());
    Node mean = new Linear(x, new View(both, 0, matrix), new View(both, weights, bias));
    Node variance =
        new Linear(
            new Apply(UnaryFunction.SQUARE, x),
            new View(both, n, matrix),
            new View(both, n + weights, bias));
    return new LocalDraw(mean, variance, sampling, 2 * block.index());
  }

  /**
   * The weights that {@link #reduce} has left, as a plain network computes with them: at the
   * posterior's mean, then under draws.
   *
   * @param samples number of draws
   * @return for each block of parameters, by its name, the values of {@code samples} + 1 sets
   * @throws IllegalStateException before {@link #reduce}: then weights are in with a probability
   */
  public Map<String, List<float[]>> drawn(int samples) {
    if (!reduced) {
      throw new IllegalStateException(
          "Which weights are in the model is not decided yet; reduce it first");
    }
    return DrawnWeights.of(sampling, blocks, Block::weights, samples);
  }

  /** The network. */
  public Network network() {
    return network;
  }

  /** Which draw all graphs of this model compute with. */
  public Sampling sampling() {
    return sampling;
  }

  /** What is done with γ. */
  public Indicators indicators() {
    return indicators;
  }

  /** Precision of the observation noise; null for classification. */
  public NoisePrecision noise() {
    return noise;
  }

  /** Prior of each weight as it was last set, before π was learned. */
  public ScaleMixture mixture() {
    return mixture;
  }

  /** Makes the spike another, from the next step on; each layer keeps its π. */
  public void setSpike(double deviation) {
    mixture = mixture.withSpike(deviation);
    for (Block block : blocks.values()) {
      if (block.mixture() != null) {
        block.mixture().setMixture(block.mixture().mixture().withSpike(deviation));
      }
    }
  }

  /**
   * Learns π of each layer: the layer's indicators share it, it has a uniform prior, and its
   * posterior is Beta(1 + Σφ, 1 + Σ(1 − φ)), whose mean is taken.
   */
  public void learnInclusion() {
    for (Block block : blocks.values()) {
      if (block.mixture() != null) {
        MixturePrior.Included included =
            block
                .mixture()
                .included(block.weights().factors().mean(), block.weights().standardDeviations());
        double mean = (1 + included.expected()) / (2.0 + included.of());
        block.mixture().setMixture(block.mixture().mixture().withInclusion(mean));
      }
    }
  }

  /** π of each layer's weights, from input to output. */
  List<Double> inclusions() {
    return blocks.values().stream()
        .map(b -> (b.mixture() == null ? mixture : b.mixture().mixture()).inclusion())
        .toList();
  }

  /** Makes π of each layer what {@link #inclusions} gave. */
  void setInclusions(List<Double> inclusions) {
    for (Block block : blocks.values()) {
      if (block.mixture() != null) {
        double inclusion = inclusions.get(block.index());
        block.mixture().setMixture(block.mixture().mixture().withInclusion(inclusion));
      }
    }
  }

  /** KL(q‖p) in nats of everything that is still in the model. */
  public double klDivergence() {
    return blocks.values().stream().mapToDouble(b -> b.weights().klDivergence()).sum();
  }

  /** The posterior as it is now, for inclusion probabilities, from input to output. */
  public List<InclusionReport.Posterior> posterior() {
    List<InclusionReport.Posterior> layers = new ArrayList<>();
    for (Block block : blocks.values()) {
      Slice mean = block.weights().factors().mean();
      Slice deviations = block.weights().standardDeviations();
      backend.memory().pull(mean);
      backend.memory().pull(deviations);
      layers.add(
          new InclusionReport.Posterior(
              block.block(),
              mean.toArray(),
              deviations.toArray(),
              block.mixture() == null ? mixture : block.mixture().mixture(),
              block.gates() == null ? null : block.gates().inclusionProbabilities(),
              block.gates() != null && indicators == Indicators.DIRAC_NODES));
    }
    return layers;
  }

  /**
   * Draws units that have died anew, as at the start. The rest stays as it is.
   *
   * @param report says which units have no use
   * @param cycle distinguishes this time from others
   */
  public void redrawDeadUnits(InclusionReport report, int cycle) {
    boolean[] deadInputs = null;
    List<InclusionReport.Layer> layers = report.layers();
    List<Block> all = List.copyOf(blocks.values());
    for (int l = 0; l < all.size(); l++) {
      boolean[] deadOutputs = l + 1 < all.size() ? not(layers.get(l + 1).usedInputs()) : null;
      redraw(all.get(l), deadInputs, deadOutputs, cycle);
      deadInputs = deadOutputs;
    }
    sampling.invalidate();
  }

  private static boolean[] not(boolean[] used) {
    boolean[] unused = new boolean[used.length];
    for (int i = 0; i < used.length; i++) {
      unused[i] = !used[i];
    }
    return unused;
  }

  private void redraw(Block block, boolean[] deadInputs, boolean[] deadOutputs, int cycle) {
    ParameterBlock parameters = block.block();
    int columns = parameters.columns();
    int weights = parameters.rows() * columns;
    NormalFactors factors = block.weights().factors();
    Slice uniform = new Slice(backend.memory().allocate(parameters.size()), 0, parameters.size());
    backend
        .noise()
        .uniform(
            seed, Streams.of(Streams.Purpose.INITIALIZATION, 2 * block.index()), cycle, uniform);
    List<Slice> changed =
        List.of(
            factors.mean(),
            factors.rho(),
            factors.meanMoment1(),
            factors.meanMoment2(),
            factors.rhoMoment1(),
            factors.rhoMoment2());
    backend.memory().pull(uniform);
    changed.forEach(backend.memory()::pull);
    boolean last = deadOutputs == null;
    double range = Math.sqrt(3.0 / columns) * (last ? 1 : HIDDEN_RANGE);
    double biasRange = last ? 0 : 1;
    for (int k = 0; k < parameters.size(); k++) {
      int row = k < weights ? k / columns : k - weights;
      boolean dead =
          cycle == 0
              || (deadOutputs != null && deadOutputs[row])
              || (k < weights && deadInputs != null && deadInputs[k % columns]);
      if (dead) {
        // Zero moments: the optimiser has not seen these.
        factors
            .mean()
            .set(k, (float) ((k < weights ? range : biasRange) * (2 * uniform.get(k) - 1)));
        factors.rho().set(k, (float) Math.log(Math.expm1(initialDeviation)));
        factors.meanMoment1().set(k, 0);
        factors.meanMoment2().set(k, 0);
        factors.rhoMoment1().set(k, 0);
        factors.rhoMoment2().set(k, 0);
      }
    }
    changed.forEach(backend.memory()::push);
  }

  /**
   * Takes weights out. The prior of those that stay is the slab from now on, since their indicators
   * are known.
   *
   * @param layers kept weights and means, from input to output
   */
  public void reduce(List<InclusionReport.Layer> layers) {
    int l = 0;
    for (Block block : blocks.values()) {
      InclusionReport.Layer layer = layers.get(l++);
      float[] mask = new float[layer.kept().length];
      for (int i = 0; i < mask.length; i++) {
        mask[i] = layer.kept()[i] ? 1 : 0;
      }
      Slice mean = block.weights().factors().mean();
      mean.copyFrom(layer.means(), 0);
      backend.memory().push(mean);
      block.weights().setPrior(null);
      block.weights().setMask(mask);
    }
    reduced = true;
    sampling.invalidate();
  }
}
