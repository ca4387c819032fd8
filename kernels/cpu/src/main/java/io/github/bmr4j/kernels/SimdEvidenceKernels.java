package io.github.bmr4j.kernels;

import java.util.Arrays;

/**
 * Model evidence in one pass over the posterior, whatever the number of candidates: each block of
 * factors is loaded once and all candidates are worked out while it lies in the first-level cache
 * ({@link EvidenceBlock}).
 */
final class SimdEvidenceKernels implements EvidenceKernels {

  private static final int BLOCK = EvidenceBlock.SIZE;

  /** Factors of one part of the work. */
  private static final int PART = 8 * BLOCK;

  /** Least rows of one part of a matrix, which bounds the memory for its column sums. */
  private static final int PART_ROWS = 32;

  private final WorkerPool pool;
  private final FactorTask factors = new FactorTask();
  private final GroupTask groups = new GroupTask();

  SimdEvidenceKernels(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public void deltaF(Slice mean, Slice sd, float priorVariance, float reducedVariance, Slice out) {
    EvidenceArguments.posterior("deltaF", mean, sd, priorVariance);
    EvidenceArguments.reduced("deltaF", reducedVariance);
    EvidenceArguments.output("deltaF", mean, sd, "out", out);
    synchronized (pool) {
      factors.reserve(1, 0);
      factors.candidate(0, priorVariance, reducedVariance);
      factors.run(pool, Result.EACH, mean, sd, priorVariance, out, null);
    }
  }

  @Override
  public void deltaFSums(
      Slice mean, Slice sd, float priorVariance, float[] reducedVariances, double[] sums) {
    EvidenceArguments.posterior("deltaFSums", mean, sd, priorVariance);
    EvidenceArguments.candidates("deltaFSums", reducedVariances, sums);
    sums(Result.SUMS, mean, sd, priorVariance, reducedVariances, sums, null, null);
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
    sums(Result.BEST, mean, sd, priorVariance, reducedVariances, sums, bestDeltaF, bestCandidate);
  }

  private void sums(
      Result result,
      Slice mean,
      Slice sd,
      float priorVariance,
      float[] reducedVariances,
      double[] sums,
      Slice best,
      Slice bestCandidate) {
    int k = reducedVariances.length;
    int blocks = Math.ceilDiv(mean.length(), BLOCK);
    synchronized (pool) {
      factors.reserve(k, blocks);
      for (int j = 0; j < k; j++) {
        factors.candidate(j, priorVariance, reducedVariances[j]);
      }
      factors.run(pool, result, mean, sd, priorVariance, best, bestCandidate);
      Arrays.fill(sums, 0);
      for (int block = 0; block < blocks; block++) {
        for (int j = 0; j < k; j++) {
          sums[j] += factors.totals[block * k + j];
        }
      }
    }
  }

  @Override
  public void spikeGroupSums(
      MatrixView mean, MatrixView sd, float priorVariance, Slice rowSums, Slice columnSums) {
    EvidenceArguments.groups(mean, sd, priorVariance, rowSums, columnSums);
    synchronized (pool) {
      groups.run(pool, mean, sd, priorVariance, rowSums, columnSums);
    }
  }

  /** What is kept of the factors' ΔF. */
  private enum Result {
    EACH,
    SUMS,
    BEST
  }

  private static float rootPrecision(float variance) {
    return (float) (1 / Math.sqrt(variance));
  }

  /** All candidates for the blocks of a vector of factors; reused from call to call. */
  private static final class FactorTask implements WorkerPool.Task {
    private Result result;
    private Slice mean;
    private Slice sd;
    private Slice out;
    private Slice outCandidate;
    private float rootPrecision;
    private int candidates;
    private float[] ratios = new float[8];
    private float[] complements = new float[8];
    private float[] factors = new float[8];

    /** [blocks, candidates]. */
    private double[] totals = new double[64];

    private void reserve(int candidates, int blocks) {
      this.candidates = candidates;
      if (ratios.length < candidates) {
        ratios = new float[candidates];
        complements = new float[candidates];
        factors = new float[candidates];
      }
      int needed = Math.multiplyExact(blocks, candidates);
      if (totals.length < needed) {
        totals = new double[needed];
      }
    }

    private void candidate(int j, float priorVariance, float reducedVariance) {
      double ratio = (double) reducedVariance / priorVariance;
      ratios[j] = (float) ratio;
      complements[j] = (float) (1 - ratio);
      factors[j] = (float) ((1 - ratio) / priorVariance);
    }

    private void run(
        WorkerPool pool,
        Result result,
        Slice mean,
        Slice sd,
        float priorVariance,
        Slice out,
        Slice outCandidate) {
      this.result = result;
      this.mean = mean;
      this.sd = sd;
      this.out = out;
      this.outCandidate = outCandidate;
      rootPrecision = rootPrecision(priorVariance);
      pool.run(Math.ceilDiv(mean.length(), PART), this);
      this.mean = this.sd = this.out = this.outCandidate = null;
    }

    @Override
    public void run(int part) {
      EvidenceBlock block = EvidenceBlock.ofThread();
      int end = (int) Math.min((long) (part + 1) * PART, mean.length());
      for (int from = part * PART; from < end; from += BLOCK) {
        int count = Math.min(BLOCK, end - from);
        int m = mean.offset() + from;
        int s = sd.offset() + from;
        block.load(mean.array(), m, sd.array(), s, count, rootPrecision);
        if (candidates == 1 && result == Result.SUMS) {
          totals[from / BLOCK] = block.sumOfSingle(ratios[0], complements[0], factors[0]);
        } else {
          // A single spike gets along without.
          if (candidates > 1 || ratios[0] != 0) {
            block.prepare();
          }
          candidates(block, from, count);
        }
      }
      block.unload();
    }

    private void candidates(EvidenceBlock block, int from, int count) {
      int at = from / BLOCK * candidates;
      if (result == Result.BEST) {
        block.clearBest();
      }
      for (int j = 0; j < candidates; j++) {
        switch (result) {
          case EACH -> {
            block.deltaF(ratios[j], complements[j]);
            System.arraycopy(block.terms, 0, out.array(), out.offset() + from, count);
          }
          case SUMS -> totals[at + j] = block.sum(ratios[j], complements[j]);
          case BEST -> {
            block.deltaF(ratios[j], complements[j]);
            totals[at + j] = block.sumOfTerms();
            block.select(j);
          }
        }
      }
      if (result == Result.BEST) {
        int index = outCandidate.offset() + from;
        System.arraycopy(block.best, 0, out.array(), out.offset() + from, count);
        System.arraycopy(block.bestCandidate, 0, outCandidate.array(), index, count);
      }
    }
  }

  /** The spike's ΔF summed over the rows and columns of a matrix; reused from call to call. */
  private static final class GroupTask implements WorkerPool.Task {
    private MatrixView mean;
    private MatrixView sd;
    private Slice rowSums;
    private float rootPrecision;
    private int partRows;

    /** [parts, columns]. */
    private double[] columnTotals = new double[64];

    private void run(
        WorkerPool pool,
        MatrixView mean,
        MatrixView sd,
        float priorVariance,
        Slice rowSums,
        Slice columnSums) {
      this.mean = mean;
      this.sd = sd;
      this.rowSums = rowSums;
      rootPrecision = rootPrecision(priorVariance);
      int columns = mean.columns();
      partRows = Math.max(PART_ROWS, PART / Math.max(1, columns));
      int parts = Math.ceilDiv(mean.rows(), partRows);
      int needed = Math.multiplyExact(parts, columns);
      if (columnTotals.length < needed) {
        columnTotals = new double[needed];
      }
      pool.run(parts, this);
      this.mean = this.sd = null;
      this.rowSums = null;
      for (int column = 0; column < columns; column++) {
        double sum = 0;
        for (int part = 0; part < parts; part++) {
          sum += columnTotals[part * columns + column];
        }
        columnSums.set(column, (float) sum);
      }
    }

    @Override
    public void run(int part) {
      EvidenceBlock block = EvidenceBlock.ofThread();
      int columns = mean.columns();
      int totals = part * columns;
      Arrays.fill(columnTotals, totals, totals + columns, 0);
      int end = Math.min(mean.rows(), (part + 1) * partRows);
      for (int row = part * partRows; row < end; row++) {
        double sum = 0;
        for (int from = 0; from < columns; from += BLOCK) {
          int count = Math.min(BLOCK, columns - from);
          int m = mean.offset() + row * mean.stride() + from;
          int s = sd.offset() + row * sd.stride() + from;
          block.load(mean.array(), m, sd.array(), s, count, rootPrecision);
          block.spike();
          sum += block.sumOfTerms();
          for (int i = 0; i < count; i++) {
            columnTotals[totals + from + i] += block.terms[i];
          }
        }
        rowSums.set(row, (float) sum);
      }
      block.unload();
    }
  }
}
