package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.KernelData.SIZES;
import static io.github.bmr4j.kernels.KernelData.assertClose;
import static io.github.bmr4j.kernels.KernelData.assertGuards;
import static io.github.bmr4j.kernels.KernelData.copy;
import static io.github.bmr4j.kernels.KernelData.guarded;
import static io.github.bmr4j.kernels.KernelData.uniform;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Means and variances of factors, and the update from their gradients. */
class MomentUpdateTest {

  private static final float SCALE = 0.3f;

  private static NormalFactors factors(int n) {
    return new NormalFactors(
        uniform(n, 1, -1, 1),
        uniform(n, 2, -8, 2),
        uniform(n, 3, -0.1, 0.1),
        uniform(n, 4, 0.001, 0.1),
        uniform(n, 5, -0.1, 0.1),
        uniform(n, 6, 0.001, 0.1));
  }

  private static Slice[] slices(NormalFactors q) {
    return new Slice[] {
      q.mean(), q.rho(), q.meanMoment1(), q.meanMoment2(), q.rhoMoment1(), q.rhoMoment2()
    };
  }

  private static VariationalStep step() {
    VariationalStep step = new VariationalStep();
    step.likelihoodWeight = 1 / 16f;
    step.klWeight = 1 / 100f;
    step.priorVariance = 0.8f;
    return step;
  }

  private static UpdateRule adam() {
    UpdateRule rule = new UpdateRule(UpdateRule.Kind.ADAM, 0.9f, 0.999f, 1e-8f, 0);
    rule.advance(3, 0.01f);
    return rule;
  }

  @Test
  void scalarMomentsFollowTheFormula() {
    int n = 60;
    NormalFactors q = factors(n);
    Slice mask = uniform(n, 9, 0, 1);
    Slice means = guarded(n);
    Slice variances = guarded(n);
    for (boolean rhoIsVariance : new boolean[] {false, true}) {
      new ScalarVariationalKernels()
          .moments(q, Slice.of(SCALE), mask, rhoIsVariance, means, variances);
      for (int i = 0; i < n; i++) {
        double s = (double) SCALE * mask.get(i);
        double softplus = Math.log1p(Math.exp(q.rho().get(i)));
        double variance = s * s * (rhoIsVariance ? softplus : softplus * softplus);
        assertEquals(s * q.mean().get(i), means.get(i), 1e-7);
        assertEquals(variance, variances.get(i), 1e-7 * variance);
      }
    }
  }

  @Test
  @Tag("width")
  void simdMomentsAgreeWithScalar() {
    try (WorkerPool pool = new WorkerPool(2)) {
      VariationalKernels simd = new SimdVariationalKernels(pool);
      for (int n : SIZES) {
        NormalFactors q = factors(n);
        for (Slice scale : new Slice[] {null, Slice.of(SCALE)}) {
          for (Slice mask : new Slice[] {null, uniform(n, 9, 0, 1)}) {
            for (boolean rhoIsVariance : new boolean[] {false, true}) {
              Slice[] expected = {guarded(n), guarded(n)};
              Slice[] actual = {guarded(n), guarded(n)};
              new ScalarVariationalKernels()
                  .moments(q, scale, mask, rhoIsVariance, expected[0], expected[1]);
              simd.moments(q, scale, mask, rhoIsVariance, actual[0], actual[1]);
              for (int i = 0; i < 2; i++) {
                assertClose(expected[i], actual[i], 0, 2e-6, "n = " + n + ", " + i);
                assertGuards(actual[i]);
              }
            }
          }
        }
      }
    }
  }

  /** t ∂m + …, and the slopes of the loss by ρ through σ(ρ), by central differences. */
  @Test
  void scalarGradientsAreSlopes() {
    int n = 60;
    Slice byMean = uniform(n, 7, -2, 2);
    Slice byVariance = uniform(n, 8, -2, 2);
    Slice mask = uniform(n, 9, 0, 1);
    VariationalStep step = step();
    for (boolean rhoIsVariance : new boolean[] {false, true}) {
      NormalFactors q = factors(n);
      new ScalarVariationalKernels()
          .updateByMoments(
              q, byMean, byVariance, Slice.of(SCALE), mask, rhoIsVariance, step, adam());
      NormalFactors start = factors(n);
      for (int i = 0; i < n; i++) {
        double mean = start.mean().get(i);
        double rho = start.rho().get(i);
        double s = (double) SCALE * mask.get(i);
        double dm = step.likelihoodWeight * byMean.get(i);
        double dv = step.likelihoodWeight * byVariance.get(i);
        double expectedMean = slope(x -> loss(x, rho, s, dm, dv, rhoIsVariance, step), mean);
        double expectedRho = slope(x -> loss(mean, x, s, dm, dv, rhoIsVariance, step), rho);
        double actualMean =
            (q.meanMoment1().get(i) - 0.9f * (double) start.meanMoment1().get(i)) / 0.1;
        double actualRho =
            (q.rhoMoment1().get(i) - 0.9f * (double) start.rhoMoment1().get(i)) / 0.1;
        assertEquals(expectedMean, actualMean, 2e-6, "μ " + i);
        assertEquals(expectedRho, actualRho, 2e-6, "ρ " + i);
      }
    }
  }

  private interface Function {
    double at(double x);
  }

  private static double slope(Function f, double x) {
    return (f.at(x + 1e-5) - f.at(x - 1e-5)) / 2e-5;
  }

  /** A loss whose slopes by the moments are dm and dv, and the divergence from N(0, v). */
  private static double loss(
      double mean,
      double rho,
      double s,
      double dm,
      double dv,
      boolean rhoIsVariance,
      VariationalStep step) {
    double softplus = Math.log1p(Math.exp(rho));
    double variance = rhoIsVariance ? softplus : softplus * softplus;
    double divergence =
        0.5 * ((mean * mean + variance) / step.priorVariance - 1 - Math.log(variance));
    return dm * s * mean + dv * s * s * variance + step.klWeight * divergence;
  }

  @Test
  @Tag("width")
  void simdAgreesWithScalar() {
    try (WorkerPool pool = new WorkerPool(1)) {
      VariationalKernels simd = new SimdVariationalKernels(pool);
      for (int n : SIZES) {
        Slice byMean = uniform(n, 7, -2, 2);
        Slice byVariance = uniform(n, 8, -2, 2);
        for (Slice scale : new Slice[] {null, Slice.of(SCALE)}) {
          for (Slice mask : new Slice[] {null, uniform(n, 9, 0, 1)}) {
            for (boolean rhoIsVariance : new boolean[] {false, true}) {
              NormalFactors expected = factors(n);
              NormalFactors actual = factors(n);
              new ScalarVariationalKernels()
                  .updateByMoments(
                      expected, byMean, byVariance, scale, mask, rhoIsVariance, step(), adam());
              simd.updateByMoments(
                  actual, byMean, byVariance, scale, mask, rhoIsVariance, step(), adam());
              for (int i = 0; i < 6; i++) {
                assertClose(
                    slices(expected)[i], slices(actual)[i], 1e-6, 1e-5, "n = " + n + ", " + i);
              }
            }
          }
        }
      }
    }
  }

  @Test
  @Tag("width")
  void neitherThreadsNorWidthChangeABit() {
    int n = 30_011;
    Slice byMean = uniform(n, 7, -2, 2);
    Slice byVariance = uniform(n, 8, -2, 2);
    for (int threads = 1; threads <= 3; threads++) {
      try (WorkerPool pool = new WorkerPool(threads)) {
        NormalFactors q = factors(n);
        new SimdVariationalKernels(pool)
            .updateByMoments(q, byMean, byVariance, null, null, true, step(), adam());
        // The same numbers on every vector width.
        assertEquals(7480343041462666465L, KernelData.checksum(slices(q)), threads + " threads");
        Slice[] moments = {guarded(n), guarded(n)};
        new SimdVariationalKernels(pool)
            .moments(factors(n), Slice.of(SCALE), null, false, moments[0], moments[1]);
        assertEquals(5674797657454587963L, KernelData.checksum(moments), threads + " threads");
      }
    }
  }

  /** After the JIT compiler has taken over, too. */
  @Test
  @Tag("width")
  void staysRightOnceCompiled() {
    int n = 70;
    Slice byMean = uniform(n, 7, -2, 2);
    Slice byVariance = uniform(n, 8, -2, 2);
    try (WorkerPool pool = new WorkerPool(1)) {
      VariationalKernels simd = new SimdVariationalKernels(pool);
      NormalFactors first = factors(n);
      simd.updateByMoments(first, byMean, byVariance, null, null, true, step(), adam());
      long expected = KernelData.checksum(slices(first));
      NormalFactors start = factors(n);
      for (int call = 0; call < 20_000; call++) {
        NormalFactors q =
            new NormalFactors(
                copy(start.mean()),
                copy(start.rho()),
                copy(start.meanMoment1()),
                copy(start.meanMoment2()),
                copy(start.rhoMoment1()),
                copy(start.rhoMoment2()));
        simd.updateByMoments(q, byMean, byVariance, null, null, true, step(), adam());
        assertEquals(expected, KernelData.checksum(slices(q)), "call " + call);
      }
    }
  }

  @Test
  void ivonIsRefused() {
    UpdateRule ivon = new UpdateRule(UpdateRule.Kind.IVON, 0.9f, 0.999f, 0, 0);
    ivon.advance(1, 0.1f);
    Slice g = uniform(3, 7, -2, 2);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new ScalarVariationalKernels()
                        .updateByMoments(factors(3), g, g, null, null, false, step(), ivon))
            .getMessage();
    assertEquals(
        "updateByMoments: IVON needs a draw of the weights, but here are only their moments; use"
            + " Adam or AdaBelief",
        message);
  }
}
