package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.EvidenceArguments;
import io.github.bmr4j.kernels.EvidenceKernels;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.opencl.host.Context;
import java.util.Arrays;

/**
 * Model evidence on the device: the posterior is read once for eight candidates. One that the back
 * end did not allocate streams through it.
 */
final class OpenClEvidenceKernels implements EvidenceKernels {

  private static final int GROUP = OpenClReductionKernels.GROUP;

  private final Work work;
  private final Launch deltaF;
  private final Launch spikes;
  private final EvidencePass pass;
  private final EvidenceStream stream;

  OpenClEvidenceKernels(Work work) {
    this.work = work;
    deltaF = new Launch(work, "DeltaF", "rootPrecision, @mean, @sd, ratio, rest, @out, n");
    spikes =
        new Launch(
            work,
            "SpikeSums",
            "rootPrecision, @mean, meanOuter, meanInner, @sd, sdOuter, sdInner, length, @out,"
                + " partials, highs, lows");
    pass = new EvidencePass(work);
    stream = new EvidenceStream(work, deltaF, pass);
  }

  @Override
  public void deltaF(Slice mean, Slice sd, float priorVariance, float reducedVariance, Slice out) {
    EvidenceArguments.posterior("deltaF", mean, sd, priorVariance);
    EvidenceArguments.reduced("deltaF", reducedVariance);
    EvidenceArguments.output("deltaF", mean, sd, "out", out);
    synchronized (work.context()) {
      if (isOnHost(mean, sd, out)) {
        stream.deltaF(mean, sd, priorVariance, reducedVariance, out);
        return;
      }
      double ratio = (double) reducedVariance / priorVariance;
      deltaF.start().number(rootPrecision(priorVariance)).slice(mean).slice(sd);
      deltaF.number((float) ratio).number((float) (1 - ratio)).slice(out).number(mean.length());
      deltaF.run(mean.length());
    }
  }

  @Override
  public void deltaFSums(
      Slice mean, Slice sd, float priorVariance, float[] reducedVariances, double[] sums) {
    EvidenceArguments.posterior("deltaFSums", mean, sd, priorVariance);
    EvidenceArguments.candidates("deltaFSums", reducedVariances, sums);
    run(mean, sd, priorVariance, reducedVariances, sums, null, null);
  }

  @Override
  public void deltaFBest(
      Slice mean,
      Slice sd,
      float priorVariance,
      float[] reducedVariances,
      double[] sums,
      Slice bestDeltaF,
      Slice bestCandidate) {
    EvidenceArguments.posterior("deltaFBest", mean, sd, priorVariance);
    EvidenceArguments.candidates("deltaFBest", reducedVariances, sums);
    EvidenceArguments.output("deltaFBest", mean, sd, "bestDeltaF", bestDeltaF);
    EvidenceArguments.output("deltaFBest", mean, sd, "bestCandidate", bestCandidate);
    run(mean, sd, priorVariance, reducedVariances, sums, bestDeltaF, bestCandidate);
  }

  private void run(
      Slice mean,
      Slice sd,
      float priorVariance,
      float[] reducedVariances,
      double[] results,
      Slice best,
      Slice candidate) {
    synchronized (work.context()) {
      if (isOnHost(mean, sd, best, candidate)) {
        stream.sums(mean, sd, priorVariance, reducedVariances, results, best, candidate);
        return;
      }
      int k = results.length;
      if (best != null && k == 0) {
        bestOfNone(best, candidate);
      }
      EvidenceBlocks blocks = EvidenceBlocks.of(mean.length());
      pass.candidates(priorVariance, reducedVariances);
      // The reading of what is not written is left out, too.
      Slice b = best == null ? mean : best;
      Slice c = candidate == null ? mean : candidate;
      EvidencePass.Places places =
          new EvidencePass.Places(
              buffer(mean),
              mean.offset(),
              buffer(sd),
              sd.offset(),
              buffer(b),
              b.offset(),
              buffer(c),
              c.offset());
      int pairs = Math.multiplyExact(k, blocks.count());
      long partials = work.scratch(Math.multiplyExact(2, pairs));
      int n = mean.length();
      float root = rootPrecision(priorVariance);
      pass.run(root, places, n, blocks.length(), k, best != null, partials);
      Arrays.fill(results, 0);
      if (k > 0) {
        EvidencePass.add(work.readPairs(pairs), blocks.count(), results);
      }
    }
  }

  private long buffer(Slice slice) {
    return work.memory().buffer(slice.array());
  }

  /** The best of none: −∞, by the first. */
  private void bestOfNone(Slice best, Slice candidate) {
    Context context = work.context();
    context.fill(buffer(best), best.offset(), best.length(), Float.NEGATIVE_INFINITY);
    context.fill(buffer(candidate), candidate.offset(), candidate.length(), 0);
  }

  /** Whether none of the arrays was allocated by the back end, so that all stream through it. */
  private boolean isOnHost(Slice... slices) {
    for (Slice slice : slices) {
      if (slice != null && work.memory().holds(slice.array())) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void spikeGroupSums(
      MatrixView mean, MatrixView sd, float priorVariance, Slice rowSums, Slice columnSums) {
    EvidenceArguments.groups(mean, sd, priorVariance, rowSums, columnSums);
    synchronized (work.context()) {
      long scratch = work.scratch(2 * Math.max(mean.rows(), mean.columns()));
      spikes.start().number(rootPrecision(priorVariance));
      spikes.origin(mean).number(mean.stride()).number(1);
      spikes.origin(sd).number(sd.stride()).number(1).number(mean.columns());
      spikes.slice(rowSums).buffer(scratch).local(GROUP).local(GROUP);
      spikes.runGroups(mean.rows(), GROUP);
      spikes.start().number(rootPrecision(priorVariance));
      spikes.origin(mean).number(1).number(mean.stride());
      spikes.origin(sd).number(1).number(sd.stride()).number(mean.rows());
      spikes.slice(columnSums).buffer(scratch).local(GROUP).local(GROUP);
      spikes.runGroups(mean.columns(), GROUP);
    }
  }

  static float rootPrecision(float variance) {
    return (float) (1 / Math.sqrt(variance));
  }
}
