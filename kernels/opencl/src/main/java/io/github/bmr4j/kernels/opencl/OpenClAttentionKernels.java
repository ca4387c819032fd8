package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.AttentionArguments;
import io.github.bmr4j.kernels.AttentionKernels;
import io.github.bmr4j.kernels.AttentionShape;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;

/** Attention on the device: one item a row of scores, or in the pullback one a column, too. */
final class OpenClAttentionKernels implements AttentionKernels {

  private final Launch attend;
  private final Launch queries;
  private final Launch keysAndValues;
  private final Work work;

  OpenClAttentionKernels(Work work) {
    this.work = work;
    String forward = "n, tokens, heads, size, scale, #x, #out, @normalizers";
    String pullback = forward + ", #dOut, #dX, accumulate";
    attend = new Launch(work, "Attend", forward);
    queries = new Launch(work, "AttendPullbackQueries", pullback);
    keysAndValues = new Launch(work, "AttendPullbackKeys", pullback);
  }

  @Override
  public void attend(
      AttentionShape shape, MatrixView projections, MatrixView out, Slice normalizers) {
    AttentionArguments.attend(shape, projections, out, normalizers);
    synchronized (work.context()) {
      start(attend, shape, projections, out, normalizers).run(rows(shape));
    }
  }

  @Override
  public void attendPullback(
      AttentionShape shape,
      MatrixView projections,
      MatrixView out,
      Slice normalizers,
      MatrixView dOut,
      MatrixView dProjections,
      boolean accumulate) {
    AttentionArguments.attendPullback(shape, projections, out, normalizers, dOut, dProjections);
    synchronized (work.context()) {
      start(queries, shape, projections, out, normalizers);
      queries.matrix(dOut).matrix(dProjections).flag(accumulate).run(rows(shape));
      start(keysAndValues, shape, projections, out, normalizers);
      keysAndValues.matrix(dOut).matrix(dProjections).flag(accumulate).run(rows(shape));
    }
  }

  private static Launch start(
      Launch launch,
      AttentionShape shape,
      MatrixView projections,
      MatrixView out,
      Slice normalizers) {
    launch.start().number((int) rows(shape)).number(shape.tokens()).number(shape.heads());
    launch.number(shape.size()).number(shape.scale());
    return launch.matrix(projections).matrix(out).slice(normalizers);
  }

  /** Rows of scores. */
  private static long rows(AttentionShape shape) {
    return (long) shape.rows() * shape.heads();
  }
}
