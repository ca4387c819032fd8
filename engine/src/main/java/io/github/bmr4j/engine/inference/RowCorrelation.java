package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.reduction.FullCovarianceReduction;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What makes the weights of an output unit depend on each other: b = μ + σ ∘ x with x = C ε and
 * standard normal ε, where C is lower triangular with rows of length 1,
 *
 * <pre>
 *   C_kl = T_kl/n_k (l &lt; k),   C_kk = 1/n_k,   n_k² = 1 + Σ_l T_kl².
 * </pre>
 *
 * Each covariance is diag(σ) C Cᵀ diag(σ) for just one σ and one T, which is free: nothing has to
 * be kept positive definite. μ and σ are mean and standard deviation of each weight by itself, as
 * they are under independence, where T = 0 and training starts. The divergence from independent
 * priors N(0, v) is that of independent factors, and Σ_k ln n_k for each row.
 *
 * <p>{@link Latent.Posterior#FULL_ROW} has a T for each row; {@link Latent.Posterior#MATRIX_NORMAL}
 * one for all, and σ_ik = a_i t_k: it is MN(M, diag(a²), V) with V = diag(t) C Cᵀ diag(t), the form
 * of Marković, Friston and Kiebel's code (arXiv 2309.12095). The row of a unit is [its weights, its
 * bias]; of d elements. In memory are d (d − 1)/2 numbers for each T, four times with the
 * optimiser's moments and the gradient. Draws and gradients cost the host 2 d² multiplications a
 * row.
 */
public final class RowCorrelation {

  private final Backend backend;
  private final String name;
  private final int rows;
  private final int columns;
  private final int width;
  private final int triangle;
  private final boolean shared;

  /** T by columns: T_kl of the first l, k = l+1 …, then of the next. */
  private final Slice factor;

  private final Slice moment1;
  private final Slice moment2;
  private final Slice gradient;
  private final Slice noise;

  /** ε, x and n as [rows, width]; n of a shared T as [width]. */
  private final float[] epsilon;

  private final float[] correlated;
  private final float[] norms;

  private final float[] p;
  private final float[] q;

  /** ln a and ln t, their moments and gradients: {@link #MATRIX_STATE} names them. */
  private final Slice[] logScales;

  private final double[] columnSums;

  private static final String[] MATRIX_STATE = {"log_row", "log_column"};

  private long drawn;

  RowCorrelation(
      Backend backend, String name, int rows, int columns, boolean bias, boolean shared) {
    this.backend = backend;
    this.name = name;
    this.rows = rows;
    this.columns = columns;
    this.width = columns + (bias ? 1 : 0);
    this.shared = shared;
    long numbers = width * (width - 1L) / 2;
    long all = numbers * (shared ? 1 : rows);
    if (all > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "The covariances of "
              + name
              + " have "
              + all
              + " numbers ("
              + rows
              + " rows of "
              + width
              + "), "
              + 16 * all
              + " bytes with what trains them; an array holds at most "
              + (Integer.MAX_VALUE - 8)
              + ": use a posterior that is matrix-normal or has independent weights");
    }
    this.triangle = (int) numbers;
    this.factor = allocate((int) all);
    this.moment1 = allocate((int) all);
    this.moment2 = allocate((int) all);
    this.gradient = allocate((int) all);
    this.noise = allocate(rows * width);
    this.epsilon = new float[rows * width];
    this.correlated = new float[rows * width];
    this.norms = new float[shared ? width : rows * width];
    this.p = new float[width];
    this.q = new float[width];
    this.columnSums = new double[width];
    this.logScales = new Slice[shared ? 8 : 0];
    for (int i = 0; i < logScales.length; i++) {
      logScales[i] = allocate(i < 4 ? rows : width);
    }
  }

  private Slice allocate(int size) {
    return new Slice(backend.memory().allocate(size), 0, size);
  }

  /** Where element k of a row lies in the layer: its weights first, row by row, then the biases. */
  private int at(int row, int k) {
    return k < columns ? row * columns + k : rows * columns + row;
  }

  private int group(int row) {
    return shared ? 0 : row;
  }

  /**
   * x of a draw.
   *
   * @param version of the draw; nothing is done if it is the one of the last call
   * @param seed of the noise
   * @param stream of the noise
   * @param step of the noise
   */
  void draw(long version, long seed, int stream, long step) {
    if (version == drawn) {
      return;
    }
    drawn = version;
    backend.noise().normal(seed, stream, step, noise);
    backend.memory().pull(noise);
    for (int row = 0; row < rows; row++) {
      for (int k = 0; k < width; k++) {
        epsilon[row * width + k] = noise.get(at(row, k));
      }
    }
    float[] t = factor.array();
    for (int g = 0; g < norms.length / Math.max(width, 1); g++) {
      norms(t, factor.offset() + g * triangle, norms, g * width, width);
    }
    for (int row = 0; row < rows; row++) {
      int from = row * width;
      int group = group(row);
      mix(t, factor.offset() + group * triangle, epsilon, correlated, from, width);
      for (int k = 0; k < width; k++) {
        correlated[from + k] /= norms[group * width + k];
      }
    }
  }

  /** x of an element of the layer. */
  float noise(int element) {
    int weights = rows * columns;
    return element < weights
        ? correlated[element / columns * width + element % columns]
        : correlated[(element - weights) * width + columns];
  }

  /** n_k of a row's or of the shared T. */
  private static void norms(float[] t, int from, float[] norms, int at, int width) {
    Arrays.fill(norms, at, at + width, 1);
    int column = from;
    for (int l = 0; l < width; l++) {
      int count = width - 1 - l;
      for (int j = 0; j < count; j++) {
        norms[at + l + 1 + j] += t[column + j] * t[column + j];
      }
      column += count;
    }
    for (int k = at; k < at + width; k++) {
      norms[k] = (float) Math.sqrt(norms[k]);
    }
  }

  /** x = (1 + T) ε. */
  private static void mix(float[] t, int from, float[] epsilon, float[] x, int at, int width) {
    System.arraycopy(epsilon, at, x, at, width);
    int column = from;
    for (int l = 0; l < width; l++) {
      int count = width - 1 - l;
      float e = epsilon[at + l];
      for (int j = 0; j < count; j++) {
        x[at + l + 1 + j] += t[column + j] * e;
      }
      column += count;
    }
  }

  /**
   * One step of T, after {@link #draw}.
   *
   * @param byNoise ∂/∂x of what is minimised without the divergence's own share, in the layer's
   *     order
   * @param klWeight factor of Σ ln n_k
   * @param rule the optimiser's step
   */
  void update(float[] byNoise, float klWeight, UpdateRule rule) {
    float[] d = gradient.array();
    Arrays.fill(d, gradient.offset(), gradient.offset() + gradient.length(), 0);
    for (int row = 0; row < rows; row++) {
      int from = row * width;
      int group = group(row);
      for (int k = 0; k < width; k++) {
        float n = norms[group * width + k];
        float h = byNoise[at(row, k)];
        p[k] = h / n;
        q[k] = (h * correlated[from + k] - klWeight) / (n * n);
      }
      int at = group * triangle;
      addGradient(
          factor.array(), factor.offset() + at, d, gradient.offset() + at, epsilon, from, p, q);
    }
    backend.memory().push(gradient);
    backend.variational().updatePoint(factor, gradient, moment1, moment2, 1, rule);
    backend.memory().pull(factor);
    drawn = 0;
  }

  /** ∂T_kl = p_k ε_l − q_k T_kl. */
  private static void addGradient(
      float[] t, int from, float[] d, int to, float[] epsilon, int at, float[] p, float[] q) {
    int width = p.length;
    int column = 0;
    for (int l = 0; l < width; l++) {
      int count = width - 1 - l;
      float e = epsilon[at + l];
      for (int j = 0; j < count; j++) {
        d[to + column + j] += p[l + 1 + j] * e - q[l + 1 + j] * t[from + column + j];
      }
      column += count;
    }
  }

  /** Whether the standard deviations are a_i t_k instead of free. */
  boolean sharesDeviations() {
    return shared;
  }

  /** Takes ln a and ln t from standard deviations of that form. */
  void startDeviations(Slice deviations) {
    Slice logRow = logScales[0];
    Slice logColumn = logScales[4];
    double[] byRow = new double[rows];
    double[] byColumn = new double[width];
    double all = 0;
    for (int row = 0; row < rows; row++) {
      for (int k = 0; k < width; k++) {
        double logarithm = Math.log(deviations.get(at(row, k)));
        byRow[row] += logarithm / width;
        byColumn[k] += logarithm / rows;
        all += logarithm / width / rows;
      }
    }
    for (int row = 0; row < rows; row++) {
      logRow.set(row, (float) byRow[row]);
    }
    for (int k = 0; k < width; k++) {
      logColumn.set(k, (float) (byColumn[k] - all));
    }
    backend.memory().push(logRow);
    backend.memory().push(logColumn);
  }

  /**
   * One step of a and t.
   *
   * @param deviations σ
   * @param byDeviation ∂σ
   * @param rule the optimiser's step
   * @param rho takes ρ with softplus(ρ) = σ
   */
  void updateDeviations(Slice deviations, float[] byDeviation, UpdateRule rule, Slice rho) {
    Slice byRow = logScales[3];
    Slice byColumn = logScales[7];
    Arrays.fill(columnSums, 0);
    for (int row = 0; row < rows; row++) {
      double sum = 0;
      for (int k = 0; k < width; k++) {
        int i = at(row, k);
        double share = (double) byDeviation[i] * deviations.get(i);
        sum += share;
        columnSums[k] += share;
      }
      byRow.set(row, (float) sum);
    }
    for (int k = 0; k < width; k++) {
      byColumn.set(k, (float) columnSums[k]);
    }
    for (int i = 0; i < logScales.length; i += 4) {
      backend.memory().push(logScales[i + 3]);
      backend
          .variational()
          .updatePoint(logScales[i], logScales[i + 3], logScales[i + 1], logScales[i + 2], 1, rule);
      backend.memory().pull(logScales[i]);
    }
    for (int row = 0; row < rows; row++) {
      for (int k = 0; k < width; k++) {
        double sigma = Math.exp((double) logScales[0].get(row) + logScales[4].get(k));
        rho.set(at(row, k), (float) SpecialFunctions.softplusInverse(sigma));
      }
    }
    backend.memory().push(rho);
  }

  /**
   * What the divergence of the weights in the model exceeds that of independent ones by: −½ ln|R|
   * of their correlations R, in nats.
   *
   * @param mask weights with 0 do not count; null if all do
   */
  double totalCorrelation(Slice mask) {
    double sum = 0;
    for (int row = 0; row < rows; row++) {
      int[] places = new int[width];
      int count = 0;
      for (int k = 0; k < width; k++) {
        if (mask == null || mask.get(at(row, k)) != 0) {
          places[count++] = k;
        }
      }
      sum += totalCorrelation(row, Arrays.copyOf(places, count));
    }
    return sum;
  }

  private double totalCorrelation(int row, int[] places) {
    double[][] c = factors(row, places);
    if (places.length == width) {
      double sum = 0;
      for (int k = 0; k < width; k++) {
        sum -= Math.log(c[k][k]);
      }
      return sum;
    }
    return places.length < 2 ? 0 : -0.5 * FullCovarianceReduction.logDeterminant(gram(c));
  }

  /** Rows of C. */
  private double[][] factors(int row, int[] places) {
    int from = factor.offset() + group(row) * triangle;
    double[][] c = new double[places.length][width];
    for (int i = 0; i < places.length; i++) {
      int k = places[i];
      double squares = 1;
      int column = from;
      for (int l = 0; l < k; l++) {
        c[i][l] = factor.array()[column + k - l - 1];
        squares += c[i][l] * c[i][l];
        column += width - 1 - l;
      }
      c[i][k] = 1;
      double norm = Math.sqrt(squares);
      for (int l = 0; l <= k; l++) {
        c[i][l] /= norm;
      }
    }
    return c;
  }

  private static double[][] gram(double[][] c) {
    double[][] product = new double[c.length][c.length];
    for (int i = 0; i < c.length; i++) {
      for (int k = 0; k <= i; k++) {
        double sum = 0;
        for (int l = 0; l < c[i].length; l++) {
          sum += c[i][l] * c[k][l];
        }
        product[i][k] = sum;
        product[k][i] = sum;
      }
    }
    return product;
  }

  /**
   * ΔF of removing weights together, in nats, in the determinant form of their joint posterior,
   * whose correlations with other weights do not matter (Savage and Dickey): rows are independent,
   * so it is a sum over rows.
   *
   * @param elements of the layer, each once
   * @param mean μ
   * @param deviations σ
   * @param priorVariance v
   */
  double removal(int[] elements, Slice mean, Slice deviations, double priorVariance) {
    int weights = rows * columns;
    SortedMap<Integer, int[]> byRow = new TreeMap<>();
    for (int element : elements) {
      boolean isWeight = element < weights;
      int row = isWeight ? element / columns : element - weights;
      int[] places = byRow.getOrDefault(row, new int[0]);
      places = Arrays.copyOf(places, places.length + 1);
      places[places.length - 1] = isWeight ? element % columns : columns;
      byRow.put(row, places);
    }
    double sum = 0;
    for (Map.Entry<Integer, int[]> row : byRow.entrySet()) {
      sum += removal(row.getKey(), row.getValue(), mean, deviations, priorVariance);
    }
    return sum;
  }

  private double removal(
      int row, int[] places, Slice mean, Slice deviations, double priorVariance) {
    double[] location = new double[places.length];
    for (int i = 0; i < places.length; i++) {
      location[i] = mean.get(at(row, places[i]));
    }
    return FullCovarianceReduction.spikeDeltaF(
        location, covariance(row, places, deviations), priorVariance);
  }

  /**
   * The covariance of some of a row's elements.
   *
   * @param row from 0
   * @param places in the row
   * @param deviations σ
   */
  double[][] covariance(int row, int[] places, Slice deviations) {
    double[][] covariance = gram(factors(row, places));
    for (int i = 0; i < places.length; i++) {
      for (int k = 0; k < places.length; k++) {
        covariance[i][k] *=
            (double) deviations.get(at(row, places[i])) * deviations.get(at(row, places[k]));
      }
    }
    return covariance;
  }

  /** T, of all rows one after the other, each by columns; who writes into it pushes it. */
  public Slice factor() {
    return factor;
  }

  /** Parameters and optimiser moments by their names. */
  Map<String, Slice> state() {
    Map<String, Slice> state = new HashMap<>();
    state.put(name + ".correlation", factor);
    state.put(name + ".correlation.moment1", moment1);
    state.put(name + ".correlation.moment2", moment2);
    for (int i = 0; i < logScales.length; i += 4) {
      String what = name + "." + MATRIX_STATE[i / 4];
      state.put(what, logScales[i]);
      state.put(what + ".moment1", logScales[i + 1]);
      state.put(what + ".moment2", logScales[i + 2]);
    }
    return state;
  }
}
