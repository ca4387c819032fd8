package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.distribution.TruncatedNormalDraws;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Permutation;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Arrays;
import java.util.Map;

/**
 * y = x ⊙ θ: activations times the multiplicative noise of their structures; with the mean E[θ]
 * when the network is to be without noise. A draw by inversion gives its derivatives along with it,
 * so the pullback is arithmetic: ∂x = ∂y θ, ∂μ = Σ ∂y x ∂θ/∂μ, the same for ln σ.
 *
 * <p>Draws are made structure by structure, [structures, outer, inner]: element by element, draw i
 * belongs to element i of that order.
 */
public final class NoisyActivation extends LatentNode {

  private final MultiplicativeNoise noise;

  /** Elements of x as [outer, structures, inner]. */
  private final int outer;

  private final int structures;
  private final int inner;

  /** From the order of x to that of the draws. */
  private final Permutation byStructure;

  private final Permutation toElements;

  /** In the order of x. */
  private Slice theta;

  /** In the order of the draws: these, and what the pullback needs. */
  private Slice drawn;

  private Slice byLocation;
  private Slice byLogScale;
  private MatrixView locationRows;
  private MatrixView logScaleRows;
  private Slice locationGradient;
  private Slice logScaleGradient;

  /** One uniform number for each structure, if all its elements share a draw. */
  private Slice shared;

  private FactorDraws draws;
  private final TruncatedNormalDraws sharedDraw = new TruncatedNormalDraws();

  NoisyActivation(MultiplicativeNoise noise, Node x, int axis) {
    super(x.shape(), x);
    Shape shape = x.shape();
    require(
        axis >= 0 && axis < shape.rank() && shape.extent(axis) == noise.size(),
        "%s has %d structures, which do not lie along axis %d of %s",
        noise.name(),
        noise.size(),
        axis,
        shape);
    this.noise = noise;
    this.structures = noise.size();
    int before = 1;
    for (int i = 0; i < axis; i++) {
      before *= shape.extent(i);
    }
    this.outer = before;
    this.inner = shape.size() == 0 ? 0 : shape.size() / before / structures;
    this.byStructure = new Permutation(new int[] {outer, structures, inner}, 1, 0, 2);
    this.toElements = byStructure.inverse();
  }

  /** The noise. */
  public MultiplicativeNoise noise() {
    return noise;
  }

  @Override
  protected void forward(Backend backend) {
    if (theta == null) {
      allocate(backend);
    }
    noise.pullParameters();
    if (noise.isMean()) {
      means(backend);
    } else if (isElementwise()) {
      drawEach(backend);
    } else {
      drawOnce(backend);
    }
    backend.elementwise().multiply(input(0).slice(), theta, value().slice());
  }

  private boolean isElementwise() {
    return noise.granularity() == MultiplicativeNoise.Granularity.ELEMENT;
  }

  private void allocate(Backend backend) {
    int n = shape().size();
    theta = allocate(backend, n);
    drawn = allocate(backend, n);
    if (isElementwise()) {
      draws = new FactorDraws(backend, outer * inner);
    } else {
      shared = allocate(backend, structures);
    }
    if (gradient() != null) {
      byLocation = allocate(backend, n);
      byLogScale = allocate(backend, n);
      locationRows = byLocation.asMatrix(structures, outer * inner);
      logScaleRows = byLogScale.asMatrix(structures, outer * inner);
      locationGradient = allocate(backend, structures);
      logScaleGradient = allocate(backend, structures);
    }
  }

  private static Slice allocate(Backend backend, int n) {
    return new Slice(backend.memory().allocate(n), 0, n);
  }

  private void means(Backend backend) {
    for (int s = 0; s < structures; s++) {
      double mean = noise.isKept(s) ? Math.exp(noise.factor(s).logExponentialMoment(1)) : 0;
      set(s, mean, 0, 0);
    }
    pushDraws(backend);
  }

  private void drawEach(Backend backend) {
    uniform(backend, drawn);
    for (int s = 0; s < structures; s++) {
      if (noise.isKept(s)) {
        draws.draw(noise.factor(s), s * outer * inner, drawn, byLocation, byLogScale);
      } else {
        set(s, 0, 0, 0);
      }
    }
    pushDraws(backend);
  }

  private void drawOnce(Backend backend) {
    uniform(backend, shared);
    for (int s = 0; s < structures; s++) {
      if (noise.isKept(s)) {
        sharedDraw.set(noise.factor(s));
        double value = Math.exp(sharedDraw.draw(shared.get(s)));
        set(s, value, value * sharedDraw.byLocation(), value * sharedDraw.byLogScale());
      } else {
        set(s, 0, 0, 0);
      }
    }
    pushDraws(backend);
  }

  private void uniform(Backend backend, Slice out) {
    Sampling sampling = noise.sampling();
    backend.noise().uniform(sampling.seed(), sampling.stream(noise.index()), sampling.step(), out);
    backend.memory().pull(out);
  }

  /** Gives all elements of a structure the same factor. */
  private void set(int s, double value, double slopeByLocation, double slopeByLogScale) {
    fill(drawn, s, value);
    if (byLocation != null) {
      fill(byLocation, s, slopeByLocation);
      fill(byLogScale, s, slopeByLogScale);
    }
  }

  private void fill(Slice slice, int s, double value) {
    int from = slice.offset() + s * outer * inner;
    Arrays.fill(slice.array(), from, from + outer * inner, (float) value);
  }

  private void pushDraws(Backend backend) {
    backend.memory().push(drawn);
    if (byLocation != null) {
      backend.memory().push(byLocation);
      backend.memory().push(byLogScale);
    }
    backend.sequence().permute(toElements, drawn, theta, false);
  }

  @Override
  protected void pullback(Backend backend) {
    Slice dy = gradient().slice();
    Slice x = input(0).slice();
    Tensor dx = inputGradient(0);
    if (dx != null && accumulates(0)) {
      backend.elementwise().addProduct(dy, theta, dx.slice());
    } else if (dx != null) {
      backend.elementwise().multiply(dy, theta, dx.slice());
    }
    // θ is not needed any more; the next forward pass draws it anew.
    backend.elementwise().multiply(dy, x, theta);
    backend.sequence().permute(byStructure, theta, drawn, false);
    backend.elementwise().multiply(drawn, byLocation, byLocation);
    backend.elementwise().multiply(drawn, byLogScale, byLogScale);
    backend.reduction().rowSums(locationRows, locationGradient);
    backend.reduction().rowSums(logScaleRows, logScaleGradient);
  }

  /** Σ ∂loss/∂θ ∂θ/∂μ of each structure, after the backward pass. */
  Slice locationGradient() {
    return locationGradient;
  }

  /** Σ ∂loss/∂θ ∂θ/∂ln σ of each structure, after the backward pass. */
  Slice logScaleGradient() {
    return logScaleGradient;
  }

  @Override
  protected void update(VariationalStep step, UpdateRule rule) {
    noise.update(locationGradient, logScaleGradient, step, rule);
  }

  @Override
  protected double klDivergence() {
    return noise.klDivergence();
  }

  @Override
  protected String nonFinite() {
    return noise.nonFinite();
  }

  @Override
  protected Map<String, Slice> state() {
    return noise.state();
  }

  @Override
  public String toString() {
    return "Noise of " + noise.name() + shape();
  }
}
