package io.github.bmr4j.kernels.opencl;

import static io.github.bmr4j.kernels.opencl.Data.uniform;
import static io.github.bmr4j.kernels.opencl.Data.zeros;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.EvidenceKernels;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.opencl.host.Context;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A posterior that streams through the device gives the bits of one that is there as a whole. */
class EvidenceStreamTest {

  private static final float V = 0.7f;

  @AfterEach
  void reset() {
    System.clearProperty(EvidenceStream.BUDGET_PROPERTY);
  }

  private static void budget(long bytes) {
    System.setProperty(EvidenceStream.BUDGET_PROPERTY, Long.toString(bytes));
  }

  private static float[] candidates(int k) {
    float[] candidates = new float[k];
    for (int j = 0; j < k; j++) {
      candidates[j] = V * j / k;
    }
    return candidates;
  }

  private static Slice resident(Backend backend, Slice from) {
    Slice slice = Slice.of(backend.memory().allocate(from.length()));
    slice.copyFrom(from.array(), from.offset());
    backend.memory().push(slice);
    return slice;
  }

  private static void assertSameBits(Backend backend, Slice resident, Slice streamed, String what) {
    backend.memory().pull(resident);
    assertArrayEquals(resident.toArray(), streamed.toArray(), what);
  }

  /** One chunk, whole chunks, a last one that is not; fewer and more candidates than a pass has. */
  @ParameterizedTest
  @CsvSource({
    "0, 3, 100000",
    "1, 1, 100000",
    "1023, 8, 100000",
    "4096, 3, 33000",
    "70001, 11, 100000",
    "70001, 1, 1000000",
    "70001, 0, 100000",
  })
  void chunksGiveTheBitsOfTheWhole(int n, int k, long budget) {
    Slice mean = uniform(n, 1, -0.5, 0.5);
    Slice sd = uniform(n, 2, 0.01, 0.9);
    try (OpenClBackend backend = TestDevice.open()) {
      Slice m = resident(backend, mean);
      Slice s = resident(backend, sd);
      EvidenceKernels evidence = backend.evidence();
      double[] expected = new double[k];
      evidence.deltaFSums(m, s, V, candidates(k), expected);
      Slice best = resident(backend, zeros(n));
      Slice which = resident(backend, zeros(n));
      evidence.deltaFBest(m, s, V, candidates(k), new double[k], best, which);
      Slice single = resident(backend, zeros(n));
      evidence.deltaF(m, s, V, 0, single);

      budget(budget);
      double[] sums = new double[k];
      evidence.deltaFSums(mean, sd, V, candidates(k), sums);
      assertArrayEquals(expected, sums, "sums");
      Slice streamedBest = zeros(n);
      Slice streamedWhich = zeros(n);
      evidence.deltaFBest(mean, sd, V, candidates(k), sums, streamedBest, streamedWhich);
      assertArrayEquals(expected, sums, "sums beside the best");
      assertSameBits(backend, best, streamedBest, "best");
      assertSameBits(backend, which, streamedWhich, "candidates");
      Slice streamedSingle = zeros(n);
      evidence.deltaF(mean, sd, V, 0, streamedSingle);
      assertSameBits(backend, single, streamedSingle, "one by one");
    }
  }

  /** So many that a block has more than the least number of factors. */
  @Test
  void blocksThatGrowWithTheNumberGiveTheSameBitsToo() {
    int n = 1024 * 4096 + 77;
    assertEquals(2048, EvidenceBlocks.of(n).length());
    Slice mean = uniform(n, 1, -0.5, 0.5);
    Slice sd = uniform(n, 2, 0.01, 0.9);
    double[] expected = new double[1];
    double[] sums = new double[1];
    try (OpenClBackend backend = TestDevice.open()) {
      float[] spike = {0};
      backend.evidence().deltaFSums(resident(backend, mean), resident(backend, sd), V, spike, sums);
      budget(5_000_000);
      backend.evidence().deltaFSums(mean, sd, V, spike, expected);
    }
    assertArrayEquals(expected, sums);
  }

  /** 2.4 MB through a device of half a megabyte, chunk by chunk, and nothing stays there. */
  @Test
  void aDeviceSmallerThanTheDataIsEnough() {
    int n = 300_000;
    Slice mean = uniform(n, 1, -0.5, 0.5);
    Slice sd = uniform(n, 2, 0.01, 0.9);
    double[] expected = new double[3];
    try (OpenClBackend whole = TestDevice.open()) {
      whole
          .evidence()
          .deltaFSums(resident(whole, mean), resident(whole, sd), V, candidates(3), expected);
    }
    int objects = Context.liveObjects();
    try (OpenClBackend backend =
        new OpenClBackend(TestDevice.believedToHave(512L << 10, 512L << 10))) {
      assertThrows(IllegalStateException.class, () -> resident(backend, mean));
      double[] sums = new double[3];
      // What stays: the kernel and the candidates.
      backend.evidence().deltaFSums(mean, sd, V, candidates(3), sums);
      long bytes = backend.context().bufferBytes();
      long writes = backend.context().writes();
      backend.evidence().deltaFSums(mean, sd, V, candidates(3), sums);
      assertArrayEquals(expected, sums);
      assertEquals(bytes, backend.context().bufferBytes());
      // A quarter of the memory holds two slots of 7 blocks, so there are 42 chunks.
      assertEquals(2 * 42 + 1, backend.context().writes() - writes, "uploads, and the candidates");
    }
    assertEquals(objects, Context.liveObjects());
  }

  @Test
  void aBudgetTooSmallOrNoNumberIsRefused() {
    Slice posterior = uniform(5000, 1, 0.1, 0.9);
    try (OpenClBackend backend = TestDevice.open()) {
      budget(1000);
      Runnable call =
          () -> backend.evidence().deltaFSums(posterior, posterior, V, new float[2], new double[2]);
      String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
      assertTrue(message.contains("at least 16416 bytes") && message.contains("1000"), message);
      System.setProperty(EvidenceStream.BUDGET_PROPERTY, "much");
      message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
      assertTrue(message.contains("\"much\""), message);
    }
  }

  @Test
  void arraysOfBothKindsAreRefused() {
    try (OpenClBackend backend = TestDevice.open()) {
      Slice here = Slice.allocate(3);
      here.fill(1);
      Slice there = resident(backend, here);
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> backend.evidence().deltaF(there, here, V, 0, Slice.allocate(3)))
              .getMessage();
      assertTrue(message.contains("Backend.memory().allocate"), message);
    }
  }
}
