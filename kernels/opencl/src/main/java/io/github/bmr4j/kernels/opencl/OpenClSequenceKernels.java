package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Permutation;
import io.github.bmr4j.kernels.SequenceArguments;
import io.github.bmr4j.kernels.SequenceKernels;
import io.github.bmr4j.kernels.Slice;
import java.util.IdentityHashMap;

/** Normalised rows, rows of tables and other orders of axes on the device. */
final class OpenClSequenceKernels implements SequenceKernels {

  private static final int GROUP = OpenClReductionKernels.GROUP;

  private final Work work;
  private final Launch normalize;
  private final Launch normalizePullback;
  private final Launch softmaxPullback;
  private final Launch permute;
  private final Launch gatherRows;

  /** Tables of permutations, which are copied to the device once. */
  private final IdentityHashMap<Permutation, Long> orders = new IdentityHashMap<>();

  OpenClSequenceKernels(Work work) {
    this.work = work;
    String rows = "#x, columns, epsilon, @scale, ";
    normalize = new Launch(work, "Normalize", rows + "@shift, #out, shared");
    normalizePullback =
        new Launch(work, "NormalizePullback", rows + "#dOut, #dX, #products, accumulate, shared");
    softmaxPullback =
        new Launch(work, "SoftmaxPullback", "#p, #dP, columns, #dX, accumulate, shared");
    gatherRows = new Launch(work, "GatherRows", "#table, entries, columns, @numbers, #out, n");
    permute = new Launch(work, "Permute", "@x, @out, n, axes, rank, accumulate");
  }

  @Override
  public void normalize(MatrixView x, Slice scale, Slice shift, float epsilon, MatrixView out) {
    SequenceArguments.normalize(x, scale, shift, epsilon, out);
    synchronized (work.context()) {
      normalize.start().matrix(x).number(x.columns()).number(epsilon).slice(scale).slice(shift);
      normalize.matrix(out).local(GROUP).runGroups(x.rows(), GROUP);
    }
  }

  @Override
  public void normalizePullback(
      MatrixView x,
      Slice scale,
      float epsilon,
      MatrixView dOut,
      MatrixView dX,
      MatrixView products,
      boolean accumulate) {
    SequenceArguments.normalizePullback(x, scale, epsilon, dOut, dX, products);
    synchronized (work.context()) {
      normalizePullback.start().matrix(x).number(x.columns()).number(epsilon).slice(scale);
      normalizePullback.matrix(dOut).matrix(dX).matrix(products).flag(accumulate).local(GROUP);
      normalizePullback.runGroups(x.rows(), GROUP);
    }
  }

  @Override
  public void softmaxPullback(MatrixView p, MatrixView dP, MatrixView dX, boolean accumulate) {
    SequenceArguments.softmaxPullback(p, dP, dX);
    synchronized (work.context()) {
      softmaxPullback.start().matrix(p).matrix(dP).number(p.columns()).matrix(dX);
      softmaxPullback.flag(accumulate).local(GROUP).runGroups(p.rows(), GROUP);
    }
  }

  @Override
  public void gatherRows(MatrixView table, Slice numbers, int first, MatrixView out) {
    SequenceArguments.gatherRows(table, numbers, first, out);
    synchronized (work.context()) {
      gatherRows.start().matrix(table).number(table.rows()).number(table.columns());
      gatherRows.slice(numbers, first).matrix(out);
      long n = (long) out.rows() * out.columns();
      gatherRows.number((int) n).run(n);
    }
  }

  @Override
  public void permute(Permutation order, Slice x, Slice out, boolean accumulate) {
    SequenceArguments.permute(order, x, out);
    synchronized (work.context()) {
      Long axes = orders.get(order);
      if (axes == null) {
        axes = work.ints(order.extentsAndStrides());
        orders.put(order, axes);
      }
      permute.start().slice(x).slice(out).number(order.size()).buffer(axes).number(order.rank());
      permute.flag(accumulate).run(order.size());
    }
  }
}
