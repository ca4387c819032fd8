package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.INT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * The loops of {@link SimdEvidenceKernels} over one block of factors that stays in the first-level
 * cache, with the scratch memory of one thread.
 *
 * <p>In place of posterior over prior precision a, which overflows for certain weights, they work
 * with its inverse: with x = s²/v, y = μ²/v, r = v̂/v and d = r + (1 − r) x,
 *
 * <pre>ΔF = −½ (ln d + (1 − r) y / d)</pre>
 *
 * is the formula of {@link EvidenceKernels} with one logarithm, and exactly 0 at r = 1. For the
 * spike, where x alone may underflow, it is −ln(s/√v) − ½ (μ/s)².
 *
 * <p>As in {@link VariationalBlock}, each loop is a method that calls nothing but the Vector API.
 */
final class EvidenceBlock {

  /** Factors of one block: 4 KiB an array. */
  static final int SIZE = 1024;

  /** Factors whose logarithms are taken as one. */
  private static final int PRODUCT = 8;

  private static final int ROW = SimdSums.VIRTUAL_LANES;

  /** Between these, a product of four d has no subnormal partial product. */
  private static final float D_MIN = 0x1p-30f;

  private static final float D_MAX = 2;

  /**
   * Up to this, d is at least {@link #D_MIN} only where s² is no subnormal number, or r decides.
   */
  private static final float MOST_FACTOR = 0x1p60f;

  private static final float LN_2 = 0.6931472f;

  private static final ThreadLocal<EvidenceBlock> OF_THREAD =
      ThreadLocal.withInitial(EvidenceBlock::new);

  /** ΔF, or the terms of a sum. */
  final float[] terms = new float[SIZE];

  final float[] best = new float[SIZE];
  final float[] bestCandidate = new float[SIZE];

  private final float[] x = new float[SIZE];
  private final float[] y = new float[SIZE];
  private final float[] d = new float[SIZE];
  private final float[] logs = new float[SIZE];
  private final float[] quotients = new float[SIZE / PRODUCT];
  private final float[] exponents = new float[SIZE / PRODUCT];
  private final float[] lanes = new float[ROW];

  private final float[] meanCopy = new float[SIZE];
  private final float[] sdCopy = new float[SIZE];

  private float[] mean;
  private int meanAt;
  private float[] sd;
  private int sdAt;
  private int count;
  private int whole;
  private float rootPrecision;
  private float least;
  private float greatest;

  static EvidenceBlock ofThread() {
    return OF_THREAD.get();
  }

  /** Takes the next block; what is no whole number of vectors goes through copies. */
  void load(float[] mean, int meanAt, float[] sd, int sdAt, int count, float rootPrecision) {
    this.mean = mean;
    this.meanAt = meanAt;
    this.sd = sd;
    this.sdAt = sdAt;
    this.count = count;
    this.rootPrecision = rootPrecision;
    whole = VariationalBlock.whole(count);
    if (whole != count) {
      System.arraycopy(mean, meanAt, meanCopy, 0, count);
      Arrays.fill(meanCopy, count, whole, 0);
      System.arraycopy(sd, sdAt, sdCopy, 0, count);
      Arrays.fill(sdCopy, count, whole, 1);
      this.mean = meanCopy;
      this.sd = sdCopy;
      this.meanAt = this.sdAt = 0;
    }
  }

  /** Lets go of the caller's arrays. */
  void unload() {
    mean = meanCopy;
    sd = sdCopy;
  }

  /**
   * x and y of the block, and between which bounds x lies. The bits of floats from 0 on are ordered
   * as they are, those of NaN above or below all.
   */
  void prepare() {
    IntVector low = IntVector.broadcast(INT, Integer.MAX_VALUE);
    IntVector high = IntVector.broadcast(INT, Integer.MIN_VALUE);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector s = FloatVector.fromArray(FLOAT, sd, sdAt + i).mul(rootPrecision);
      FloatVector m = FloatVector.fromArray(FLOAT, mean, meanAt + i).mul(rootPrecision);
      FloatVector square = s.mul(s);
      square.intoArray(x, i);
      m.mul(m).intoArray(y, i);
      low = low.lanewise(MIN, square.reinterpretAsInts());
      high = high.lanewise(MAX, square.reinterpretAsInts());
    }
    least = Float.intBitsToFloat(low.reduceLanes(MIN));
    greatest = Float.intBitsToFloat(high.reduceLanes(MAX));
  }

  /** ΔF of the block into {@link #terms}, followed by zeros. */
  void deltaF(float ratio, float complement) {
    if (ratio == 0) {
      spike();
      return;
    }
    mixtures(ratio, complement);
    VectorMath.log(d, logs, whole);
    differences(complement);
    clearEnd();
  }

  /** ΔF of the spike into {@link #terms}, followed by zeros. Needs no {@link #prepare}. */
  void spike() {
    spread();
    VectorMath.log(d, logs, whole);
    savageDickey();
    clearEnd();
  }

  /** Σ of {@link #terms}. */
  double sumOfTerms() {
    return SimdSums.blockSum(terms, 0, count, lanes, 0);
  }

  /** Σ ΔF of the block. */
  double sum(float ratio, float complement) {
    float atLeast = ratio + complement * least;
    float atGreatest = ratio + complement * greatest;
    boolean safe =
        count == SIZE
            && Math.min(atLeast, atGreatest) >= D_MIN
            && Math.max(atLeast, atGreatest) <= D_MAX;
    if (!safe) {
      deltaF(ratio, complement);
      return sumOfTerms();
    }
    products(ratio, complement);
    return sumOfProducts(complement);
  }

  /**
   * Σ ΔF of the block for a single candidate, without a pass for x and y. Needs no {@link
   * #prepare}.
   *
   * @param factor (1 − r) / v
   */
  double sumOfSingle(float ratio, float complement, float factor) {
    if (count == SIZE && Math.abs(factor) <= MOST_FACTOR) {
      directProducts(ratio, factor);
      double sum = sumOfProducts(factor);
      // Too large d show in the sum, too small ones need not.
      if (least >= D_MIN && Double.isFinite(sum)) {
        return sum;
      }
    }
    prepare();
    return sum(ratio, complement);
  }

  private double sumOfProducts(float factor) {
    VectorMath.log(d, logs, SIZE / PRODUCT);
    productTerms(factor);
    return -0.5 * SimdSums.blockSum(terms, 0, SIZE / PRODUCT, lanes, 0);
  }

  private void clearEnd() {
    Arrays.fill(terms, count, Math.ceilDiv(count, ROW) * ROW, 0);
  }

  /** d; NaN where the reduced evidence diverges. */
  private void mixtures(float ratio, float complement) {
    for (int i = 0; i < whole; i += LANES) {
      FloatVector mixture =
          FloatVector.fromArray(FLOAT, x, i)
              .fma(broadcast(FLOAT, complement), broadcast(FLOAT, ratio));
      mixture.blend(Float.NaN, mixture.compare(LE, 0f)).intoArray(d, i);
    }
  }

  /** −½ (ln d + (1 − r) y / d). */
  private void differences(float complement) {
    for (int i = 0; i < whole; i += LANES) {
      FloatVector quotient =
          FloatVector.fromArray(FLOAT, y, i)
              .mul(complement)
              .div(FloatVector.fromArray(FLOAT, d, i));
      FloatVector.fromArray(FLOAT, logs, i).add(quotient).mul(-0.5f).intoArray(terms, i);
    }
  }

  /** s/√v in place of d. */
  private void spread() {
    for (int i = 0; i < whole; i += LANES) {
      FloatVector.fromArray(FLOAT, sd, sdAt + i).mul(rootPrecision).intoArray(d, i);
    }
  }

  /** −ln(s/√v) − ½ (μ/s)². */
  private void savageDickey() {
    for (int i = 0; i < whole; i += LANES) {
      FloatVector z =
          FloatVector.fromArray(FLOAT, mean, meanAt + i)
              .div(FloatVector.fromArray(FLOAT, sd, sdAt + i));
      z.mul(-0.5f).fma(z, FloatVector.fromArray(FLOAT, logs, i).neg()).intoArray(terms, i);
    }
  }

  /**
   * The terms of eight factors as one: Π d, and Σ y/d as one quotient over that product. Each half
   * of the product is scaled to 1 ≤ … < 2, so that no product leaves the range of float.
   */
  private void products(float ratio, float complement) {
    FloatVector r = broadcast(FLOAT, ratio);
    FloatVector c = broadcast(FLOAT, complement);
    int at = 0;
    for (int block = 0; block < SIZE; block += PRODUCT * ROW) {
      for (int lane = 0; lane < ROW; lane += LANES) {
        int i = block + lane;
        FloatVector d0 = FloatVector.fromArray(FLOAT, x, i).fma(c, r);
        FloatVector d1 = FloatVector.fromArray(FLOAT, x, i + ROW).fma(c, r);
        FloatVector d2 = FloatVector.fromArray(FLOAT, x, i + 2 * ROW).fma(c, r);
        FloatVector d3 = FloatVector.fromArray(FLOAT, x, i + 3 * ROW).fma(c, r);
        FloatVector d4 = FloatVector.fromArray(FLOAT, x, i + 4 * ROW).fma(c, r);
        FloatVector d5 = FloatVector.fromArray(FLOAT, x, i + 5 * ROW).fma(c, r);
        FloatVector d6 = FloatVector.fromArray(FLOAT, x, i + 6 * ROW).fma(c, r);
        FloatVector d7 = FloatVector.fromArray(FLOAT, x, i + 7 * ROW).fma(c, r);
        // y₀/d₀ + y₁/d₁ = (y₀ d₁ + y₁ d₀) / (d₀ d₁), and so on up.
        FloatVector n01 =
            FloatVector.fromArray(FLOAT, y, i)
                .fma(d1, FloatVector.fromArray(FLOAT, y, i + ROW).mul(d0));
        FloatVector n23 =
            FloatVector.fromArray(FLOAT, y, i + 2 * ROW)
                .fma(d3, FloatVector.fromArray(FLOAT, y, i + 3 * ROW).mul(d2));
        FloatVector n45 =
            FloatVector.fromArray(FLOAT, y, i + 4 * ROW)
                .fma(d5, FloatVector.fromArray(FLOAT, y, i + 5 * ROW).mul(d4));
        FloatVector n67 =
            FloatVector.fromArray(FLOAT, y, i + 6 * ROW)
                .fma(d7, FloatVector.fromArray(FLOAT, y, i + 7 * ROW).mul(d6));
        FloatVector p01 = d0.mul(d1);
        FloatVector p23 = d2.mul(d3);
        FloatVector p45 = d4.mul(d5);
        FloatVector p67 = d6.mul(d7);
        FloatVector n0 = n01.fma(p23, n23.mul(p01));
        FloatVector p0 = p01.mul(p23);
        FloatVector n1 = n45.fma(p67, n67.mul(p45));
        FloatVector p1 = p45.mul(p67);
        IntVector e0 = p0.reinterpretAsInts().and(0x7F800000);
        IntVector e1 = p1.reinterpretAsInts().and(0x7F800000);
        // Multiplied by this, the exponent becomes 0.
        FloatVector scale0 = IntVector.broadcast(INT, 0x7F000000).sub(e0).reinterpretAsFloats();
        FloatVector scale1 = IntVector.broadcast(INT, 0x7F000000).sub(e1).reinterpretAsFloats();
        p0 = p0.mul(scale0);
        p1 = p1.mul(scale1);
        FloatVector numerator = n0.mul(scale0).fma(p1, n1.mul(scale1).mul(p0));
        FloatVector product = p0.mul(p1);
        IntVector exponent = e0.lanewise(LSHR, 23).add(e1.lanewise(LSHR, 23)).sub(254);
        numerator.div(product).intoArray(quotients, at + lane);
        product.intoArray(d, at + lane);
        ((FloatVector) exponent.convert(I2F, 0)).intoArray(exponents, at + lane);
      }
      at += ROW;
    }
  }

  /**
   * As {@link #products} from s and μ themselves, so that reading them overlaps with all of the
   * arithmetic; x and y are without the division by v, which the factor (1 − r) / v makes up for.
   * Leaves the least d.
   */
  private void directProducts(float ratio, float factor) {
    FloatVector r = broadcast(FLOAT, ratio);
    FloatVector c = broadcast(FLOAT, factor);
    IntVector low = IntVector.broadcast(INT, Integer.MAX_VALUE);
    int at = 0;
    for (int block = 0; block < SIZE; block += PRODUCT * ROW) {
      for (int lane = 0; lane < ROW; lane += LANES) {
        int i = block + lane;
        FloatVector s0 = FloatVector.fromArray(FLOAT, sd, sdAt + i);
        FloatVector m0 = FloatVector.fromArray(FLOAT, mean, meanAt + i);
        FloatVector d0 = s0.mul(s0).fma(c, r);
        low = low.lanewise(MIN, d0.reinterpretAsInts());
        FloatVector s1 = FloatVector.fromArray(FLOAT, sd, sdAt + i + ROW);
        FloatVector m1 = FloatVector.fromArray(FLOAT, mean, meanAt + i + ROW);
        FloatVector d1 = s1.mul(s1).fma(c, r);
        low = low.lanewise(MIN, d1.reinterpretAsInts());
        FloatVector s2 = FloatVector.fromArray(FLOAT, sd, sdAt + i + 2 * ROW);
        FloatVector m2 = FloatVector.fromArray(FLOAT, mean, meanAt + i + 2 * ROW);
        FloatVector d2 = s2.mul(s2).fma(c, r);
        low = low.lanewise(MIN, d2.reinterpretAsInts());
        FloatVector s3 = FloatVector.fromArray(FLOAT, sd, sdAt + i + 3 * ROW);
        FloatVector m3 = FloatVector.fromArray(FLOAT, mean, meanAt + i + 3 * ROW);
        FloatVector d3 = s3.mul(s3).fma(c, r);
        low = low.lanewise(MIN, d3.reinterpretAsInts());
        FloatVector s4 = FloatVector.fromArray(FLOAT, sd, sdAt + i + 4 * ROW);
        FloatVector m4 = FloatVector.fromArray(FLOAT, mean, meanAt + i + 4 * ROW);
        FloatVector d4 = s4.mul(s4).fma(c, r);
        low = low.lanewise(MIN, d4.reinterpretAsInts());
        FloatVector s5 = FloatVector.fromArray(FLOAT, sd, sdAt + i + 5 * ROW);
        FloatVector m5 = FloatVector.fromArray(FLOAT, mean, meanAt + i + 5 * ROW);
        FloatVector d5 = s5.mul(s5).fma(c, r);
        low = low.lanewise(MIN, d5.reinterpretAsInts());
        FloatVector s6 = FloatVector.fromArray(FLOAT, sd, sdAt + i + 6 * ROW);
        FloatVector m6 = FloatVector.fromArray(FLOAT, mean, meanAt + i + 6 * ROW);
        FloatVector d6 = s6.mul(s6).fma(c, r);
        low = low.lanewise(MIN, d6.reinterpretAsInts());
        FloatVector s7 = FloatVector.fromArray(FLOAT, sd, sdAt + i + 7 * ROW);
        FloatVector m7 = FloatVector.fromArray(FLOAT, mean, meanAt + i + 7 * ROW);
        FloatVector d7 = s7.mul(s7).fma(c, r);
        low = low.lanewise(MIN, d7.reinterpretAsInts());
        // y₀/d₀ + y₁/d₁ = (y₀ d₁ + y₁ d₀) / (d₀ d₁), and so on up.
        FloatVector n01 = m0.mul(m0).fma(d1, m1.mul(m1).mul(d0));
        FloatVector n23 = m2.mul(m2).fma(d3, m3.mul(m3).mul(d2));
        FloatVector n45 = m4.mul(m4).fma(d5, m5.mul(m5).mul(d4));
        FloatVector n67 = m6.mul(m6).fma(d7, m7.mul(m7).mul(d6));
        FloatVector p01 = d0.mul(d1);
        FloatVector p23 = d2.mul(d3);
        FloatVector p45 = d4.mul(d5);
        FloatVector p67 = d6.mul(d7);
        FloatVector n0 = n01.fma(p23, n23.mul(p01));
        FloatVector p0 = p01.mul(p23);
        FloatVector n1 = n45.fma(p67, n67.mul(p45));
        FloatVector p1 = p45.mul(p67);
        IntVector e0 = p0.reinterpretAsInts().and(0x7F800000);
        IntVector e1 = p1.reinterpretAsInts().and(0x7F800000);
        // Multiplied by this, the exponent becomes 0.
        FloatVector scale0 = IntVector.broadcast(INT, 0x7F000000).sub(e0).reinterpretAsFloats();
        FloatVector scale1 = IntVector.broadcast(INT, 0x7F000000).sub(e1).reinterpretAsFloats();
        p0 = p0.mul(scale0);
        p1 = p1.mul(scale1);
        FloatVector numerator = n0.mul(scale0).fma(p1, n1.mul(scale1).mul(p0));
        FloatVector product = p0.mul(p1);
        IntVector exponent = e0.lanewise(LSHR, 23).add(e1.lanewise(LSHR, 23)).sub(254);
        numerator.div(product).intoArray(quotients, at + lane);
        product.intoArray(d, at + lane);
        ((FloatVector) exponent.convert(I2F, 0)).intoArray(exponents, at + lane);
      }
      at += ROW;
    }
    least = Float.intBitsToFloat(low.reduceLanes(MIN));
  }

  /** ln Π d + the factor · Σ y/d for each product. */
  private void productTerms(float factor) {
    for (int i = 0; i < SIZE / PRODUCT; i += LANES) {
      FloatVector log =
          FloatVector.fromArray(FLOAT, exponents, i)
              .fma(broadcast(FLOAT, LN_2), FloatVector.fromArray(FLOAT, logs, i));
      FloatVector.fromArray(FLOAT, quotients, i)
          .fma(broadcast(FLOAT, factor), log)
          .intoArray(terms, i);
    }
  }

  /** No candidate yet. */
  void clearBest() {
    Arrays.fill(best, Float.NEGATIVE_INFINITY);
    Arrays.fill(bestCandidate, 0);
  }

  /**
   * Candidate {@code candidate} takes the factors where its {@link #terms} beat the best so far.
   */
  void select(int candidate) {
    for (int i = 0; i < whole; i += LANES) {
      FloatVector term = FloatVector.fromArray(FLOAT, terms, i);
      FloatVector held = FloatVector.fromArray(FLOAT, best, i);
      FloatVector index = FloatVector.fromArray(FLOAT, bestCandidate, i);
      // NaN takes its place and, since nothing compares with it, keeps it.
      VectorMask<Float> takes = term.compare(LE, held).not();
      VectorMask<Float> open = held.compare(LE, Float.POSITIVE_INFINITY);
      VectorMask<Float> better = takes.and(open);
      held.blend(term, better).intoArray(best, i);
      index.blend(candidate, better).intoArray(bestCandidate, i);
    }
  }
}
