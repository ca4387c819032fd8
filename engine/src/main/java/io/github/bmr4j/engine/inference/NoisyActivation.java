package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.distribution.TruncatedNormal;
import io.github.bmr4j.engine.distribution.TruncatedNormalDraws;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Map;

/**
 * y = x ⊙ θ: activations times the multiplicative noise of their structures; with the mean E[θ]
 * when the network is to be without noise. A draw by inversion gives its derivatives along with it,
 * so the pullback is arithmetic: ∂x = ∂y θ, ∂μ = Σ ∂y x θ ∂ln θ/∂μ, the same for ln σ.
 */
public final class NoisyActivation extends LatentNode {

  private final MultiplicativeNoise noise;

  /** Elements of x as [outer, structures, inner]. */
  private final int outer;

  private final int structures;
  private final int inner;
  private final TruncatedNormalDraws draws = new TruncatedNormalDraws();
  private Slice uniforms;
  private Slice theta;
  private Slice byLocation;
  private Slice byLogScale;
  private MatrixView locationElements;
  private MatrixView logScaleElements;
  private Slice rows;
  private MatrixView rowMatrix;
  private Slice locationGradient;
  private Slice logScaleGradient;

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
    if (noise.sampling().isMean()) {
      means();
    } else {
      sample(backend);
    }
    backend.memory().push(theta);
    if (byLocation != null) {
      backend.memory().push(byLocation);
      backend.memory().push(byLogScale);
    }
    backend.elementwise().multiply(input(0).slice(), theta, value().slice());
  }

  private void allocate(Backend backend) {
    int n = shape().size();
    boolean each = noise.granularity() == MultiplicativeNoise.Granularity.ELEMENT;
    theta = allocate(backend, n);
    uniforms = allocate(backend, each ? n : structures);
    if (gradient() != null) {
      byLocation = allocate(backend, n);
      byLogScale = allocate(backend, n);
      if (inner == 1) {
        locationElements = byLocation.asMatrix(outer, structures);
        logScaleElements = byLogScale.asMatrix(outer, structures);
      } else {
        locationElements = byLocation.asMatrix(outer * structures, inner);
        logScaleElements = byLogScale.asMatrix(outer * structures, inner);
        rows = allocate(backend, outer * structures);
        rowMatrix = rows.asMatrix(outer, structures);
      }
      locationGradient = allocate(backend, structures);
      logScaleGradient = allocate(backend, structures);
    }
  }

  private static Slice allocate(Backend backend, int n) {
    return new Slice(backend.memory().allocate(n), 0, n);
  }

  private void means() {
    for (int s = 0; s < structures; s++) {
      double mean = noise.isKept(s) ? Math.exp(noise.factor(s).logExponentialMoment(1)) : 0;
      fill(theta, s, (float) mean);
      if (byLocation != null) {
        fill(byLocation, s, 0);
        fill(byLogScale, s, 0);
      }
    }
  }

  private void sample(Backend backend) {
    Sampling sampling = noise.sampling();
    backend
        .noise()
        .uniform(sampling.seed(), sampling.stream(noise.index()), sampling.step(), uniforms);
    backend.memory().pull(uniforms);
    boolean each = noise.granularity() == MultiplicativeNoise.Granularity.ELEMENT;
    for (int s = 0; s < structures; s++) {
      if (!noise.isKept(s)) {
        fill(theta, s, 0);
        if (byLocation != null) {
          fill(byLocation, s, 0);
          fill(byLogScale, s, 0);
        }
        continue;
      }
      TruncatedNormal factor = noise.factor(s);
      draws.set(factor);
      if (each) {
        drawEach(s);
      } else {
        drawOnce(s);
      }
    }
  }

  private void drawEach(int s) {
    for (int o = 0; o < outer; o++) {
      int from = (o * structures + s) * inner;
      for (int i = from; i < from + inner; i++) {
        double value = Math.exp(draws.draw(uniforms.get(i)));
        theta.set(i, (float) value);
        if (byLocation != null) {
          byLocation.set(i, (float) (value * draws.byLocation()));
          byLogScale.set(i, (float) (value * draws.byLogScale()));
        }
      }
    }
  }

  private void drawOnce(int s) {
    double value = Math.exp(draws.draw(uniforms.get(s)));
    fill(theta, s, (float) value);
    if (byLocation != null) {
      fill(byLocation, s, (float) (value * draws.byLocation()));
      fill(byLogScale, s, (float) (value * draws.byLogScale()));
    }
  }

  /** Sets all elements of a structure. */
  private void fill(Slice slice, int s, float value) {
    for (int o = 0; o < outer; o++) {
      int from = (o * structures + s) * inner;
      for (int i = from; i < from + inner; i++) {
        slice.set(i, value);
      }
    }
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
    backend.elementwise().multiply(theta, byLocation, byLocation);
    backend.elementwise().multiply(theta, byLogScale, byLogScale);
    sum(backend, locationElements, locationGradient);
    sum(backend, logScaleElements, logScaleGradient);
  }

  /** Sums over all elements of each structure. */
  private void sum(Backend backend, MatrixView elements, Slice out) {
    if (rows == null) {
      backend.reduction().columnSums(elements, out, false);
      return;
    }
    backend.reduction().rowSums(elements, rows);
    backend.reduction().columnSums(rowMatrix, out, false);
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
