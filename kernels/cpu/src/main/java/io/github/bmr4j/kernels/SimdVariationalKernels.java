package io.github.bmr4j.kernels;

import java.util.Arrays;

/**
 * The passes of variational inference, each one pass over memory: the work of a block of factors is
 * done loop by loop ({@link VariationalBlock}) while it lies in the first-level cache, the noise of
 * the block included.
 */
final class SimdVariationalKernels implements VariationalKernels {

  private static final int BLOCK = VariationalBlock.SIZE;

  /** Factors of one part of the work. */
  private static final int PART = 16 * BLOCK;

  private final WorkerPool pool;
  private final Task task = new Task();

  SimdVariationalKernels(WorkerPool pool) {
    this.pool = pool;
  }

  private enum Pass {
    SAMPLE,
    MEAN,
    MOMENTS,
    UPDATE,
    UPDATE_BY_MOMENTS,
    DIVERGENCE,
    POINT
  }

  @Override
  public void sample(
      NormalFactors q, Slice scale, Slice mask, long seed, int stream, long step, Slice out) {
    VariationalArguments.weights("sample", q, scale, mask, out);
    synchronized (pool) {
      task.coordinates(seed, stream, step);
      task.factors(q.mean(), q.rho(), scale, mask, out);
      task.run(pool, Pass.SAMPLE);
    }
  }

  @Override
  public void mean(NormalFactors q, Slice scale, Slice mask, Slice out) {
    VariationalArguments.weights("mean", q, scale, mask, out);
    synchronized (pool) {
      task.factors(q.mean(), q.rho(), scale, mask, out);
      task.run(pool, Pass.MEAN);
    }
  }

  @Override
  public void moments(
      NormalFactors q,
      Slice scale,
      Slice mask,
      boolean rhoIsVariance,
      Slice means,
      Slice variances) {
    VariationalArguments.moments(q, scale, mask, means, variances);
    synchronized (pool) {
      task.factors(q.mean(), q.rho(), scale, mask, means);
      task.byVariance = variances;
      task.rhoIsVariance = rhoIsVariance;
      task.run(pool, Pass.MOMENTS);
    }
  }

  @Override
  public void update(
      NormalFactors q,
      Slice gradient,
      Slice scale,
      Slice mask,
      VariationalStep step,
      UpdateRule rule) {
    VariationalArguments.update(q, gradient, scale, mask, step, rule);
    synchronized (pool) {
      task.coordinates(step.seed, step.stream, step.step);
      task.factors(q.mean(), q.rho(), scale, mask, gradient);
      task.analytic = step.divergence == VariationalStep.Divergence.ANALYTIC ? 1 : 0;
      task.optimizer(q, step, rule);
      task.run(pool, Pass.UPDATE);
    }
  }

  @Override
  public void updateByMoments(
      NormalFactors q,
      Slice byMean,
      Slice byVariance,
      Slice scale,
      Slice mask,
      boolean rhoIsVariance,
      VariationalStep step,
      UpdateRule rule) {
    VariationalArguments.updateByMoments(q, byMean, byVariance, scale, mask, step, rule);
    synchronized (pool) {
      task.factors(q.mean(), q.rho(), scale, mask, byMean);
      task.byVariance = byVariance;
      task.rhoIsVariance = rhoIsVariance;
      task.optimizer(q, step, rule);
      task.run(pool, Pass.UPDATE_BY_MOMENTS);
    }
  }

  @Override
  public void logNormalGradients(
      Slice mean,
      Slice rho,
      Slice drawn,
      Slice gradient,
      double shape,
      double rate,
      VariationalStep step,
      Slice byMean,
      Slice byRho) {
    LogNormalPasses.gradients(mean, rho, drawn, gradient, shape, rate, step, byMean, byRho);
  }

  @Override
  public void logNormalPointGradient(
      Slice mean, Slice gradient, double shape, double rate, VariationalStep step, Slice byMean) {
    LogNormalPasses.point(mean, gradient, shape, rate, step, byMean);
  }

  @Override
  public void updateLogNormal(
      NormalFactors q,
      Slice drawn,
      Slice gradient,
      double shape,
      double rate,
      VariationalStep step,
      UpdateRule rule) {
    LogNormalPasses.update(q, drawn, gradient, shape, rate, step, rule);
  }

  @Override
  public double klDivergence(Slice mean, Slice rho, Slice mask, float priorVariance) {
    VariationalArguments.divergence(mean, rho, mask);
    VariationalArguments.positive("klDivergence", "the prior variance", priorVariance);
    int blocks = Math.ceilDiv(mean.length(), BLOCK);
    synchronized (pool) {
      task.factors(mean, rho, null, mask, null);
      task.precision = (float) (1 / Math.sqrt(priorVariance));
      task.reserve(blocks);
      task.run(pool, Pass.DIVERGENCE);
      double sum = 0;
      for (int block = 0; block < blocks; block++) {
        sum += task.totals[block];
      }
      return 0.5 * sum;
    }
  }

  @Override
  public void updatePoint(
      Slice parameter,
      Slice gradient,
      Slice moment1,
      Slice moment2,
      float weight,
      UpdateRule rule) {
    VariationalArguments.point(parameter, gradient, moment1, moment2, rule);
    synchronized (pool) {
      task.factors(parameter, parameter, null, null, gradient);
      task.meanMoment1 = moment1;
      task.meanMoment2 = moment2;
      task.weight = weight;
      task.rule = rule;
      task.run(pool, Pass.POINT);
    }
  }

  /** One pass, its arguments and the block totals; reused from call to call. */
  private static final class Task implements WorkerPool.Task {
    private Pass pass;
    private Slice mean;
    private Slice rho;
    private Slice mask;
    private Slice weights;
    private Slice byVariance;
    private boolean rhoIsVariance;
    private Slice meanMoment1;
    private Slice meanMoment2;
    private Slice rhoMoment1;
    private Slice rhoMoment2;
    private UpdateRule rule;
    private long seed;
    private int stream;
    private long step;
    private float scale;
    private float analytic;
    private float weight;
    private float klWeight;
    private float precision;
    private double[] totals = new double[64];

    private void coordinates(long seed, int stream, long step) {
      this.seed = seed;
      this.stream = stream;
      this.step = step;
    }

    private void factors(Slice mean, Slice rho, Slice scale, Slice mask, Slice weights) {
      this.mean = mean;
      this.rho = rho;
      this.scale = scale == null ? 1 : scale.get(0);
      this.mask = mask;
      this.weights = weights;
    }

    private void optimizer(NormalFactors q, VariationalStep now, UpdateRule rule) {
      meanMoment1 = q.meanMoment1();
      meanMoment2 = q.meanMoment2();
      rhoMoment1 = q.rhoMoment1();
      rhoMoment2 = q.rhoMoment2();
      this.rule = rule;
      weight = now.likelihoodWeight * scale;
      klWeight = now.klWeight;
      precision = 1 / now.priorVariance;
    }

    private void reserve(int blocks) {
      if (totals.length < blocks) {
        totals = Arrays.copyOf(totals, Math.max(blocks, 2 * totals.length));
      }
    }

    private void run(WorkerPool pool, Pass pass) {
      this.pass = pass;
      pool.run(Math.ceilDiv(mean.length(), PART), this);
      mean = rho = mask = weights = byVariance = null;
      meanMoment1 = meanMoment2 = rhoMoment1 = rhoMoment2 = null;
    }

    @Override
    public void run(int part) {
      VariationalBlock block = VariationalBlock.ofThread();
      int end = (int) Math.min((long) (part + 1) * PART, mean.length());
      for (int from = part * PART; from < end; from += BLOCK) {
        int count = Math.min(BLOCK, end - from);
        block.mean.of(mean, from, count);
        block.rho.of(rho, from, count);
        block.mask.ofMask(mask, from, count);
        if (weights != null) {
          block.weights.of(weights, from, count);
        }
        int whole = VariationalBlock.whole(count);
        switch (pass) {
          case SAMPLE -> sample(block, from, count, whole);
          case MEAN -> mean(block, whole);
          case MOMENTS -> moments(block, from, count, whole);
          case UPDATE -> update(block, from, count, whole);
          case UPDATE_BY_MOMENTS -> updateByMoments(block, from, count, whole);
          case DIVERGENCE -> totals[from / BLOCK] = divergence(block, count, whole);
          case POINT -> point(block, from, count, whole);
        }
      }
      block.release();
    }

    private void sample(VariationalBlock block, int from, int count, int whole) {
      BlockPart mu = block.mean;
      BlockPart gamma = block.mask;
      BlockPart w = block.weights;
      SimdScale.of(block.rho.array, block.rho.at, whole, block.sigma, block.slope);
      block.drawNoise(seed, stream, step, from, count);
      block.sample(mu.array, mu.at, scale, gamma.array, gamma.at, whole, w.array, w.at);
      w.store();
    }

    private void mean(VariationalBlock block, int whole) {
      BlockPart mu = block.mean;
      BlockPart gamma = block.mask;
      BlockPart w = block.weights;
      VariationalBlock.mean(mu.array, mu.at, scale, gamma.array, gamma.at, whole, w.array, w.at);
      w.store();
    }

    private void moments(VariationalBlock block, int from, int count, int whole) {
      BlockPart gamma = block.mask;
      BlockPart v = block.variances.of(byVariance, from, count);
      SimdScale.of(block.rho.array, block.rho.at, whole, block.sigma, block.slope);
      mean(block, whole);
      block.variances(rhoIsVariance, scale, gamma.array, gamma.at, whole, v.array, v.at);
      v.store();
    }

    private void update(VariationalBlock block, int from, int count, int whole) {
      BlockPart mu = block.mean;
      BlockPart g = block.weights;
      BlockPart gamma = block.mask;
      SimdScale.of(block.rho.array, block.rho.at, whole, block.sigma, block.slope);
      block.drawNoise(seed, stream, step, from, count);
      if (rule.kind == UpdateRule.Kind.IVON) {
        ivon(block, from, count, whole);
        return;
      }
      block.gradients(
          mu.array,
          mu.at,
          g.array,
          g.at,
          gamma.array,
          gamma.at,
          whole,
          analytic,
          weight,
          klWeight,
          precision);
      applyGradients(block, from, count, whole);
    }

    private void updateByMoments(VariationalBlock block, int from, int count, int whole) {
      BlockPart mu = block.mean;
      BlockPart g = block.weights;
      BlockPart h = block.variances.of(byVariance, from, count);
      BlockPart gamma = block.mask;
      SimdScale.of(block.rho.array, block.rho.at, whole, block.sigma, block.slope);
      if (rhoIsVariance) {
        block.deviationsOfVariances(whole);
      }
      block.momentGradients(
          mu.array,
          mu.at,
          g.array,
          g.at,
          h.array,
          h.at,
          gamma.array,
          gamma.at,
          whole,
          weight,
          scale,
          klWeight,
          precision);
      applyGradients(block, from, count, whole);
    }

    private void applyGradients(VariationalBlock block, int from, int count, int whole) {
      BlockPart m1 = block.meanMoment1.of(meanMoment1, from, count);
      BlockPart m2 = block.meanMoment2.of(meanMoment2, from, count);
      BlockPart r1 = block.rhoMoment1.of(rhoMoment1, from, count);
      BlockPart r2 = block.rhoMoment2.of(rhoMoment2, from, count);
      apply(block.byMean, 0, 1, whole, block.mean, m1, m2);
      apply(block.byRho, 0, 1, whole, block.rho, r1, r2);
    }

    private void ivon(VariationalBlock block, int from, int count, int whole) {
      BlockPart mu = block.mean;
      BlockPart rho = block.rho;
      BlockPart g = block.weights;
      BlockPart gamma = block.mask;
      BlockPart first = block.meanMoment1.of(meanMoment1, from, count);
      BlockPart h = block.rhoMoment1.of(rhoMoment1, from, count);
      SimdIvon.step(
          rule,
          g.array,
          g.at,
          gamma.array,
          gamma.at,
          weight,
          klWeight,
          precision,
          block.noise,
          block.sigma,
          whole,
          mu.array,
          mu.at,
          first.array,
          first.at,
          h.array,
          h.at);
      SimdIvon.rho(block.sigma, whole, block.byMean, block.slope, rho.array, rho.at);
      mu.store();
      rho.store();
      first.store();
      h.store();
    }

    private void point(VariationalBlock block, int from, int count, int whole) {
      BlockPart m1 = block.meanMoment1.of(meanMoment1, from, count);
      BlockPart m2 = block.meanMoment2.of(meanMoment2, from, count);
      apply(block.weights.array, block.weights.at, weight, whole, block.mean, m1, m2);
    }

    private void apply(
        float[] gradient,
        int g,
        float factor,
        int whole,
        BlockPart parameter,
        BlockPart moment1,
        BlockPart moment2) {
      VariationalBlock.apply(
          rule,
          gradient,
          g,
          factor,
          whole,
          parameter.array,
          parameter.at,
          moment1.array,
          moment1.at,
          moment2.array,
          moment2.at);
      parameter.store();
      moment1.store();
      moment2.store();
    }

    private double divergence(VariationalBlock block, int count, int whole) {
      BlockPart mu = block.mean;
      BlockPart gamma = block.mask;
      SimdScale.of(block.rho.array, block.rho.at, whole, block.sigma, block.slope);
      block.ratios(whole, precision);
      VectorMath.log(block.sigma, block.byRho, whole);
      block.divergences(mu.array, mu.at, gamma.array, gamma.at, whole, precision);
      return SimdSums.blockSum(block.byMean, 0, count, block.lanes, 0);
    }
  }
}
