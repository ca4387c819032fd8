package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.random.Streams;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Map;

/**
 * Parameters without a distribution, trained by maximum likelihood beside the random ones: their
 * values and optimiser moments.
 */
public final class PointEstimate {

  private final Backend backend;
  private final String name;
  private final int index;
  private final Slice values;
  private final Slice moment1;
  private final Slice moment2;

  /**
   * @param backend holds the parameters
   * @param name in files and messages
   * @param index of the stream of starting values, unique in the model
   * @param size number of parameters
   */
  public PointEstimate(Backend backend, String name, int index, int size) {
    this.backend = backend;
    this.name = name;
    this.index = index;
    this.values = allocate(size);
    this.moment1 = allocate(size);
    this.moment2 = allocate(size);
  }

  private Slice allocate(int size) {
    return new Slice(backend.memory().allocate(size), 0, size);
  }

  /**
   * Starting values, uniform in (−range, range).
   *
   * @param seed the run's
   * @param range at least 0
   */
  public void initialize(long seed, double range) {
    int stream = Streams.of(Streams.Purpose.INITIALIZATION, index);
    backend.noise().uniform(seed, stream, 0, values);
    backend.memory().pull(values);
    for (int i = 0; i < values.length(); i++) {
      values.set(i, (float) (range * (2 * values.get(i) - 1)));
    }
    backend.memory().push(values);
  }

  /**
   * A node with these parameters.
   *
   * @param shape under which the network sees them
   */
  public LatentNode node(Shape shape) {
    return new PointNode(shape);
  }

  /** The values. */
  public Slice values() {
    return values;
  }

  /**
   * What the optimiser remembers of the gradient, with Adam its average over some steps: a measure
   * of it up to one factor for all parameters.
   */
  public Slice gradientMean() {
    return moment1;
  }

  /** Name in files and messages. */
  public String name() {
    return name;
  }

  private final class PointNode extends LatentNode {

    PointNode(Shape shape) {
      super(shape);
    }

    @Override
    protected Tensor ownValue() {
      return new Tensor(shape(), values);
    }

    @Override
    protected void forward(Backend backend) {}

    @Override
    protected void pullback(Backend backend) {}

    @Override
    protected void update(VariationalStep step, UpdateRule rule) {
      backend
          .variational()
          .updatePoint(values, gradient().slice(), moment1, moment2, step.likelihoodWeight, rule);
    }

    @Override
    protected double klDivergence() {
      return 0;
    }

    @Override
    protected String nonFinite() {
      int i = backend.reduction().firstNonFinite(values);
      return i >= 0 ? name + "[" + i + "] is not finite" : null;
    }

    @Override
    protected Map<String, Slice> state() {
      return Map.of(name, values, name + ".moment1", moment1, name + ".moment2", moment2);
    }
  }
}
