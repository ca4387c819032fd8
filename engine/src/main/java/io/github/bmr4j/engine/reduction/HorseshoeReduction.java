package io.github.bmr4j.engine.reduction;

import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.optim.Optimizer;
import java.util.Arrays;

/**
 * The posterior of a regularised horseshoe as the reduced prior of one layer, from the evidence
 * alone (Marković, Friston and Kiebel 2024). With the posterior of the weights frozen, the evidence
 * of a row under the reduced prior variance γ² is a function f of ln γ² ({@link EvidenceCurve}),
 * and what is maximised over log-normal factors q of c⁻² ~ Gamma(2, 6) and z₀, z₁, u_i, v_i ~
 * Gamma(½, 1) is
 *
 * <pre>J = E_q[Σ_i f_i(ln γ_i²)] − KL(q‖p),   γ_i = (u_i z₁/(τ₀² z₀ v_i) + c⁻²)^(−½)</pre>
 *
 * The expectation of f is sampled, the divergence in closed form. Layers have no variable in
 * common, so each is maximised by itself. Steps whose gradient is not finite are left out.
 */
public final class HorseshoeReduction {

  /**
   * Prior and optimisation.
   *
   * @param globalScale τ₀, positive
   * @param slabShape shape of the Gamma prior of c⁻²
   * @param slabRate its rate
   * @param halfShape shape of the Gamma priors of the other variables, whose rate is 1
   * @param particles draws of the variables a step, at least 1
   * @param steps of AdaBelief
   * @param rule AdaBelief's coefficients
   * @param learningRate its learning rate
   * @param samples draws from the result, at least 1
   */
  public record Config(
      double globalScale,
      double slabShape,
      double slabRate,
      double halfShape,
      int particles,
      int steps,
      Optimizer.AdaBelief rule,
      double learningRate,
      int samples) {

    /** The published settings. */
    public static final Config PUBLISHED =
        new Config(1e-2, 2, 6, 0.5, 16, 5_000, Optimizer.AdaBelief.DEFAULT, 1e-2, 1_000);

    /** Checks the settings. */
    public Config {
      ReductionArguments.positive("globalScale", globalScale);
      ReductionArguments.positive("slabShape", slabShape);
      ReductionArguments.positive("slabRate", slabRate);
      ReductionArguments.positive("halfShape", halfShape);
      ReductionArguments.positive("learningRate", learningRate);
      if (particles < 1 || steps < 1 || samples < 1) {
        throw new IllegalArgumentException(
            "particles, steps and samples must be at least 1, but are "
                + particles
                + ", "
                + steps
                + " and "
                + samples);
      }
    }
  }

  /** Standard normal numbers. */
  @FunctionalInterface
  public interface Noise {

    /**
     * Fills an array.
     *
     * @param step which draw, from 0
     * @param out takes them
     */
    void fill(long step, float[] out);
  }

  /**
   * What the layer's rows become.
   *
   * @param scales γ of each row, 1/√(E γ⁻²) under the posterior
   * @param skipped steps that were left out
   */
  public record Result(double[] scales, int skipped) {}

  /** Starting standard deviation of each factor and range of the means. */
  private static final double INITIAL_DEVIATION = 0.1;

  private static final double INITIAL_RANGE = 2;

  private final Config config;

  /** ln τ₀². */
  private final double logGlobalVariance;

  private final EvidenceCurve[] rows;
  private final Noise noise;

  /** Index of z₀ and z₁, or −1 in a layer of one row. */
  private final int layerScale;

  private final int firstRow;
  private final int size;

  private final double[] mean;
  private final double[] rho;
  private final double[] meanGradient;
  private final double[] rhoGradient;
  private final double[][] moments;
  private final double[] drawn;
  private final float[] normals;

  /** softplus(ρ), as of the last {@link #spread}. */
  private final double[] deviation;

  /**
   * @param config prior and optimisation
   * @param rows the evidence of each row
   * @param noise normal numbers; those of step 0 make the starting means
   */
  public HorseshoeReduction(Config config, EvidenceCurve[] rows, Noise noise) {
    this.config = config;
    this.logGlobalVariance = 2 * Math.log(config.globalScale());
    this.rows = rows.clone();
    this.noise = noise;
    this.layerScale = rows.length > 1 ? 1 : -1;
    this.firstRow = rows.length > 1 ? 3 : 1;
    this.size = firstRow + 2 * rows.length;
    this.mean = new double[size];
    this.rho = new double[size];
    this.meanGradient = new double[size];
    this.rhoGradient = new double[size];
    this.moments = new double[4][size];
    this.drawn = new double[size];
    this.deviation = new double[size];
    this.normals = new float[size * config.particles()];
  }

  /**
   * Maximises J.
   *
   * @throws DivergedException if no step had a finite gradient
   */
  public Result run() {
    noise.fill(0, normals);
    for (int i = 0; i < size; i++) {
      // The distribution function of a normal number is uniform.
      mean[i] = INITIAL_RANGE * (2 * SpecialFunctions.normalCumulative(normals[i]) - 1);
    }
    Arrays.fill(rho, Math.log(Math.expm1(INITIAL_DEVIATION)));
    int skipped = 0;
    for (int step = 1; step <= config.steps(); step++) {
      noise.fill(step, normals);
      differentiate();
      if (isFinite(meanGradient) && isFinite(rhoGradient)) {
        ascend(step - skipped);
      } else {
        skipped++;
      }
    }
    if (skipped == config.steps()) {
      throw new DivergedException(
          "The evidence under a horseshoe prior has no finite gradient in any of "
              + skipped
              + " steps; look at the layer's posterior");
    }
    return new Result(scales(), skipped);
  }

  /** The gradient of J by mean and ρ. */
  private void differentiate() {
    Arrays.fill(meanGradient, 0);
    Arrays.fill(rhoGradient, 0);
    spread();
    for (int p = 0; p < config.particles(); p++) {
      draw(p);
      differentiateEvidence(p);
    }
    for (int i = 0; i < size; i++) {
      double s = deviation[i];
      double expected = rate(i) * Math.exp(mean[i] + 0.5 * s * s);
      meanGradient[i] = meanGradient[i] / config.particles() + shape(i) - expected;
      double byDeviation = rhoGradient[i] / config.particles() - s * expected + 1 / s;
      rhoGradient[i] = byDeviation * SpecialFunctions.logistic(rho[i]);
    }
  }

  private double shape(int i) {
    return i == 0 ? config.slabShape() : config.halfShape();
  }

  private double rate(int i) {
    return i == 0 ? config.slabRate() : 1;
  }

  private void spread() {
    for (int i = 0; i < size; i++) {
      deviation[i] = SpecialFunctions.softplus(rho[i]);
    }
  }

  private void draw(int particle) {
    for (int i = 0; i < size; i++) {
      drawn[i] = mean[i] + deviation[i] * normals[particle * size + i];
    }
  }

  /** ln of what the horseshoe alone gives of γ_i⁻², the slab aside. */
  private double logLocalPrecision(int row) {
    double local = drawn[firstRow + 2 * row] - drawn[firstRow + 2 * row + 1];
    if (layerScale > 0) {
      local += drawn[layerScale + 1] - drawn[layerScale];
    }
    return local - logGlobalVariance;
  }

  private void differentiateEvidence(int particle) {
    for (int row = 0; row < rows.length; row++) {
      double local = logLocalPrecision(row);
      double ratio = smaller(local, drawn[0]);
      double slope = rows[row].slope(-logSum(local, drawn[0], ratio));
      // Of γ⁻², what is not the slab's.
      double share = (local > drawn[0] ? 1 : ratio) / (1 + ratio);
      add(particle, 0, -slope * (1 - share));
      add(particle, firstRow + 2 * row, -slope * share);
      add(particle, firstRow + 2 * row + 1, slope * share);
      if (layerScale > 0) {
        add(particle, layerScale, slope * share);
        add(particle, layerScale + 1, -slope * share);
      }
    }
  }

  private void add(int particle, int i, double gradient) {
    meanGradient[i] += gradient;
    rhoGradient[i] += gradient * normals[particle * size + i];
  }

  /** The smaller of e^a and e^b in parts of the larger. */
  private static double smaller(double a, double b) {
    return Math.exp(-Math.abs(a - b));
  }

  /** ln(e^a + e^b), from {@link #smaller}; beside a and b the error of 1 + … does not matter. */
  private static double logSum(double a, double b, double smaller) {
    return Math.max(a, b) + Math.log(1 + smaller);
  }

  private static boolean isFinite(double[] values) {
    for (double value : values) {
      if (!Double.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  private void ascend(int step) {
    double correction1 = 1 / (1 - Math.pow(config.rule().beta1(), step));
    double correction2 = 1 / (1 - Math.pow(config.rule().beta2(), step));
    ascend(mean, meanGradient, moments[0], moments[1], correction1, correction2);
    ascend(rho, rhoGradient, moments[2], moments[3], correction1, correction2);
  }

  private void ascend(
      double[] parameter,
      double[] gradient,
      double[] first,
      double[] second,
      double correction1,
      double correction2) {
    Optimizer.AdaBelief rule = config.rule();
    for (int i = 0; i < size; i++) {
      first[i] = rule.beta1() * first[i] + (1 - rule.beta1()) * gradient[i];
      double surprise = gradient[i] - first[i];
      second[i] =
          rule.beta2() * second[i] + (1 - rule.beta2()) * surprise * surprise + rule.epsilonRoot();
      double scale = Math.sqrt(second[i] * correction2) + rule.epsilon();
      parameter[i] += config.learningRate() * first[i] * correction1 / scale;
    }
  }

  /** γ of each row from draws of the posterior. */
  private double[] scales() {
    double[][] draws = new double[rows.length][config.samples()];
    spread();
    for (int s = 0; s < config.samples(); s++) {
      int particle = s % config.particles();
      if (particle == 0) {
        noise.fill(config.steps() + 1L + s / config.particles(), normals);
      }
      draw(particle);
      for (int row = 0; row < rows.length; row++) {
        double local = logLocalPrecision(row);
        draws[row][s] = Math.exp(-0.5 * logSum(local, drawn[0], smaller(local, drawn[0])));
      }
    }
    double[] scales = new double[rows.length];
    for (int row = 0; row < rows.length; row++) {
      scales[row] = RegularisedHorseshoe.prunedScale(1, draws[row], Double.MIN_NORMAL);
    }
    return scales;
  }
}
