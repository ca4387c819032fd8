package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.random.Streams;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * A layer as a {@link PruningRule} sees it: the posterior of its weights, the evidence for removing
 * each, and the decision, which the rule changes in place.
 */
public final class LayerEvidence {

  private final Backend backend;
  private final ParameterBlock block;
  private final int index;
  private final long seed;
  private final MeanFieldNormal weights;
  private final Slice mean;
  private float priorVariance;
  private final Slice deltaF;
  private final boolean[] active;
  private final float[] factors;
  private Slice deviation;
  private Slice scratch;
  private Slice noise;
  private Supplier<float[]> saliency;
  private int round;
  private double shrinkage;

  /**
   * @param backend computes evidence and noise
   * @param block shape of the layer
   * @param index of the layer, unique in the model
   * @param weights posterior
   */
  LayerEvidence(Backend backend, ParameterBlock block, int index, MeanFieldNormal weights) {
    this.backend = backend;
    this.block = block;
    this.index = index;
    this.weights = weights;
    this.mean = weights.factors().mean();
    this.seed = weights.seed();
    this.deltaF = allocate(block.size());
    this.active = new boolean[block.size()];
    this.factors = new float[block.size()];
    Arrays.fill(active, true);
    Arrays.fill(factors, 1);
  }

  private Slice allocate(int size) {
    return new Slice(backend.memory().allocate(size), 0, size);
  }

  /** Computes evidence and noise. */
  Backend backend() {
    return backend;
  }

  /** Shape of the layer. */
  public ParameterBlock block() {
    return block;
  }

  /** Number of the layer, unique in the model. */
  public int index() {
    return index;
  }

  /** Number of the pruning, from 1. */
  public int round() {
    return round;
  }

  /** Posterior means, on the host, too. */
  public Slice mean() {
    return mean;
  }

  /** Posterior standard deviations, on the host, too. */
  public Slice deviation() {
    return deviation;
  }

  /** Variance of each weight's prior. */
  public float priorVariance() {
    return priorVariance;
  }

  /** ΔF of removing each weight by itself, in nats, finite. */
  public float[] deltaF() {
    return deltaF.array();
  }

  /**
   * ΔF of removing weights together, in nats: Σ of theirs, or where weights depend on each other in
   * the posterior, its determinant form ({@link MeanFieldNormal#removalEvidence}).
   *
   * @param leaving their places in the layer
   */
  public double deltaF(int... leaving) {
    return weights.removalEvidence(leaving);
  }

  /** Whether weights depend on each other in the posterior, so that their ΔF do not add up. */
  public boolean isCorrelated() {
    return weights.posterior().isCorrelated();
  }

  /** Which weights are in the model; a rule sets to false where a weight is to leave. */
  public boolean[] active() {
    return active;
  }

  /** γ of each weight: 1, or less where a rule has shrunk its prior; of removed weights ignored. */
  public float[] factors() {
    return factors;
  }

  /**
   * |w ∂w| of each weight in the last training step.
   *
   * @throws IllegalStateException if there is none
   */
  public float[] saliency() {
    float[] values = saliency.get();
    if (values == null) {
      throw new IllegalStateException(
          "Saliency needs weights and gradients of a training step, but for layer "
              + block.layer()
              + " there are none; train with the global reparameterization first");
    }
    return values;
  }

  /** Uniform numbers, one a weight, the same in the same round, until the next call. */
  Slice uniforms() {
    int stream = Streams.of(Streams.Purpose.REDUCTION, index);
    backend.noise().uniform(seed, stream, round, scratch());
    backend.memory().pull(scratch());
    return scratch();
  }

  /** Adds to the evidence gained by shrinking weights that stay, in nats. */
  void addShrinkage(double nats) {
    shrinkage += nats;
  }

  /** Evidence gained by shrinking in this round, in nats. */
  double shrinkage() {
    return shrinkage;
  }

  /** A slice of one value a weight, whose content nobody keeps. */
  Slice scratch() {
    if (scratch == null) {
      scratch = allocate(block.size());
    }
    return scratch;
  }

  /** Standard normal numbers, the same for the same arguments, until the next call. */
  Slice normals(long step, int count) {
    if (noise == null || noise.length() != count) {
      noise = allocate(count);
    }
    int stream = Streams.of(Streams.Purpose.REDUCTION, index);
    backend.noise().normal(seed, stream, step, noise);
    backend.memory().pull(noise);
    return noise;
  }

  Slice deltaFSlice() {
    return deltaF;
  }

  /** Begins a round. */
  void begin(int number, float variance, Slice deviations, Supplier<float[]> saliencies) {
    round = number;
    priorVariance = variance;
    deviation = deviations;
    saliency = saliencies;
    shrinkage = 0;
  }
}
