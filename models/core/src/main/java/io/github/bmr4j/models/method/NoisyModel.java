package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.RunningStatistics;
import io.github.bmr4j.engine.distribution.LogUniform;
import io.github.bmr4j.engine.inference.MultiplicativeNoise;
import io.github.bmr4j.engine.inference.MultiplicativeNoise.Granularity;
import io.github.bmr4j.engine.inference.PointEstimate;
import io.github.bmr4j.engine.inference.Sampling;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.compact.StructureCompaction;
import io.github.bmr4j.models.layer.BatchNorm;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.LayerNorm;
import io.github.bmr4j.models.layer.Noise;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.WeightSource;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.PlainNetwork;
import io.github.bmr4j.models.pruning.StructureCount;
import io.github.bmr4j.models.pruning.StructureLayer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Structured Bayesian pruning by multiplicative noise (Neklyudov et al. 2017): weights and biases
 * are points, the outputs of structures are multiplied with random θ ({@link MultiplicativeNoise}).
 * What the evidence of this model says is therefore given the weights.
 */
public final class NoisyModel implements SampledNetwork {

  /**
   * Prior and starting values.
   *
   * @param prior of each θ
   * @param scales limits of σ, as limits of ln σ
   * @param initialLocation starting μ of each θ
   * @param initialLogScale starting ln σ
   * @param granularity how many draws of a θ a training step sees
   */
  public record Config(
      LogUniform prior,
      LogUniform scales,
      double initialLocation,
      double initialLogScale,
      Granularity granularity) {

    /** Of Wright, Igel and Selvan's paper and code; the granularity is the code's. */
    public static final Config PUBLISHED =
        new Config(new LogUniform(-20, 0), new LogUniform(-20, 5), 0, -5, Granularity.ELEMENT);

    /** These settings with factors that start next to 1: a plain network if they stay so. */
    public Config withoutNoise() {
      return new Config(prior, scales, prior.upper(), scales.lower(), granularity);
    }

    /** These settings with another granularity. */
    public Config withGranularity(Granularity other) {
      return new Config(prior, scales, initialLocation, initialLogScale, other);
    }
  }

  private final Backend backend;
  private final Network network;
  private final Sampling sampling;
  private final Map<String, PointEstimate> points = new LinkedHashMap<>();
  private final Map<String, MultiplicativeNoise> noises = new LinkedHashMap<>();
  private final Map<String, RunningStatistics> statistics = new LinkedHashMap<>();
  private final List<StructureLayer> structures = new ArrayList<>();

  /**
   * A model with starting values: weights and biases uniform in ±1/√(inputs); normalisations that
   * neither scale nor shift.
   *
   * @param backend holds the parameters
   * @param network with {@link Noise} layers
   * @param config prior and starting values
   * @param seed of all its noise
   * @throws IllegalArgumentException if the network has no noise layer, or one with nothing to be
   *     noise on
   */
  public NoisyModel(Backend backend, Network network, Config config, long seed) {
    this.backend = backend;
    this.network = network;
    this.sampling = new Sampling(seed);
    ParameterBlock last = null;
    int index = 0;
    for (Layer layer : network.parts()) {
      for (ParameterBlock block : layer.parameters()) {
        PointEstimate point = new PointEstimate(backend, block.layer(), index++, block.size());
        if (layer instanceof BatchNorm || layer instanceof LayerNorm) {
          point.values().slice(0, block.rows()).fill(1);
          backend.memory().push(point.values());
        } else {
          point.initialize(seed, 1 / Math.sqrt(block.columns()));
        }
        points.put(block.layer(), point);
        last = block;
      }
      if (layer instanceof Noise place) {
        if (last == null || last.rows() != place.structures()) {
          throw new IllegalArgumentException(
              "The noise of " + place.name() + " follows no layer with that many outputs");
        }
        MultiplicativeNoise noise =
            new MultiplicativeNoise(
                backend,
                place.name() + ".noise",
                index++,
                place.structures(),
                config.prior(),
                config.scales(),
                config.granularity(),
                sampling);
        noise.initialize(config.initialLocation(), config.initialLogScale());
        noises.put(place.name(), noise);
        structures.add(new StructureLayer(last, noise, points.get(last.layer())));
      }
    }
    if (noises.isEmpty()) {
      throw new IllegalArgumentException(
          "Network " + network.name() + " has no place for noise; see Networks.withNoise");
    }
  }

  @Override
  public WeightSource draws() {
    return new WeightSource() {
      @Override
      public Node weights(ParameterBlock block) {
        return points.get(block.layer()).node(block.shape());
      }

      @Override
      public Node noise(Node x, Noise layer) {
        return noises.get(layer.name()).on(x, layer.axis() + 1);
      }

      @Override
      public RunningStatistics runningStatistics(BatchNorm layer) {
        return statistics.computeIfAbsent(
            layer.name(), name -> new RunningStatistics(backend, layer.channels()));
      }
    };
  }

  @Override
  public Network network() {
    return network;
  }

  @Override
  public Sampling sampling() {
    return sampling;
  }

  /**
   * The weights and biases of a layer.
   *
   * @param layer its name
   */
  public PointEstimate weights(String layer) {
    return points.get(layer);
  }

  /** The layers of structures, from input to output. */
  public List<StructureLayer> structures() {
    return List.copyOf(structures);
  }

  /** The network's layers with parameters, as {@link StructureCount} wants to know them. */
  public List<StructureCount.Layer> countedLayers() {
    List<StructureCount.Layer> counted = new ArrayList<>();
    Shape shape = network.input();
    for (Layer layer : network.layers()) {
      for (ParameterBlock block : layer.parameters()) {
        // The weights of a pair of channels are one filter: of vectors, a single weight.
        int inputs = shape.extent(0);
        int area = block.columns() / inputs;
        MultiplicativeNoise noise = noises.get(block.layer());
        counted.add(
            new StructureCount.Layer(
                block.rows(), inputs, area, block.bias(), noise == null ? 0 : noise.size()));
      }
      shape = layer.outputShape(shape);
    }
    return counted;
  }

  /**
   * The network without noise, as {@link StructureCompaction} takes it: each θ is E[θ] where its
   * structure is in the model, else 0.
   */
  public PlainNetwork plain() {
    Map<String, float[]> weights = new LinkedHashMap<>();
    points.forEach(
        (name, point) -> {
          backend.memory().pull(point.values());
          weights.put(name, point.values().toArray());
        });
    noises.forEach(
        (name, noise) -> {
          float[] factors = new float[noise.size()];
          for (int i = 0; i < factors.length; i++) {
            factors[i] = noise.isKept(i) ? (float) noise.posterior(i).mean() : 0;
          }
          weights.put(name + PlainNetwork.NOISE, factors);
        });
    statistics.forEach(
        (name, running) -> {
          int channels = running.mean().length();
          float[] values = Arrays.copyOf(running.mean().toArray(), 2 * channels);
          System.arraycopy(running.variance().toArray(), 0, values, channels, channels);
          weights.put(name + PlainNetwork.RUNNING, values);
        });
    return new PlainNetwork(network, weights);
  }

  /** Which structures are in the model, layer by layer. */
  public List<boolean[]> kept() {
    return structures.stream().map(StructureLayer::kept).toList();
  }

  /** Number of structures. */
  public int structureCount() {
    return structures.stream().mapToInt(layer -> layer.noise().size()).sum();
  }

  /** Σ KL(q‖p) in nats of the structures in the model: what the evidence lower bound subtracts. */
  public double klDivergence() {
    return structures.stream().mapToDouble(layer -> layer.noise().klDivergence()).sum();
  }

  /** The mean over layers of the mean KL(q‖p) over their structures: what the paper's loss adds. */
  public double meanDivergence() {
    return structures.stream()
        .mapToDouble(layer -> layer.noise().meanDivergence())
        .average()
        .orElse(0);
  }

  /**
   * Whether each θ is its mean in all further steps, and its posterior stays as it is.
   *
   * @param deterministic false to draw again
   */
  public void setDeterministic(boolean deterministic) {
    noises.values().forEach(noise -> noise.setDeterministic(deterministic));
  }

  /** A copy of all parameters and masks; the optimiser's moments are no part of it. */
  public Snapshot snapshot() {
    List<float[]> values = new ArrayList<>();
    for (Slice slice : parameters()) {
      backend.memory().pull(slice);
      values.add(slice.toArray());
    }
    return new Snapshot(values, kept());
  }

  /**
   * Takes a copy of all parameters and masks into a snapshot that there is already.
   *
   * @param snapshot of this model
   */
  void copyTo(Snapshot snapshot) {
    List<Slice> slices = parameters();
    for (int i = 0; i < slices.size(); i++) {
      Slice slice = slices.get(i);
      backend.memory().pull(slice);
      System.arraycopy(slice.array(), slice.offset(), snapshot.values.get(i), 0, slice.length());
    }
    snapshot.kept = kept();
  }

  /** Brings back what a snapshot of this model holds. */
  public void restore(Snapshot snapshot) {
    List<Slice> slices = parameters();
    for (int i = 0; i < slices.size(); i++) {
      slices.get(i).copyFrom(snapshot.values.get(i), 0);
      backend.memory().push(slices.get(i));
    }
    for (int i = 0; i < structures.size(); i++) {
      structures.get(i).noise().setKept(snapshot.kept.get(i));
    }
    sampling.invalidate();
  }

  private List<Slice> parameters() {
    List<Slice> slices = new ArrayList<>();
    points.values().forEach(point -> slices.add(point.values()));
    noises
        .values()
        .forEach(
            noise -> {
              slices.add(noise.locations());
              slices.add(noise.logScales());
            });
    statistics
        .values()
        .forEach(
            running -> {
              slices.add(running.mean());
              slices.add(running.variance());
            });
    return slices;
  }

  /** The parameters and masks of a {@link NoisyModel} at one time. */
  public static final class Snapshot {

    private final List<float[]> values;
    private List<boolean[]> kept;

    private Snapshot(List<float[]> values, List<boolean[]> kept) {
      this.values = values;
      this.kept = kept;
    }

    /** Parameters, the same arrays always. */
    List<float[]> values() {
      return values;
    }

    /** Masks. */
    List<boolean[]> kept() {
      return kept;
    }

    /** Sets the masks. */
    void setKept(List<boolean[]> masks) {
      kept = masks;
    }
  }
}
