package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.KernelData.SIZES;
import static io.github.bmr4j.kernels.KernelData.assertGuards;
import static io.github.bmr4j.kernels.KernelData.assertSame;
import static io.github.bmr4j.kernels.KernelData.guarded;
import static io.github.bmr4j.kernels.KernelData.uniform;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvidenceKernelsTest {

  private static final float[] REDUCED = {0, 1e-16f, 1e-3f, 0.01f, 0.1f, 0.35f, 0.7f, 1.3f};
  private static final float PRIOR = 0.7f;
  private static final WorkerPool POOL = new WorkerPool(1);

  private final EvidenceKernels scalar = new ScalarEvidenceKernels();
  private final EvidenceKernels simd = new SimdEvidenceKernels(POOL);

  @AfterAll
  static void close() {
    POOL.close();
  }

  /** The error that {@link EvidenceKernels} promises. */
  private static double tolerance(double mean, double sd, double priorVariance) {
    double a = priorVariance / (sd * sd);
    return 0x1p-20 * (1 + Math.abs(0.5 * Math.log(a)) + 0.5 * mean * mean / (sd * sd));
  }

  /** Standard deviations over the range that training gives, and sometimes far below it. */
  private static Slice deviations(int n, long seed) {
    Slice sd = uniform(n, seed, -6, 0);
    for (int i = 0; i < n; i++) {
      sd.set(i, (float) Math.exp(sd.get(i) * (i % 3000 == 2999 ? 3 : 1)));
    }
    return sd;
  }

  @Test
  @Tag("width")
  void goldenScalarCases() {
    Map<?, ?> golden = Json.resource("markovic.json");
    int checked = 0;
    for (Object item : (List<?>) golden.get("scalar_mean_field")) {
      Map<?, ?> c = (Map<?, ?>) item;
      checked += check(c, number(c, "gamma2"), number(c, "deltaF"));
    }
    Map<?, ?> limit = (Map<?, ?>) golden.get("scalar_spike_limit");
    for (Object item : (List<?>) limit.get("cases")) {
      Map<?, ?> c = (Map<?, ?>) item;
      checked += check(c, 0, number(c, "deltaF0"));
    }
    assertEquals(2 * (12 + 7), checked);
  }

  private int check(Map<?, ?> c, double reduced, double expected) {
    double mean = number(c, "mu");
    double sd = 1 / Math.sqrt(number(c, "pi"));
    double prior = number(c, "sigma2");
    // The inputs are rounded to float: z = μ/s moves by 2⁻²³, and so does ln a.
    double tolerance = 3 * tolerance(mean, sd, prior);
    for (EvidenceKernels kernels : List.of(scalar, simd)) {
      Slice out = guarded(1);
      kernels.deltaF(
          Slice.of((float) mean), Slice.of((float) sd), (float) prior, (float) reduced, out);
      assertEquals(expected, out.get(0), tolerance, kernels.getClass() + " " + c);
    }
    return 2;
  }

  @Test
  @Tag("width")
  void goldenVector() {
    Map<?, ?> c = (Map<?, ?>) Json.resource("markovic.json").get("vector_mean_field");
    List<?> mu = (List<?>) c.get("mu");
    double[] sums = new double[1];
    double total = 0;
    for (int i = 0; i < mu.size(); i++) {
      Slice mean = Slice.of((float) number(mu, i));
      Slice sd = Slice.of((float) (1 / Math.sqrt(number((List<?>) c.get("pi"), i))));
      float reduced = (float) number((List<?>) c.get("gamma2"), i);
      simd.deltaFSums(mean, sd, 1, new float[] {reduced}, sums);
      assertEquals(number((List<?>) c.get("deltaF_elementwise"), i), sums[0], 2e-5);
      total += sums[0];
    }
    assertEquals(number(c, "deltaF_sum"), total, 5e-5);
  }

  /** The scalar kernel works with 1/a; here is the formula as the interface has it. */
  @Test
  void scalarFollowsTheFormula() {
    for (double sd : new double[] {1e-4, 0.01, 0.3, 0.8}) {
      for (float reduced : REDUCED) {
        double a = PRIOR / (sd * sd);
        double r = (double) reduced / PRIOR;
        double m = 1 + r * (a - 1);
        double square = 0.04 / (sd * sd);
        double expected = 0.5 * Math.log(a) - 0.5 * Math.log(m) - 0.5 * square * (1 - r) / m;
        double actual = ScalarEvidenceKernels.deltaF(0.2, sd, PRIOR, reduced);
        if (m > 0) {
          assertEquals(expected, actual, 1e-12 * (1 + Math.abs(expected)));
        } else {
          assertTrue(Double.isNaN(actual));
        }
      }
    }
  }

  private static double number(Map<?, ?> map, String key) {
    return (Double) map.get(key);
  }

  private static double number(List<?> list, int i) {
    return (Double) list.get(i);
  }

  @Test
  @Tag("width")
  void simdAgreesWithScalar() {
    for (int n : SIZES) {
      Slice mean = uniform(n, n, -0.5, 0.5);
      Slice sd = deviations(n, n + 1);
      double[] expectedSums = new double[REDUCED.length];
      double[] sums = new double[REDUCED.length];
      scalar.deltaFSums(mean, sd, PRIOR, REDUCED, expectedSums);
      simd.deltaFSums(mean, sd, PRIOR, REDUCED, sums);
      double bound = 0;
      for (int i = 0; i < n; i++) {
        bound += tolerance(mean.get(i), sd.get(i), PRIOR);
      }
      assertArrayEquals(expectedSums, sums, bound, "sums, n = " + n);
      for (float reduced : REDUCED) {
        Slice expected = guarded(n);
        Slice actual = guarded(n);
        scalar.deltaF(mean, sd, PRIOR, reduced, expected);
        simd.deltaF(mean, sd, PRIOR, reduced, actual);
        for (int i = 0; i < n; i++) {
          double error = tolerance(mean.get(i), sd.get(i), PRIOR);
          assertEquals(expected.get(i), actual.get(i), error, "v̂ " + reduced + ", element " + i);
        }
        assertGuards(actual);
      }
    }
  }

  @Test
  @Tag("width")
  void bestCandidates() {
    for (int n : SIZES) {
      Slice mean = uniform(n, n, -0.5, 0.5);
      Slice sd = deviations(n, n + 1);
      Slice best = guarded(n);
      Slice index = guarded(n);
      double[] sums = new double[REDUCED.length];
      double[] expectedSums = new double[REDUCED.length];
      simd.deltaFBest(mean, sd, PRIOR, REDUCED, sums, best, index);
      scalar.deltaFSums(mean, sd, PRIOR, REDUCED, expectedSums);
      for (int i = 0; i < n; i++) {
        double error = tolerance(mean.get(i), sd.get(i), PRIOR);
        double most = Double.NEGATIVE_INFINITY;
        for (float reduced : REDUCED) {
          most =
              Math.max(most, ScalarEvidenceKernels.deltaF(mean.get(i), sd.get(i), PRIOR, reduced));
        }
        assertEquals(most, best.get(i), error, "best of element " + i);
        // Candidates may tie within the error; the one that is named must be among them.
        float named = REDUCED[(int) index.get(i)];
        double its = ScalarEvidenceKernels.deltaF(mean.get(i), sd.get(i), PRIOR, named);
        assertEquals(most, its, 2 * error, "candidate of element " + i);
      }
      for (int j = 0; j < sums.length; j++) {
        assertEquals(expectedSums[j], sums[j], 1e-5 * (n + Math.abs(expectedSums[j])));
      }
      assertGuards(best);
      assertGuards(index);
    }
  }

  @Test
  void scalarBestIsTheFirstOfEquals() {
    for (EvidenceKernels kernels : List.of(scalar, simd)) {
      Slice best = guarded(1);
      Slice index = guarded(1);
      kernels.deltaFBest(
          Slice.of(0.1f),
          Slice.of(0.2f),
          1,
          new float[] {1, 0.1f, 0.1f, 1},
          new double[4],
          best,
          index);
      assertEquals(1, index.get(0));
      kernels.deltaFBest(
          Slice.of(0.1f), Slice.of(0.2f), 1, new float[0], new double[0], best, index);
      assertEquals(Float.NEGATIVE_INFINITY, best.get(0));
      assertEquals(0, index.get(0));
    }
  }

  @Test
  @Tag("width")
  void groupSums() {
    int[][] shapes = {
      {0, 5}, {5, 0}, {1, 1}, {3, 17}, {10, 400}, {33, 1025}, {200, 129}, {2100, 7}
    };
    for (int[] shape : shapes) {
      int rows = shape[0];
      int columns = shape[1];
      int stride = columns + 3;
      MatrixView mean = matrix(uniform(rows * stride + 3, 5, -0.5, 0.5), rows, columns, stride);
      MatrixView sd = matrix(deviations(rows * stride + 3, 6), rows, columns, stride);
      Slice rowSums = guarded(rows);
      Slice columnSums = guarded(columns);
      Slice expectedRows = guarded(rows);
      Slice expectedColumns = guarded(columns);
      simd.spikeGroupSums(mean, sd, PRIOR, rowSums, columnSums);
      scalar.spikeGroupSums(mean, sd, PRIOR, expectedRows, expectedColumns);
      KernelData.assertClose(expectedRows, rowSums, 1e-4, 1e-5, "rows of " + rows);
      KernelData.assertClose(expectedColumns, columnSums, 1e-4, 1e-5, "columns of " + columns);
      double total = 0;
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          total += ScalarEvidenceKernels.deltaF(mean.get(i, j), sd.get(i, j), PRIOR, 0);
        }
      }
      double sum = 0;
      for (int i = 0; i < rows; i++) {
        sum += expectedRows.get(i);
      }
      assertEquals(total, sum, 1e-6 * (1 + Math.abs(total)), "all groups together");
    }
  }

  @Test
  @Tag("width")
  void singleCandidateAgreesWithScalar() {
    double[] expected = new double[1];
    double[] sum = new double[1];
    long bits = 17;
    for (int n : new int[] {1, 1000, 1024, 1025, 5 * 1024, 9001}) {
      Slice mean = uniform(n, n, -0.5, 0.5);
      Slice sd = deviations(n, n + 1);
      double bound = 0;
      for (int i = 0; i < n; i++) {
        bound += tolerance(mean.get(i), sd.get(i), PRIOR);
      }
      for (float reduced : REDUCED) {
        scalar.deltaFSums(mean, sd, PRIOR, new float[] {reduced}, expected);
        simd.deltaFSums(mean, sd, PRIOR, new float[] {reduced}, sum);
        assertArrayEquals(expected, sum, bound, "reduced to " + reduced + ", n = " + n);
        bits = 31 * bits + Double.doubleToLongBits(sum[0]);
      }
    }
    assertEquals(SINGLE_CHECKSUM, bits);
  }

  /** Blocks with one factor that products of eight have no room for. */
  @ParameterizedTest
  @Tag("width")
  @CsvSource({
    "0, 1e-18, 0", // d below the least normal product
    "0.1, 1e-3, 1e-30", // an uncommonly small reduced prior
    "1e18, 0.5, 0", // μ² beyond float
    "0.1, 1e12, 0", // products of d beyond float
    "0.1, 0.5, 2", // a wider reduced prior
    "0.1, 2, 4" // where the evidence diverges
  })
  void singleCandidateIsRightBesideExtremes(float mean, float sd, float reduced) {
    Slice means = uniform(1024, 5, -0.5, 0.5);
    Slice deviations = uniform(1024, 6, 0.05, 0.9);
    means.set(700, mean);
    deviations.set(700, sd);
    double[] expected = new double[1];
    double[] sum = new double[1];
    scalar.deltaFSums(means, deviations, 1, new float[] {reduced}, expected);
    simd.deltaFSums(means, deviations, 1, new float[] {reduced}, sum);
    double tolerance = Double.isNaN(expected[0]) ? 1 : 2e-6 * (1000 + Math.abs(expected[0]));
    assertEquals(expected[0], sum[0], tolerance);
  }

  /** Squares of such deviations are subnormal. */
  @Test
  @Tag("width")
  void singleCandidateIsRightWithATinyPrior() {
    Slice means = uniform(1024, 5, -5e-21, 5e-21);
    Slice deviations = uniform(1024, 6, 5e-22, 9e-21);
    double[] expected = new double[1];
    double[] sum = new double[1];
    scalar.deltaFSums(means, deviations, 1e-36f, new float[1], expected);
    simd.deltaFSums(means, deviations, 1e-36f, new float[1], sum);
    assertEquals(expected[0], sum[0], 2e-6 * (1000 + Math.abs(expected[0])));
  }

  private static MatrixView matrix(Slice slice, int rows, int columns, int stride) {
    return new MatrixView(slice.array(), slice.offset(), rows, columns, stride);
  }

  @Test
  void exactlyZeroAtTheFullPrior() {
    Slice mean = uniform(3001, 1, -3, 3);
    Slice sd = deviations(3001, 2);
    Slice out = guarded(3001);
    double[] sums = new double[1];
    for (EvidenceKernels kernels : List.of(scalar, simd)) {
      kernels.deltaF(mean, sd, PRIOR, PRIOR, out);
      for (int i = 0; i < out.length(); i++) {
        assertEquals(0.0, Math.abs(out.get(i)));
      }
      kernels.deltaFSums(mean, sd, PRIOR, new float[] {PRIOR}, sums);
      assertEquals(0.0, Math.abs(sums[0]));
    }
  }

  @Test
  @Tag("width")
  void notANumberStaysVisible() {
    float nan = Float.NaN;
    for (EvidenceKernels kernels : List.of(scalar, simd)) {
      for (int n : new int[] {1, 100, 1024, 3000}) {
        for (boolean inMean : new boolean[] {true, false}) {
          Slice mean = uniform(n, 3, -1, 1);
          Slice sd = uniform(n, 4, 0.05, 0.9);
          (inMean ? mean : sd).set(n / 2, nan);
          double[] sums = new double[2];
          Slice best = guarded(n);
          Slice index = guarded(n);
          float[] reduced = {0, 0.5f};
          kernels.deltaFSums(mean, sd, 1, reduced, sums);
          assertTrue(Double.isNaN(sums[0]) && Double.isNaN(sums[1]), "n = " + n);
          kernels.deltaFBest(mean, sd, 1, reduced, sums, best, index);
          for (int i = 0; i < n; i++) {
            assertEquals(i == n / 2, Float.isNaN(best.get(i)), "element " + i);
          }
          assertEquals(0, index.get(n / 2));
        }
      }
      // Posterior wider than the prior, reduced prior wider still: the evidence diverges.
      Slice out = guarded(1);
      kernels.deltaF(Slice.of(0.3f), Slice.of((float) Math.sqrt(2)), 1, 4, out);
      assertTrue(Float.isNaN(out.get(0)));
      Slice best = guarded(1);
      Slice index = guarded(1);
      kernels.deltaFBest(
          Slice.of(0.3f),
          Slice.of((float) Math.sqrt(2)),
          1,
          new float[] {0.5f, 4, 0.1f, 5},
          new double[4],
          best,
          index);
      assertTrue(Float.isNaN(best.get(0)));
      assertEquals(1, index.get(0));
    }
  }

  @Test
  void veryCertainFactorsKeepFiniteEvidence() {
    for (EvidenceKernels kernels : List.of(scalar, simd)) {
      for (float reduced : new float[] {0, 1e-6f, 0.5f}) {
        Slice out = guarded(1);
        float sd = 4.2e-18f;
        kernels.deltaF(Slice.of(0f), Slice.of(sd), 1, reduced, out);
        double expected = ScalarEvidenceKernels.deltaF(0, sd, 1, reduced);
        assertEquals(expected, out.get(0), 0x1p-20 * (1 + Math.abs(expected)));
      }
    }
  }

  @Test
  @Tag("width")
  void neitherThreadsNorWidthChangeABit() {
    int n = 50_021;
    Slice mean = uniform(n, 11, -0.5, 0.5);
    Slice sd = uniform(n, 12, 0.01, 0.5);
    long first = 0;
    for (int threads = 1; threads <= 3; threads++) {
      try (WorkerPool pool = new WorkerPool(threads)) {
        EvidenceKernels kernels = new SimdEvidenceKernels(pool);
        double[] sums = new double[REDUCED.length];
        kernels.deltaFSums(mean, sd, PRIOR, REDUCED, sums);
        long bits = 17;
        for (double sum : sums) {
          bits = 31 * bits + Double.doubleToLongBits(sum);
        }
        Slice best = guarded(n);
        Slice index = guarded(n);
        kernels.deltaFBest(mean, sd, PRIOR, REDUCED, sums, best, index);
        for (double sum : sums) {
          bits = 31 * bits + Double.doubleToLongBits(sum);
        }
        Slice rows = guarded(223);
        Slice columns = guarded(224);
        kernels.spikeGroupSums(
            matrix(mean, 223, 224, 224), matrix(sd, 223, 224, 224), PRIOR, rows, columns);
        bits = 31 * bits + KernelData.checksum(best, index, rows, columns);
        first = threads == 1 ? bits : first;
        assertEquals(first, bits, threads + " threads");
      }
    }
    assertEquals(EVIDENCE_CHECKSUM, first);
  }

  @Test
  @Tag("width")
  void staysRightOnceCompiled() {
    Slice mean = uniform(1100, 21, -0.5, 0.5);
    Slice sd = deviations(1100, 22);
    double[] sums = new double[REDUCED.length];
    double[] again = new double[REDUCED.length];
    Slice out = guarded(1100);
    Slice outAgain = guarded(1100);
    simd.deltaFSums(mean, sd, PRIOR, REDUCED, sums);
    simd.deltaF(mean, sd, PRIOR, 0.01f, out);
    for (int call = 0; call < 20_000; call++) {
      simd.deltaFSums(mean, sd, PRIOR, REDUCED, again);
      simd.deltaF(mean, sd, PRIOR, 0.01f, outAgain);
    }
    assertArrayEquals(sums, again);
    assertSame(out, outAgain, "ΔF");
  }

  @Test
  void badArgumentsAreNamed() {
    Slice two = Slice.of(1, 2);
    Slice three = Slice.of(1, 2, 3);
    for (EvidenceKernels kernels : List.of(scalar, simd)) {
      double[] sum = new double[1];
      float[] one = {0.5f};
      fails(() -> kernels.deltaFSums(two, three, 1, one, sum));
      fails(() -> kernels.deltaFSums(two, two, 0, one, sum));
      fails(() -> kernels.deltaFSums(two, two, Float.NaN, one, sum));
      fails(() -> kernels.deltaFSums(two, two, 1, new float[] {-1}, sum));
      fails(() -> kernels.deltaFSums(two, two, 1, one, new double[2]));
      fails(() -> kernels.deltaF(two, Slice.of(1, 1), 1, 0, two));
    }
  }

  private static void fails(Runnable call) {
    assertThrows(IllegalArgumentException.class, call::run);
  }

  /** Recorded at 512 bits; every width gives it. */
  private static final long SINGLE_CHECKSUM = 3906563766736097841L;

  private static final long EVIDENCE_CHECKSUM = 5757108145477692195L;
}
