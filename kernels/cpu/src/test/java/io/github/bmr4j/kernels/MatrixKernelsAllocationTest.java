package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In the steady state a product allocates nothing, whatever its epilogue. */
@Tag("allocation")
class MatrixKernelsAllocationTest {

  private static final int CALLS = 500;
  private static final int MOST_ROUNDS = 200;

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void productsAllocateNothingOnceCompiled(int threads) {
    ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    MatrixView a = Slice.allocate(40 * 30).asMatrix(40, 30);
    MatrixView b = Slice.allocate(30 * 70).asMatrix(30, 70);
    MatrixView bTransposed = Slice.allocate(70 * 30).asMatrix(70, 30);
    MatrixView aTransposed = Slice.allocate(30 * 40).asMatrix(30, 40);
    MatrixView c = Slice.allocate(40 * 70).asMatrix(40, 70);
    MatrixView row = Slice.allocate(30).asMatrix(1, 30);
    MatrixView rowOut = Slice.allocate(70).asMatrix(1, 70);
    Epilogue bias = Epilogue.of(Slice.allocate(70), UnaryFunction.RELU);
    Epilogue tanh = Epilogue.of(Slice.allocate(70), UnaryFunction.TANH);
    long allocated = Long.MAX_VALUE;
    try (WorkerPool pool = new WorkerPool(threads)) {
      MatrixKernels kernels = new SimdMatrixKernels(pool);
      // The compiler takes its time, and until it is done vectors live on the heap.
      for (int round = 0; round < MOST_ROUNDS && allocated > 0; round++) {
        long before = bean.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < CALLS; i++) {
          kernels.multiply(a, b, c, tanh);
          kernels.multiplyTransposedLeft(aTransposed, b, c, Epilogue.ACCUMULATE);
          kernels.multiplyTransposedRight(a, bTransposed, c, bias);
          kernels.multiply(row, b, rowOut, bias);
          kernels.multiplyTransposedRight(row, bTransposed, rowOut, Epilogue.STORE);
        }
        allocated = bean.getCurrentThreadAllocatedBytes() - before;
      }
    }
    assertEquals(0, allocated, "bytes in " + CALLS + " calls of each product");
  }
}
