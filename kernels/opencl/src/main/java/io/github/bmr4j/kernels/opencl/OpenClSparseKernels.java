package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.SparseArguments;
import io.github.bmr4j.kernels.SparseKernels;
import io.github.bmr4j.kernels.SparsePattern;
import io.github.bmr4j.kernels.UnaryFunction;
import java.util.IdentityHashMap;

/** Products with sparse matrices on the device; a pattern is copied there once. */
final class OpenClSparseKernels implements SparseKernels {

  private record Tables(long starts, long indices) {}

  private final Work work;
  private final Launch linear;
  private final IdentityHashMap<SparsePattern, Tables> patterns = new IdentityHashMap<>();

  OpenClSparseKernels(Work work) {
    this.work = work;
    linear =
        new Launch(
            work,
            "SparseLinear",
            "#x, starts, indices, @values, @bias, function, #y, rows, columns");
  }

  @Override
  public void linear(
      MatrixView x,
      SparsePattern pattern,
      Slice values,
      Slice bias,
      UnaryFunction activation,
      MatrixView y) {
    SparseArguments.linear(x, pattern, values, bias, y);
    synchronized (work.context()) {
      Tables tables = patterns.get(pattern);
      if (tables == null) {
        tables = new Tables(work.ints(pattern.rowStarts()), work.ints(pattern.columnIndices()));
        patterns.put(pattern, tables);
      }
      linear.start().matrix(x).buffer(tables.starts).buffer(tables.indices);
      linear.slice(values).slice(bias).function(activation).matrix(y);
      linear.number(y.rows()).number(y.columns()).run((long) y.rows() * y.columns());
    }
  }
}
