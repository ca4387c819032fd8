package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.KernelData.SIZES;
import static io.github.bmr4j.kernels.KernelData.assertClose;
import static io.github.bmr4j.kernels.KernelData.copy;
import static io.github.bmr4j.kernels.KernelData.guarded;
import static io.github.bmr4j.kernels.KernelData.uniform;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class VariationalKernelsTest {

  private static final List<UpdateRule.Kind> KINDS = List.of(UpdateRule.Kind.values());
  private static final List<VariationalStep.Divergence> DIVERGENCES =
      List.of(VariationalStep.Divergence.values());

  private static final WorkerPool POOL = new WorkerPool(1);

  private final VariationalKernels scalar = new ScalarVariationalKernels();
  private final VariationalKernels simd = new SimdVariationalKernels(POOL);

  @AfterAll
  static void close() {
    POOL.close();
  }

  private static NormalFactors factors(int n) {
    return new NormalFactors(
        uniform(n, 1, -1, 1),
        uniform(n, 2, -8, 2),
        uniform(n, 3, -0.1, 0.1),
        uniform(n, 4, 0.001, 0.1),
        uniform(n, 5, -0.1, 0.1),
        uniform(n, 6, 0.001, 0.1));
  }

  /** With a curvature in place of rho's first moment. */
  private static NormalFactors factors(int n, UpdateRule.Kind kind) {
    NormalFactors q = factors(n);
    return kind != UpdateRule.Kind.IVON
        ? q
        : new NormalFactors(
            q.mean(),
            q.rho(),
            q.meanMoment1(),
            q.meanMoment2(),
            uniform(n, 9, -0.01, 5),
            q.rhoMoment2());
  }

  private static NormalFactors copies(NormalFactors q) {
    return new NormalFactors(
        copy(q.mean()),
        copy(q.rho()),
        copy(q.meanMoment1()),
        copy(q.meanMoment2()),
        copy(q.rhoMoment1()),
        copy(q.rhoMoment2()));
  }

  private static Slice[] slices(NormalFactors q) {
    return new Slice[] {
      q.mean(), q.rho(), q.meanMoment1(), q.meanMoment2(), q.rhoMoment1(), q.rhoMoment2()
    };
  }

  private static VariationalStep step(VariationalStep.Divergence divergence) {
    VariationalStep step = new VariationalStep();
    step.divergence = divergence;
    step.likelihoodWeight = 1 / 16f;
    step.klWeight = 1 / 100f;
    step.priorVariance = 0.8f;
    step.seed = 77;
    step.stream = 4;
    step.step = 1L << 33 | 5;
    return step;
  }

  private static UpdateRule rule(UpdateRule.Kind kind) {
    boolean belief = kind == UpdateRule.Kind.ADABELIEF;
    float epsilon = belief ? 1e-16f : 1e-8f;
    UpdateRule rule = new UpdateRule(kind, 0.9f, 0.999f, epsilon, belief ? 1e-16f : 0);
    rule.advance(3, 0.01f);
    return rule;
  }

  /** The formulas once more, written down in one piece from the interface's text, in double. */
  private static double[] independentUpdate(
      NormalFactors q,
      int i,
      double epsilon,
      double gradient,
      double factor,
      VariationalStep step,
      UpdateRule rule) {
    double mu = q.mean().get(i);
    double rho = q.rho().get(i);
    double sigma = Math.log(1 + Math.exp(rho));
    double v = step.priorVariance;
    double b = mu + sigma * epsilon;
    boolean analytic = step.divergence == VariationalStep.Divergence.ANALYTIC;
    double g = step.likelihoodWeight * factor * gradient;
    if (rule.kind == UpdateRule.Kind.IVON) {
      return independentIvon(q, i, epsilon, g, sigma, step, rule);
    }
    double byMu = g + step.klWeight * (analytic ? mu / v : b / v);
    double bySigma =
        g * epsilon + step.klWeight * ((analytic ? sigma / v : b * epsilon / v) - 1 / sigma);
    double byRho = bySigma / (1 + Math.exp(-rho));
    double[] result = new double[6];
    one(rule, byMu, mu, q.meanMoment1().get(i), q.meanMoment2().get(i), result, 0, 2, 3);
    one(rule, byRho, rho, q.rhoMoment1().get(i), q.rhoMoment2().get(i), result, 1, 4, 5);
    return result;
  }

  /** Algorithm 1 of Shen et al. 2024, line by line. */
  private static double[] independentIvon(
      NormalFactors q,
      int i,
      double epsilon,
      double g,
      double sigma,
      VariationalStep step,
      UpdateRule rule) {
    double b1 = rule.beta1;
    double b2 = rule.beta2;
    double lambda = 1 / step.klWeight;
    double delta = 1 / (lambda * step.priorVariance);
    double mu = q.mean().get(i);
    double theta = mu + sigma * epsilon;
    double hHat = g * (theta - mu) / (sigma * sigma);
    double m = b1 * q.meanMoment1().get(i) + (1 - b1) * g;
    double h = q.rhoMoment1().get(i);
    h = b2 * h + (1 - b2) * hHat + 0.5 * Math.pow((1 - b2) * (h - hHat), 2) / (h + delta);
    double mBar = m / (1 - Math.pow(b1, 3));
    double newMu = mu - rule.learningRate() * (mBar + delta * mu) / (h + delta);
    double newSigma = 1 / Math.sqrt(lambda * (h + delta));
    double rho = Math.log(Math.expm1(newSigma));
    return new double[] {newMu, rho, m, q.meanMoment2().get(i), h, q.rhoMoment2().get(i)};
  }

  private static void one(
      UpdateRule rule,
      double g,
      double theta,
      double m,
      double v,
      double[] result,
      int p,
      int first,
      int second) {
    double b1 = rule.beta1;
    double b2 = rule.beta2;
    double newM = b1 * m + (1 - b1) * g;
    double newV =
        rule.kind == UpdateRule.Kind.ADAM
            ? b2 * v + (1 - b2) * g * g
            : b2 * v + (1 - b2) * (g - newM) * (g - newM) + rule.epsilonRoot;
    double mHat = newM / (1 - Math.pow(b1, 3));
    double vHat = newV / (1 - Math.pow(b2, 3));
    result[p] = theta - rule.learningRate() * mHat / (Math.sqrt(vHat) + rule.epsilon);
    result[first] = newM;
    result[second] = newV;
  }

  @Test
  void scalarUpdateFollowsTheFormulas() {
    int n = 130;
    Slice gradient = uniform(n, 7, -2, 2);
    Slice mask = uniform(n, 8, 0, 1);
    Slice epsilon = guarded(n);
    Slice scale = Slice.of(0.3f);
    for (UpdateRule.Kind kind : UpdateRule.Kind.values()) {
      for (VariationalStep.Divergence divergence : VariationalStep.Divergence.values()) {
        VariationalStep step = step(divergence);
        UpdateRule rule = rule(kind);
        new ScalarNoiseKernels().normal(step.seed, step.stream, step.step, epsilon);
        NormalFactors before = factors(n, kind);
        NormalFactors q = copies(before);
        scalar.update(q, gradient, scale, mask, step, rule);
        Slice[] after = slices(q);
        for (int i = 0; i < n; i++) {
          double factor = scale.get(0) * mask.get(i);
          double[] expected =
              independentUpdate(before, i, epsilon.get(i), gradient.get(i), factor, step, rule);
          for (int k = 0; k < 6; k++) {
            double tolerance = 1e-6 * (0.01 + Math.abs(expected[k]));
            assertEquals(expected[k], after[k].get(i), tolerance, kind + " " + k + " at " + i);
          }
        }
      }
    }
  }

  /**
   * With β₁ = 0 the first moment is the gradient itself: it must be the slope of the divergence,
   * which {@link VariationalKernels#klDivergence} computes by another formula.
   */
  @Test
  void gradientsAreTheSlopesOfTheDivergence() {
    float v = 0.8f;
    for (float[] point : new float[][] {{0.4f, -2}, {-1.2f, 0.5f}, {0.01f, -6}, {2, 3}}) {
      UpdateRule rule = new UpdateRule(UpdateRule.Kind.ADAM, 0, 0.9f, 1e-8f, 0);
      rule.advance(1, 0.1f);
      VariationalStep step = step(VariationalStep.Divergence.ANALYTIC);
      step.klWeight = 1;
      NormalFactors q =
          new NormalFactors(
              Slice.of(point[0]),
              Slice.of(point[1]),
              Slice.allocate(1),
              Slice.allocate(1),
              Slice.allocate(1),
              Slice.allocate(1));
      scalar.update(q, Slice.allocate(1), null, null, step, rule);
      float h = 1 / 256f;
      double byMean =
          (divergence(point[0] + h, point[1], v) - divergence(point[0] - h, point[1], v)) / (2 * h);
      double byRho =
          (divergence(point[0], point[1] + h, v) - divergence(point[0], point[1] - h, v)) / (2 * h);
      assertEquals(byMean, q.meanMoment1().get(0), 1e-4 * (1 + Math.abs(byMean)));
      assertEquals(byRho, q.rhoMoment1().get(0), 1e-4 * (1 + Math.abs(byRho)));
    }
  }

  private double divergence(float mean, float rho, float v) {
    return scalar.klDivergence(Slice.of(mean), Slice.of(rho), null, v);
  }

  @Test
  void divergenceLeavesOutWhatIsMasked() {
    Slice mean = Slice.of(0.4f, 9, -1);
    Slice rho = Slice.of(-2, -3, 1);
    double kept = divergence(0.4f, -2, 1) + divergence(-1, 1, 1);
    for (VariationalKernels kernels : List.of(scalar, simd)) {
      double masked = kernels.klDivergence(mean, rho, Slice.of(1, 0, 0.5f), 1);
      assertEquals(kept, masked, 1e-6);
    }
  }

  /** The divergence against its integral ∫ q ln (q/p). */
  @Test
  void divergenceIsTheIntegral() {
    for (float[] c : new float[][] {{0.4f, -2, 0.8f}, {-1, 1, 2}, {0, 0.5413248f, 1}}) {
      double sigma = Math.log1p(Math.exp(c[1]));
      double sum = 0;
      double h = sigma / 200;
      for (double x = c[0] - 12 * sigma; x < c[0] + 12 * sigma; x += h) {
        double z = (x - c[0]) / sigma;
        double lnQ = -0.5 * z * z - Math.log(sigma);
        double lnP = -0.5 * x * x / c[2] - 0.5 * Math.log(c[2]);
        sum += h * Math.exp(lnQ) / Math.sqrt(2 * Math.PI) * (lnQ - lnP);
      }
      assertEquals(sum, divergence(c[0], c[1], c[2]), 1e-9);
    }
  }

  @Test
  @Tag("width")
  void simdAgreesWithScalar() {
    for (int n : SIZES) {
      NormalFactors start = factors(n);
      Slice gradient = uniform(n, 7, -2, 2);
      Slice expected = guarded(n);
      Slice actual = guarded(n);
      int variant = 0;
      for (Slice scale : new Slice[] {null, Slice.of(0.3f)}) {
        for (Slice mask : new Slice[] {null, uniform(n, 8, 0, 1)}) {
          String what = "n = " + n + ", variant " + variant;
          scalar.sample(start, scale, mask, 5, 6, 7, expected);
          simd.sample(start, scale, mask, 5, 6, 7, actual);
          // The noise's own error is 2⁻²⁰, times σ, which is less than 2.2.
          assertClose(expected, actual, 3e-6, 1e-6, "sample, " + what);
          scalar.mean(start, scale, mask, expected);
          simd.mean(start, scale, mask, actual);
          assertClose(expected, actual, 0, 0x1p-22, "mean, " + what);
          VariationalStep step = step(DIVERGENCES.get(variant % 2));
          UpdateRule rule = rule(KINDS.get(variant / 2));
          compareUpdates(start, gradient, scale, mask, step, rule, what);
          UpdateRule ivon = rule(UpdateRule.Kind.IVON);
          compareUpdates(factors(n, ivon.kind), gradient, scale, mask, step, ivon, "IVON, " + what);
          variant++;
        }
      }
      Slice mask = uniform(n, 8, -1, 1);
      for (int i = 0; i < n; i++) {
        mask.set(i, Math.max(mask.get(i), 0));
      }
      for (Slice kept : new Slice[] {null, mask}) {
        double kl = scalar.klDivergence(start.mean(), start.rho(), kept, 0.8f);
        double actualKl = simd.klDivergence(start.mean(), start.rho(), kept, 0.8f);
        assertEquals(kl, actualKl, 1e-6 * Math.abs(kl), "divergence, n = " + n);
      }
    }
  }

  private void compareUpdates(
      NormalFactors start,
      Slice gradient,
      Slice scale,
      Slice mask,
      VariationalStep step,
      UpdateRule rule,
      String what) {
    NormalFactors q = copies(start);
    NormalFactors r = copies(start);
    scalar.update(q, gradient, scale, mask, step, rule);
    simd.update(r, gradient, scale, mask, step, rule);
    Slice[] expected = slices(q);
    Slice[] actual = slices(r);
    for (int k = 0; k < 6; k++) {
      assertClose(expected[k], actual[k], 2e-6, 4e-6, "update " + k + ", " + what);
    }
    if (rule.kind == UpdateRule.Kind.IVON) {
      return;
    }
    scalar.updatePoint(q.mean(), gradient, q.meanMoment1(), q.meanMoment2(), 0.25f, rule);
    simd.updatePoint(r.mean(), gradient, r.meanMoment1(), r.meanMoment2(), 0.25f, rule);
    assertClose(q.mean(), r.mean(), 4e-6, 4e-6, "point, " + what);
    assertClose(q.meanMoment1(), r.meanMoment1(), 4e-6, 4e-6, "point's moment, " + what);
    assertClose(q.meanMoment2(), r.meanMoment2(), 4e-6, 4e-6, "point's moment, " + what);
  }

  @Test
  @Tag("width")
  void neitherThreadsNorWidthChangeABit() {
    int n = 30_011;
    Slice gradient = uniform(n, 7, -2, 2);
    Slice mask = uniform(n, 8, 0, 1);
    long first = 0;
    for (int threads = 1; threads <= 3; threads++) {
      try (WorkerPool pool = new WorkerPool(threads)) {
        VariationalKernels kernels = new SimdVariationalKernels(pool);
        NormalFactors q = factors(n);
        Slice w = guarded(n);
        UpdateRule rule = rule(UpdateRule.Kind.ADABELIEF);
        kernels.update(q, gradient, null, mask, step(VariationalStep.Divergence.SAMPLED), rule);
        kernels.sample(q, null, mask, 1, 2, 3, w);
        long bits = KernelData.checksum(slices(q)) * 31 + KernelData.checksum(w);
        double kl = kernels.klDivergence(q.mean(), q.rho(), null, 1);
        bits = bits * 31 + Double.doubleToLongBits(kl);
        NormalFactors r = factors(n, UpdateRule.Kind.IVON);
        UpdateRule ivon = rule(UpdateRule.Kind.IVON);
        kernels.update(r, gradient, null, mask, step(VariationalStep.Divergence.ANALYTIC), ivon);
        bits = bits * 31 + KernelData.checksum(slices(r));
        first = threads == 1 ? bits : first;
        assertEquals(first, bits, threads + " threads");
      }
    }
    assertEquals(VARIATIONAL_CHECKSUM, first);
  }

  /** What a weight becomes must not depend on where its neighbours end. */
  @Test
  @Tag("width")
  void aFactorsUpdateDependsOnItsIndexAlone() {
    NormalFactors whole = factors(700);
    Slice gradient = uniform(700, 7, -2, 2);
    UpdateRule rule = rule(UpdateRule.Kind.ADAM);
    VariationalStep step = step(VariationalStep.Divergence.ANALYTIC);
    NormalFactors updated = copies(whole);
    simd.update(updated, gradient, null, null, step, rule);
    for (int n : new int[] {1, 5, 64, 513, 699}) {
      NormalFactors part =
          new NormalFactors(
              copy(whole.mean()).slice(0, n),
              copy(whole.rho()).slice(0, n),
              copy(whole.meanMoment1()).slice(0, n),
              copy(whole.meanMoment2()).slice(0, n),
              copy(whole.rhoMoment1()).slice(0, n),
              copy(whole.rhoMoment2()).slice(0, n));
      simd.update(part, gradient.slice(0, n), null, null, step, rule);
      for (int k = 0; k < 6; k++) {
        KernelData.assertSame(slices(updated)[k].slice(0, n), slices(part)[k], "n = " + n);
        assertEquals(
            slices(whole)[k].get(n),
            slices(part)[k].array()[slices(part)[k].offset() + n],
            "element after the slice");
      }
    }
  }

  @Test
  @Tag("width")
  void staysRightOnceCompiled() {
    int n = 70;
    Slice gradient = uniform(n, 7, -2, 2);
    VariationalStep step = step(VariationalStep.Divergence.ANALYTIC);
    for (UpdateRule.Kind kind : List.of(UpdateRule.Kind.ADABELIEF, UpdateRule.Kind.IVON)) {
      NormalFactors start = factors(n, kind);
      UpdateRule rule = rule(kind);
      NormalFactors q = copies(start);
      simd.update(q, gradient, null, null, step, rule);
      NormalFactors r = copies(start);
      for (int call = 0; call < 20_000; call++) {
        for (int k = 0; k < 6; k++) {
          slices(r)[k].copyFrom(slices(start)[k].array(), slices(start)[k].offset());
        }
        simd.update(r, gradient, null, null, step, rule);
      }
      for (int k = 0; k < 6; k++) {
        KernelData.assertSame(slices(q)[k], slices(r)[k], kind + ", slice " + k);
      }
    }
  }

  /** A ρ far below the least: σ is not 0, everything stays finite, and the entropy pushes ρ up. */
  @Test
  void aVanishingScaleRecovers() {
    for (VariationalKernels kernels : List.of(scalar, simd)) {
      NormalFactors q =
          new NormalFactors(
              Slice.of(0.5f),
              Slice.of(-500f),
              Slice.allocate(1),
              Slice.allocate(1),
              Slice.allocate(1),
              Slice.allocate(1));
      assertTrue(Double.isFinite(kernels.klDivergence(q.mean(), q.rho(), null, 1)));
      VariationalStep step = step(VariationalStep.Divergence.ANALYTIC);
      UpdateRule rule = rule(UpdateRule.Kind.ADAM);
      kernels.update(q, Slice.of(1f), null, null, step, rule);
      assertTrue(q.rho().get(0) > -500f, "ρ = " + q.rho().get(0));
      assertTrue(Float.isFinite(q.mean().get(0)));
    }
  }

  @Test
  @Tag("width")
  void scalesAreAccurateOverTheirRange() {
    int n = 4096;
    Slice rho = uniform(n, 9, -45, 45);
    float[] sigma = new float[n];
    float[] slope = new float[n];
    SimdScale.of(rho.array(), rho.offset(), n, sigma, slope);
    for (int i = 0; i < n; i++) {
      double r = Math.max(rho.get(i), VariationalKernels.RHO_MIN);
      double s = Math.max(r, 0) + Math.log1p(Math.exp(-Math.abs(r)));
      double d = 1 / (1 + Math.exp(-r));
      assertEquals(s, sigma[i], 0x1p-21 * s, "σ of " + r);
      assertEquals(d, slope[i], 0x1p-21 * d, "slope at " + r);
    }
  }

  @Test
  @Tag("width")
  void logarithmsAreAccurateOverTheirRange() {
    int n = 1 << 16;
    float[] x = new float[n];
    float[] y = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = Float.intBitsToFloat(0x00800000 + (int) (i * (long) (0x7F000000 - 1) / n));
    }
    x[0] = 1;
    VectorMath.log(x, y, n);
    for (int i = 0; i < n; i++) {
      double expected = Math.log(x[i]);
      assertEquals(expected, y[i], 2 * Math.ulp((float) expected), "ln " + x[i]);
    }
    assertEquals(0f, y[0]);
    float[] special = new float[16];
    special[1] = -1;
    special[2] = Float.NaN;
    special[3] = Float.POSITIVE_INFINITY;
    special[4] = Float.MIN_VALUE;
    special[5] = x[77];
    float[] logs = new float[16];
    VectorMath.log(special, logs, 16);
    for (int i = 0; i < 5; i++) {
      assertEquals((float) Math.log(special[i]), logs[i], "ln " + special[i]);
    }
    assertEquals(y[77], logs[5]);
  }

  @Test
  void badArgumentsAreNamed() {
    for (VariationalKernels kernels : List.of(scalar, simd)) {
      NormalFactors q = factors(3);
      Slice two = Slice.of(1, 2);
      Slice three = Slice.of(1, 2, 3);
      VariationalStep step = step(VariationalStep.Divergence.ANALYTIC);
      UpdateRule rule = rule(UpdateRule.Kind.ADAM);
      fails(() -> kernels.sample(q, null, null, 1, 1, 1, two));
      fails(() -> kernels.sample(q, two, null, 1, 1, 1, three));
      fails(() -> kernels.sample(q, null, two, 1, 1, 1, three));
      fails(() -> kernels.mean(q, null, null, q.mean()));
      fails(() -> kernels.update(q, two, null, null, step, rule));
      fails(() -> kernels.klDivergence(two, three, null, 1));
      fails(() -> kernels.klDivergence(three, three, null, -1));
      fails(() -> kernels.klDivergence(three, three, two, 1));
      fails(() -> kernels.updatePoint(two, two, two, three, 1, rule));
      UpdateRule ivon = rule(UpdateRule.Kind.IVON);
      fails(() -> kernels.updatePoint(two, two, two, two, 1, ivon));
      step.klWeight = 0;
      fails(() -> kernels.update(q, three, null, null, step, ivon));
      step.priorVariance = 0;
      fails(() -> kernels.update(q, three, null, null, step, rule));
    }
  }

  private static void fails(Runnable call) {
    assertThrows(IllegalArgumentException.class, call::run);
  }

  /** Recorded at 512 bits; every width gives it. */
  private static final long VARIATIONAL_CHECKSUM = 4814136255910995059L;
}
