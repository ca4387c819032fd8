package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In the steady state element-wise kernels and reductions allocate nothing. */
@Tag("allocation")
class ElementwiseAllocationTest {

  private static final int CALLS = 200;
  private static final int MOST_ROUNDS = 300;
  private static final UnaryFunction[] FUNCTIONS = UnaryFunction.values();

  private final Slice x = Slice.allocate(1_300);
  private final Slice y = Slice.allocate(1_300);
  private final Slice row = Slice.allocate(13);
  private final Slice labels = Slice.allocate(100);
  private final Slice perRow = Slice.allocate(100);
  private final MatrixView m = x.asMatrix(100, 13);
  private final MatrixView out = y.asMatrix(100, 13);

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void nothingIsAllocatedOnceCompiled(int threads) {
    ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = Long.MAX_VALUE;
    try (WorkerPool pool = new WorkerPool(threads)) {
      ElementwiseKernels elementwise = new SimdElementwiseKernels(pool);
      ReductionKernels reduction = new SimdReductionKernels(pool);
      // The compiler takes its time, and until it is done vectors live on the heap.
      for (int round = 0; round < MOST_ROUNDS && allocated > 0; round++) {
        long before = bean.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < CALLS; i++) {
          elementwise(elementwise);
          reduction(reduction);
        }
        allocated = bean.getCurrentThreadAllocatedBytes() - before;
      }
    }
    assertEquals(0, allocated, "bytes in " + CALLS + " calls of each kernel");
  }

  private void elementwise(ElementwiseKernels k) {
    k.copy(x, y);
    k.fill(y, 1f);
    k.add(x, y, y);
    k.subtract(x, y, y);
    k.multiply(x, y, y);
    k.divide(x, y, y);
    k.scale(0.5f, x, y);
    k.addScaled(0.5f, x, y);
    k.addProduct(x, x, y);
    k.addRow(row, out);
    for (UnaryFunction f : FUNCTIONS) {
      k.apply(f, x, y);
      k.applyPullback(f, x, y, x, y, false);
    }
  }

  private void reduction(ReductionKernels k) {
    k.sum(x);
    k.dot(x, y);
    k.sumInto(x, perRow);
    k.dotInto(x, y, perRow);
    k.firstNonFinite(x);
    k.rowSums(m, perRow);
    k.columnSums(m, row, false);
    k.logSumExp(m, perRow);
    k.softmax(m, out);
    k.softmaxCrossEntropy(m, labels, perRow);
    k.softmaxCrossEntropyPullback(m, labels, perRow, out, false);
  }
}
