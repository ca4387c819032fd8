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
        switch (pass) {
          case SAMPLE, MEAN -> weights(block, from, count);
          case MOMENTS -> moments(block, from, count);
          case UPDATE -> update(block, from, count);
          case UPDATE_BY_MOMENTS -> updateByMoments(block, from, count);
          case DIVERGENCE -> divergence(block, from, count);
          case POINT -> point(block, from, count);
        }
      }
    }

    /** True where a block is no whole number of vectors and must go through copies. */
    private static boolean ragged(int count) {
      return count != VariationalBlock.whole(count);
    }

    private void weights(VariationalBlock block, int from, int count) {
      float[] w = weights.array();
      int o = weights.offset() + from;
      float[] mu = mean.array();
      int m = mean.offset() + from;
      float[] r = rho.array();
      int q = rho.offset() + from;
      float[] gamma = mask == null ? VariationalBlock.ONES : mask.array();
      int k = mask == null ? 0 : mask.offset() + from;
      int whole = VariationalBlock.whole(count);
      if (ragged(count)) {
        mu = block.copy(0, mu, m, count);
        r = block.copy(1, r, q, count);
        gamma = block.copy(2, gamma, k, count);
        m = q = k = o = 0;
        w = block.byMean;
      }
      if (pass == Pass.SAMPLE) {
        SimdScale.of(r, q, whole, block.sigma, block.slope);
        block.drawNoise(seed, stream, step, from, count);
        block.sample(mu, m, scale, gamma, k, whole, w, o);
      } else {
        VariationalBlock.mean(mu, m, scale, gamma, k, whole, w, o);
      }
      if (ragged(count)) {
        System.arraycopy(w, 0, weights.array(), weights.offset() + from, count);
      }
    }

    private void moments(VariationalBlock block, int from, int count) {
      float[] mu = mean.array();
      int m = mean.offset() + from;
      float[] r = rho.array();
      int q = rho.offset() + from;
      float[] gamma = mask == null ? VariationalBlock.ONES : mask.array();
      int k = mask == null ? 0 : mask.offset() + from;
      float[] w = weights.array();
      int o = weights.offset() + from;
      float[] v = byVariance.array();
      int p = byVariance.offset() + from;
      int whole = VariationalBlock.whole(count);
      if (ragged(count)) {
        mu = block.copy(0, mu, m, count);
        r = block.copy(1, r, q, count);
        gamma = block.copy(2, gamma, k, count);
        m = q = k = o = p = 0;
        w = block.byMean;
        v = block.byRho;
      }
      SimdScale.of(r, q, whole, block.sigma, block.slope);
      VariationalBlock.mean(mu, m, scale, gamma, k, whole, w, o);
      block.variances(rhoIsVariance, scale, gamma, k, whole, v, p);
      if (ragged(count)) {
        System.arraycopy(w, 0, weights.array(), weights.offset() + from, count);
        System.arraycopy(v, 0, byVariance.array(), byVariance.offset() + from, count);
      }
    }

    private void update(VariationalBlock block, int from, int count) {
      float[] mu = mean.array();
      int m = mean.offset() + from;
      float[] r = rho.array();
      int q = rho.offset() + from;
      float[] g = weights.array();
      int o = weights.offset() + from;
      float[] gamma = mask == null ? VariationalBlock.ONES : mask.array();
      int k = mask == null ? 0 : mask.offset() + from;
      int whole = VariationalBlock.whole(count);
      if (ragged(count)) {
        mu = block.copy(0, mu, m, count);
        r = block.copy(1, r, q, count);
        g = block.copy(2, g, o, count);
        gamma = block.copy(3, gamma, k, count);
        m = q = k = o = 0;
      }
      SimdScale.of(r, q, whole, block.sigma, block.slope);
      block.drawNoise(seed, stream, step, from, count);
      if (rule.kind == UpdateRule.Kind.IVON) {
        ivon(block, g, o, gamma, k, from, count);
        return;
      }
      block.gradients(mu, m, g, o, gamma, k, whole, analytic, weight, klWeight, precision);
      apply(block, block.byMean, 0, 1, from, count, mean, meanMoment1, meanMoment2);
      apply(block, block.byRho, 0, 1, from, count, rho, rhoMoment1, rhoMoment2);
    }

    private void updateByMoments(VariationalBlock block, int from, int count) {
      float[] mu = mean.array();
      int m = mean.offset() + from;
      float[] r = rho.array();
      int q = rho.offset() + from;
      float[] g = weights.array();
      int o = weights.offset() + from;
      float[] h = byVariance.array();
      int p = byVariance.offset() + from;
      float[] gamma = mask == null ? VariationalBlock.ONES : mask.array();
      int k = mask == null ? 0 : mask.offset() + from;
      int whole = VariationalBlock.whole(count);
      if (ragged(count)) {
        mu = block.copy(0, mu, m, count);
        r = block.copy(1, r, q, count);
        g = block.copy(2, g, o, count);
        h = block.copy(3, h, p, count);
        gamma = block.copy(7, gamma, k, count);
        m = q = o = p = k = 0;
      }
      SimdScale.of(r, q, whole, block.sigma, block.slope);
      if (rhoIsVariance) {
        block.deviationsOfVariances(whole);
      }
      block.momentGradients(mu, m, g, o, h, p, gamma, k, whole, weight, scale, klWeight, precision);
      apply(block, block.byMean, 0, 1, from, count, mean, meanMoment1, meanMoment2);
      apply(block, block.byRho, 0, 1, from, count, rho, rhoMoment1, rhoMoment2);
    }

    private void ivon(
        VariationalBlock block, float[] g, int o, float[] gamma, int k, int from, int count) {
      float[] mu = mean.array();
      int m = mean.offset() + from;
      float[] r = rho.array();
      int q = rho.offset() + from;
      float[] first = meanMoment1.array();
      int f = meanMoment1.offset() + from;
      float[] h = rhoMoment1.array();
      int c = rhoMoment1.offset() + from;
      int whole = VariationalBlock.whole(count);
      if (ragged(count)) {
        mu = block.copy(4, mu, m, count);
        first = block.copy(5, first, f, count);
        h = block.copy(6, h, c, count);
        r = block.byRho;
        m = q = f = c = 0;
      }
      SimdIvon.step(
          rule,
          g,
          o,
          gamma,
          k,
          weight,
          klWeight,
          precision,
          block.noise,
          block.sigma,
          whole,
          mu,
          m,
          first,
          f,
          h,
          c);
      SimdIvon.rho(block.sigma, whole, block.byMean, block.slope, r, q);
      if (ragged(count)) {
        System.arraycopy(mu, 0, mean.array(), mean.offset() + from, count);
        System.arraycopy(r, 0, rho.array(), rho.offset() + from, count);
        System.arraycopy(first, 0, meanMoment1.array(), meanMoment1.offset() + from, count);
        System.arraycopy(h, 0, rhoMoment1.array(), rhoMoment1.offset() + from, count);
      }
    }

    private void point(VariationalBlock block, int from, int count) {
      float[] g = weights.array();
      int o = weights.offset() + from;
      if (ragged(count)) {
        g = block.copy(0, g, o, count);
        o = 0;
      }
      apply(block, g, o, weight, from, count, mean, meanMoment1, meanMoment2);
    }

    private void apply(
        VariationalBlock block,
        float[] gradient,
        int g,
        float factor,
        int from,
        int count,
        Slice parameter,
        Slice moment1,
        Slice moment2) {
      int p = parameter.offset() + from;
      int m = moment1.offset() + from;
      int n = moment2.offset() + from;
      if (!ragged(count)) {
        VariationalBlock.apply(
            rule,
            gradient,
            g,
            factor,
            count,
            parameter.array(),
            p,
            moment1.array(),
            m,
            moment2.array(),
            n);
        return;
      }
      float[] x = block.copy(4, parameter.array(), p, count);
      float[] y = block.copy(5, moment1.array(), m, count);
      float[] z = block.copy(6, moment2.array(), n, count);
      int whole = VariationalBlock.whole(count);
      VariationalBlock.apply(rule, gradient, g, factor, whole, x, 0, y, 0, z, 0);
      System.arraycopy(x, 0, parameter.array(), p, count);
      System.arraycopy(y, 0, moment1.array(), m, count);
      System.arraycopy(z, 0, moment2.array(), n, count);
    }

    private void divergence(VariationalBlock block, int from, int count) {
      float[] mu = mean.array();
      int m = mean.offset() + from;
      float[] r = rho.array();
      int q = rho.offset() + from;
      float[] gamma = mask == null ? VariationalBlock.ONES : mask.array();
      int k = mask == null ? 0 : mask.offset() + from;
      int whole = VariationalBlock.whole(count);
      if (ragged(count)) {
        mu = block.copy(0, mu, m, count);
        r = block.copy(1, r, q, count);
        gamma = block.copy(2, gamma, k, count);
        m = q = k = 0;
      }
      SimdScale.of(r, q, whole, block.sigma, block.slope);
      block.ratios(whole, precision);
      VectorMath.log(block.sigma, block.byRho, whole);
      block.divergences(mu, m, gamma, k, whole, precision);
      totals[from / BLOCK] = SimdSums.blockSum(block.byMean, 0, count, block.lanes, 0);
    }
  }
}
