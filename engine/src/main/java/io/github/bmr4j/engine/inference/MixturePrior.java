package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.distribution.KullbackLeibler;
import io.github.bmr4j.engine.distribution.MixtureDivergence;
import io.github.bmr4j.engine.distribution.Normal;
import io.github.bmr4j.engine.distribution.ScaleMixture;
import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.ElementwiseKernels;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;

/**
 * A spike-and-slab prior of a weight matrix [rows, columns], with the indicators γ summed out, and
 * a normal prior N(0, s₁²), the slab alone, of the biases that follow it. See {@link
 * MixtureDivergence} for the divergences.
 *
 * <p>Whatever is done with γ, the prior acts as a normal one with a precision of its own for each
 * weight, λ = φ/s₁² + (1 − φ)/s₀²: the gradients are λμ and λσ − 1/σ for the collapsed divergence
 * with φ the posterior probability of γ = 1, and λw and λwε − 1/σ for the sampled one with φ = r(w)
 * at the draw w = μ + σε.
 */
public final class MixturePrior implements WeightPrior {

  /** What is done with the indicators. */
  public enum Indicators {
    /** ln q(w) − ln p(w) at a drawn w (Blundell et al. 2015). */
    SAMPLED,
    /** The collapsed divergence, one γ for each weight. */
    COLLAPSED,
    /** The collapsed divergence, one γ for the weights of each column: of an input's uses. */
    COLLAPSED_COLUMNS
  }

  private final Backend backend;
  private final Sampling sampling;
  private final int index;
  private final int rows;
  private final int columns;
  private final int size;
  private final Indicators indicators;

  private final Slice weightArguments;
  private final Slice out;
  private final Slice in;
  private final Slice precision;
  private final Slice biasPrecision;
  private final Slice noise;
  private final Slice squares;
  private final MatrixView squaresMatrix;
  private final MatrixView argumentsMatrix;
  private final Slice columnSums;
  private ScaleMixture mixture;

  /**
   * @param backend does the work
   * @param sampling which draw, where w is drawn
   * @param index of the noise stream, unique in the model
   * @param rows of the weight matrix
   * @param columns of the weight matrix
   * @param biases number of biases after it
   * @param indicators what is done with γ
   * @param mixture of each weight
   */
  public MixturePrior(
      Backend backend,
      Sampling sampling,
      int index,
      int rows,
      int columns,
      int biases,
      Indicators indicators,
      ScaleMixture mixture) {
    this.backend = backend;
    this.sampling = sampling;
    this.index = index;
    this.rows = rows;
    this.columns = columns;
    this.size = rows * columns + biases;
    this.indicators = indicators;
    this.mixture = mixture;
    int weights = rows * columns;
    weightArguments = allocate(weights);
    argumentsMatrix = weightArguments.asMatrix(rows, columns);
    in = allocate(weights);
    out = allocate(weights);
    precision = allocate(size);
    biasPrecision = precision.slice(weights, biases);
    noise = allocate(size);
    squares = allocate(size);
    squaresMatrix = squares.slice(0, weights).asMatrix(rows, columns);
    columnSums = allocate(columns);
  }

  private Slice allocate(int n) {
    return new Slice(backend.memory().allocate(n), 0, n);
  }

  /** The mixture as it is now. */
  public ScaleMixture mixture() {
    return mixture;
  }

  /** Takes another mixture from the next step on, for a spike that narrows or π that is learned. */
  public void setMixture(ScaleMixture next) {
    mixture = next;
  }

  @Override
  public void addDivergenceGradient(
      float klWeight, Slice mean, Slice deviations, Slice meanGradient, Slice deviationGradient) {
    ElementwiseKernels arithmetic = backend.elementwise();
    if (indicators == Indicators.SAMPLED) {
      backend.noise().normal(sampling.seed(), sampling.stream(index), sampling.step(), noise);
      // λw and λwε, with w in the place of its square after that has served.
      arithmetic.copy(mean, squares);
      arithmetic.addProduct(noise, deviations, squares);
      arithmetic.multiply(squares, squares, precision);
      logits(precision.slice(0, rows * columns));
      precisions();
      arithmetic.multiply(precision, squares, squares);
      arithmetic.addScaled(klWeight, squares, meanGradient);
      arithmetic.multiply(squares, noise, squares);
      arithmetic.addScaled(klWeight, squares, deviationGradient);
    } else {
      squares(mean, deviations);
      if (indicators == Indicators.COLLAPSED_COLUMNS) {
        columnLogits();
      } else {
        logits(squares.slice(0, rows * columns));
      }
      precisions();
      arithmetic.multiply(precision, mean, squares);
      arithmetic.addScaled(klWeight, squares, meanGradient);
      arithmetic.multiply(precision, deviations, squares);
      arithmetic.addScaled(klWeight, squares, deviationGradient);
    }
    arithmetic.fill(squares, 1);
    arithmetic.divide(squares, deviations, squares);
    arithmetic.addScaled(-klWeight, squares, deviationGradient);
  }

  /** μ² + σ². */
  private void squares(Slice mean, Slice deviations) {
    backend.elementwise().multiply(mean, mean, squares);
    backend.elementwise().addProduct(deviations, deviations, squares);
  }

  private void logits(Slice weightSquares) {
    backend.elementwise().fill(weightArguments, (float) mixture.logitAtZero());
    backend.elementwise().addScaled((float) mixture.logitSlope(), weightSquares, weightArguments);
  }

  private void columnLogits() {
    ElementwiseKernels arithmetic = backend.elementwise();
    backend.reduction().columnSums(squaresMatrix, columnSums, false);
    arithmetic.scale((float) mixture.logitSlope(), columnSums, columnSums);
    arithmetic.fill(weightArguments, (float) columnLogitAtZero());
    arithmetic.addRow(columnSums, argumentsMatrix);
  }

  private double columnLogitAtZero() {
    return mixture.logitAtZero() + (rows - 1) * Math.log(mixture.spike() / mixture.slab());
  }

  /** λ of all weights from the logits of φ, and of the biases. */
  private void precisions() {
    ElementwiseKernels arithmetic = backend.elementwise();
    Slice weightPrecision = precision.slice(0, rows * columns);
    arithmetic.apply(UnaryFunction.SIGMOID, weightArguments, in);
    arithmetic.scale(-1, weightArguments, out);
    arithmetic.apply(UnaryFunction.SIGMOID, out, out);
    arithmetic.scale((float) (1 / (mixture.slab() * mixture.slab())), in, weightPrecision);
    arithmetic.addScaled((float) (1 / (mixture.spike() * mixture.spike())), out, weightPrecision);
    arithmetic.fill(biasPrecision, (float) (1 / (mixture.slab() * mixture.slab())));
  }

  /**
   * Σ φ over all γ, and how many there are; under what is done with them in training, but by the
   * mean-field φ where they are sampled, too.
   *
   * @param mean μ
   * @param deviations σ
   */
  public Included included(Slice mean, Slice deviations) {
    backend.memory().pull(mean);
    backend.memory().pull(deviations);
    double sum = 0;
    for (int j = 0; j < columns; j++) {
      double logit = columnLogitAtZero();
      for (int i = 0; i < rows; i++) {
        double m = mean.get(i * columns + j);
        double s = deviations.get(i * columns + j);
        double rise = mixture.logitSlope() * (m * m + s * s);
        logit += rise;
        if (indicators != Indicators.COLLAPSED_COLUMNS) {
          sum += SpecialFunctions.logistic(mixture.logitAtZero() + rise);
        }
      }
      if (indicators == Indicators.COLLAPSED_COLUMNS) {
        sum += SpecialFunctions.logistic(logit);
      }
    }
    return new Included(sum, indicators == Indicators.COLLAPSED_COLUMNS ? columns : rows * columns);
  }

  /**
   * How many indicators are 1.
   *
   * @param expected Σ φ
   * @param of number of indicators
   */
  public record Included(double expected, int of) {}

  @Override
  public double klDivergence(Slice mean, Slice deviations, Slice mask) {
    backend.memory().pull(mean);
    backend.memory().pull(deviations);
    double sum = 0;
    for (int j = 0; j < columns; j++) {
      double slab = 0;
      double spike = 0;
      boolean any = false;
      for (int i = 0; i < rows; i++) {
        int k = i * columns + j;
        if (mask != null && mask.get(k) == 0) {
          continue;
        }
        Normal q = new Normal(mean.get(k), deviations.get(k));
        any = true;
        switch (indicators) {
          case SAMPLED -> sum += MixtureDivergence.marginal(q, mixture);
          case COLLAPSED -> sum += MixtureDivergence.collapsed(q, mixture);
          case COLLAPSED_COLUMNS -> {
            slab += KullbackLeibler.divergence(q, mixture.slabComponent());
            spike += KullbackLeibler.divergence(q, mixture.spikeComponent());
          }
        }
      }
      if (any && indicators == Indicators.COLLAPSED_COLUMNS) {
        sum += MixtureDivergence.collapsed(slab, spike, mixture.inclusion());
      }
    }
    for (int k = rows * columns; k < size; k++) {
      if (mask == null || mask.get(k) != 0) {
        Normal q = new Normal(mean.get(k), deviations.get(k));
        sum += KullbackLeibler.divergence(q, mixture.slabComponent());
      }
    }
    return sum;
  }
}
