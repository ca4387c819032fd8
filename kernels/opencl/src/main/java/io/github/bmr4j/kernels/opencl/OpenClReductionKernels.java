package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.Checks;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.ReductionArguments;
import io.github.bmr4j.kernels.ReductionKernels;
import io.github.bmr4j.kernels.Slice;
import java.lang.foreign.MemorySegment;

/**
 * Sums on the device, by groups whose number depends on the length alone; each sum is kept in two
 * floats, high and low part. Rows are shared by the work items of a group.
 */
final class OpenClReductionKernels implements ReductionKernels {

  /** Work items of a group that adds up. */
  static final int GROUP = 64;

  /** Rows that one work item adds up in a column; more are shared by several. */
  private static final int ROWS_PER_ITEM = 256;

  private static final int SCAN_ITEMS = 4096;

  private final Work work;
  private final Launch partials;
  private final Launch total;
  private final Launch nonFinite;
  private final Launch rowSums;
  private final Launch columnSums;
  private final Launch logSumExp;
  private final Launch softmax;
  private final Launch crossEntropy;
  private final Launch crossEntropyPullback;
  private final int[] firsts = new int[SCAN_ITEMS];
  private final MemorySegment firstsSegment = MemorySegment.ofArray(firsts);

  OpenClReductionKernels(Work work) {
    this.work = work;
    partials = new Launch(work, "SumPartials", "@x, @y, products, n, partials, highs, lows");
    total = new Launch(work, "SumTotal", "partials, pairs, @out, highs, lows");
    nonFinite = new Launch(work, "NonFinite", "@x, n, first");
    rowSums = new Launch(work, "RowSums", "#m, columns, @out, shared");
    columnSums =
        new Launch(work, "ColumnSums", "#m, rows, columns, chunk, chunks, @out, accumulate");
    logSumExp = new Launch(work, "LogSumExp", "#x, columns, @out, shared");
    softmax = new Launch(work, "Softmax", "#x, columns, #out, shared");
    crossEntropy = new Launch(work, "CrossEntropy", "#x, columns, @labels, @losses, shared");
    crossEntropyPullback =
        new Launch(
            work, "CrossEntropyPullback", "#x, columns, @labels, @dLosses, #d, accumulate, shared");
  }

  @Override
  public double sum(Slice x) {
    synchronized (work.context()) {
      int groups = partials(x, x, false);
      work.readPairs(groups);
      return work.total(0, groups);
    }
  }

  @Override
  public double dot(Slice a, Slice b) {
    Checks.sameLength("dot", "a", a, "b", b);
    synchronized (work.context()) {
      int groups = partials(a, b, true);
      work.readPairs(groups);
      return work.total(0, groups);
    }
  }

  @Override
  public void sumInto(Slice x, Slice out) {
    ReductionArguments.scalarOutput("sumInto", out);
    synchronized (work.context()) {
      total(partials(x, x, false), out);
    }
  }

  @Override
  public void dotInto(Slice a, Slice b, Slice out) {
    Checks.sameLength("dotInto", "a", a, "b", b);
    ReductionArguments.scalarOutput("dotInto", out);
    synchronized (work.context()) {
      total(partials(a, b, true), out);
    }
  }

  private int partials(Slice x, Slice y, boolean products) {
    int groups = Work.groups(x.length());
    partials.start().slice(x).slice(y).flag(products).number(x.length());
    partials.buffer(work.scratch(2 * groups)).local(GROUP).local(GROUP).runGroups(groups, GROUP);
    return groups;
  }

  private void total(int pairs, Slice out) {
    total.start().buffer(work.scratch(2 * pairs)).number(pairs).slice(out);
    total.local(GROUP).local(GROUP).runGroups(1, GROUP);
  }

  @Override
  public int firstNonFinite(Slice x) {
    synchronized (work.context()) {
      long firstsBuffer = work.scratch(SCAN_ITEMS);
      nonFinite.start().slice(x).number(x.length()).buffer(firstsBuffer).run(SCAN_ITEMS);
      work.context().read(firstsBuffer, 0, firstsSegment, 0, SCAN_ITEMS);
    }
    int first = x.length();
    for (int found : firsts) {
      first = Math.min(first, found);
    }
    return first < x.length() ? first : -1;
  }

  @Override
  public void rowSums(MatrixView m, Slice out) {
    ReductionArguments.perRow("rowSums", m, "out", out);
    synchronized (work.context()) {
      rowSums.start().matrix(m).number(m.columns()).slice(out).local(GROUP);
      rowSums.runGroups(m.rows(), GROUP);
    }
  }

  @Override
  public void columnSums(MatrixView m, Slice out, boolean accumulate) {
    ReductionArguments.perColumn("columnSums", m, "out", out);
    synchronized (work.context()) {
      int columns = m.columns();
      int chunks = Math.max(1, Math.ceilDiv(m.rows(), ROWS_PER_ITEM));
      columnSums.start();
      if (chunks == 1 || columns == 0) {
        columnSums.matrix(m).number(m.rows()).number(columns).number(m.rows()).number(1);
        columnSums.slice(out).flag(accumulate).run(columns);
        return;
      }
      long sums = work.scratch(Math.multiplyExact(chunks, columns));
      columnSums.matrix(m).number(m.rows()).number(columns).number(ROWS_PER_ITEM).number(chunks);
      columnSums.buffer(sums).number(0).flag(false).run((long) chunks * columns);
      columnSums.start().buffer(sums).number(0).number(columns).number(chunks).number(columns);
      columnSums.number(chunks).number(1).slice(out).flag(accumulate).run(columns);
    }
  }

  @Override
  public void logSumExp(MatrixView x, Slice out) {
    ReductionArguments.perRow("logSumExp", x, "out", out);
    synchronized (work.context()) {
      logSumExp.start().matrix(x).number(x.columns()).slice(out).local(GROUP);
      logSumExp.runGroups(x.rows(), GROUP);
    }
  }

  @Override
  public void softmax(MatrixView x, MatrixView out) {
    ReductionArguments.sameShape("softmax", "x", x, "out", out);
    synchronized (work.context()) {
      softmax.start().matrix(x).number(x.columns()).matrix(out).local(GROUP);
      softmax.runGroups(x.rows(), GROUP);
    }
  }

  @Override
  public void softmaxCrossEntropy(MatrixView logits, Slice labels, Slice losses) {
    ReductionArguments.crossEntropy(logits, labels, losses);
    synchronized (work.context()) {
      crossEntropy.start().matrix(logits).number(logits.columns()).slice(labels).slice(losses);
      crossEntropy.local(GROUP).runGroups(logits.rows(), GROUP);
    }
  }

  @Override
  public void softmaxCrossEntropyPullback(
      MatrixView logits, Slice labels, Slice dLosses, MatrixView dLogits, boolean accumulate) {
    ReductionArguments.crossEntropyPullback(logits, labels, dLosses, dLogits);
    synchronized (work.context()) {
      crossEntropyPullback.start().matrix(logits).number(logits.columns()).slice(labels);
      crossEntropyPullback.slice(dLosses).matrix(dLogits).flag(accumulate).local(GROUP);
      crossEntropyPullback.runGroups(logits.rows(), GROUP);
    }
  }
}
