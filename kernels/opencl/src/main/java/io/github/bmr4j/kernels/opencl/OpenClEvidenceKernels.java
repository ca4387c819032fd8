package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.EvidenceArguments;
import io.github.bmr4j.kernels.EvidenceKernels;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import java.lang.foreign.MemorySegment;

/** Model evidence on the device: the posterior is read once for eight candidates. */
final class OpenClEvidenceKernels implements EvidenceKernels {

  /** Candidates of one pass of the kernel. */
  private static final int CANDIDATES = 8;

  private static final int GROUP = OpenClReductionKernels.GROUP;

  private final Work work;
  private final Launch deltaF;
  private final Launch sums;
  private final Launch spikes;
  private final float[] ratios = new float[2 * CANDIDATES];
  private final MemorySegment ratiosSegment = MemorySegment.ofArray(ratios);
  private long ratiosBuffer;

  OpenClEvidenceKernels(Work work) {
    this.work = work;
    deltaF = new Launch(work, "DeltaF", "rootPrecision, @mean, @sd, ratio, rest, @out, n");
    sums =
        new Launch(
            work,
            "EvidenceSums",
            "rootPrecision, @mean, @sd, n, ratios, candidates, firstCandidate, wantsBest, @best,"
                + " @candidate, partials, highs, lows");
    spikes =
        new Launch(
            work,
            "SpikeSums",
            "rootPrecision, @mean, meanOuter, meanInner, @sd, sdOuter, sdInner, length, @out,"
                + " partials, highs, lows");
  }

  @Override
  public void deltaF(Slice mean, Slice sd, float priorVariance, float reducedVariance, Slice out) {
    EvidenceArguments.posterior("deltaF", mean, sd, priorVariance);
    EvidenceArguments.reduced("deltaF", reducedVariance);
    EvidenceArguments.output("deltaF", mean, sd, "out", out);
    double ratio = (double) reducedVariance / priorVariance;
    synchronized (work.context()) {
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
      if (best != null && results.length == 0) {
        // The best of none: −∞, by the first.
        work.context()
            .fill(
                work.memory().buffer(best.array()),
                best.offset(),
                best.length(),
                Float.NEGATIVE_INFINITY);
        work.context()
            .fill(
                work.memory().buffer(candidate.array()), candidate.offset(), candidate.length(), 0);
      }
      if (ratiosBuffer == 0) {
        ratiosBuffer = work.context().createBuffer(ratios.length);
      }
      int groups = Work.groups(mean.length());
      for (int first = 0; first < results.length; first += CANDIDATES) {
        int count = Math.min(CANDIDATES, results.length - first);
        for (int j = 0; j < count; j++) {
          double ratio = (double) reducedVariances[first + j] / priorVariance;
          ratios[j] = (float) ratio;
          ratios[CANDIDATES + j] = (float) (1 - ratio);
        }
        work.context().write(ratiosSegment, 0, ratiosBuffer, 0, ratios.length);
        sums.start().number(rootPrecision(priorVariance)).slice(mean).slice(sd);
        sums.number(mean.length()).buffer(ratiosBuffer).number(count).number(first);
        sums.flag(best != null).slice(best == null ? mean : best);
        sums.slice(candidate == null ? mean : candidate);
        sums.buffer(work.scratch(2 * count * groups)).local(GROUP).local(GROUP);
        sums.runGroups(groups, GROUP);
        work.readPairs(count * groups);
        for (int j = 0; j < count; j++) {
          results[first + j] = work.total(j * groups, groups);
        }
      }
    }
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

  private static float rootPrecision(float variance) {
    return (float) (1 / Math.sqrt(variance));
  }
}
