package io.github.bmr4j.kernels;

import java.util.Arrays;

/**
 * {@link SequenceKernels#gatherRows} by plain copies, for both back ends on the CPU: memory is the
 * limit, not arithmetic.
 */
final class TableRows {

  private TableRows() {}

  static void gather(MatrixView table, Slice numbers, int first, MatrixView out) {
    SequenceArguments.gatherRows(table, numbers, first, out);
    int columns = table.columns();
    for (int i = 0; i < out.rows(); i++) {
      float number = numbers.get(first + i);
      int to = out.offset() + i * out.stride();
      if (number >= 0 && number < table.rows() && number == (int) number) {
        int entry = (int) number;
        int from = table.offset() + entry * table.stride();
        System.arraycopy(table.array(), from, out.array(), to, columns);
      } else {
        Arrays.fill(out.array(), to, to + columns, Float.NaN);
      }
    }
  }
}
