package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * Draws around given means with given variances, and their pullback: one pass over memory, in
 * blocks whose noise stays in the first-level cache. Used while the pool's monitor is held.
 */
final class SimdLocalDraw implements WorkerPool.Task {

  private static final int BLOCK = VariationalBlock.SIZE;

  /** Draws of one part of the work. */
  private static final int PART = 16 * BLOCK;

  private final WorkerPool pool;
  private long seed;
  private int stream;
  private long step;
  private boolean back;
  private boolean accumulate;
  private Slice x;
  private Slice variance;
  private Slice deviation;
  private Slice out;

  SimdLocalDraw(WorkerPool pool) {
    this.pool = pool;
  }

  void coordinates(long seed, int stream, long step) {
    this.seed = seed;
    this.stream = stream;
    this.step = step;
  }

  void draw(Slice mean, Slice variance, Slice deviation, Slice out) {
    back = false;
    run(mean, variance, deviation, out);
  }

  void pullback(Slice dy, Slice deviation, Slice dVariance, boolean accumulate) {
    back = true;
    this.accumulate = accumulate;
    run(dy, null, deviation, dVariance);
  }

  private void run(Slice x, Slice variance, Slice deviation, Slice out) {
    this.x = x;
    this.variance = variance;
    this.deviation = deviation;
    this.out = out;
    pool.run(Math.ceilDiv(out.length(), PART), this);
    this.x = this.variance = this.deviation = this.out = null;
  }

  @Override
  public void run(int part) {
    VariationalBlock block = VariationalBlock.ofThread();
    int end = (int) Math.min((long) (part + 1) * PART, out.length());
    for (int from = part * PART; from < end; from += BLOCK) {
      int count = Math.min(BLOCK, end - from);
      block.drawNoise(seed, stream, step, from, count);
      if (back) {
        pullback(block, from, count);
      } else {
        draw(block, from, count);
      }
    }
    block.release();
  }

  private void draw(VariationalBlock block, int from, int count) {
    BlockPart m = block.mean.of(x, from, count);
    BlockPart v = block.variances.of(variance, from, count);
    BlockPart d = block.rho.of(deviation, from, count);
    BlockPart y = block.weights.of(out, from, count);
    draw(
        block.noise,
        m.array,
        m.at,
        v.array,
        v.at,
        d.array,
        d.at,
        y.array,
        y.at,
        VariationalBlock.whole(count));
    d.store();
    y.store();
  }

  private void pullback(VariationalBlock block, int from, int count) {
    BlockPart g = block.mean.of(x, from, count);
    BlockPart d = block.rho.of(deviation, from, count);
    BlockPart y = block.weights.of(out, from, count);
    slopes(
        block.noise,
        g.array,
        g.at,
        d.array,
        d.at,
        accumulate,
        y.array,
        y.at,
        VariationalBlock.whole(count));
    y.store();
  }

  private static void draw(
      float[] noise,
      float[] mean,
      int m,
      float[] variance,
      int v,
      float[] deviation,
      int d,
      float[] out,
      int o,
      int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector root =
          FloatVector.fromArray(FLOAT, variance, v + i).add(NoiseKernels.LEAST_VARIANCE).sqrt();
      root.intoArray(deviation, d + i);
      root.fma(FloatVector.fromArray(FLOAT, noise, i), FloatVector.fromArray(FLOAT, mean, m + i))
          .intoArray(out, o + i);
    }
  }

  /** ½ ∂y ε / √v, or more by that. */
  private static void slopes(
      float[] noise,
      float[] dy,
      int g,
      float[] deviation,
      int d,
      boolean accumulate,
      float[] out,
      int o,
      int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector share =
          FloatVector.fromArray(FLOAT, dy, g + i)
              .mul(0.5f)
              .mul(FloatVector.fromArray(FLOAT, noise, i))
              .div(FloatVector.fromArray(FLOAT, deviation, d + i));
      if (accumulate) {
        share = share.add(FloatVector.fromArray(FLOAT, out, o + i));
      }
      share.intoArray(out, o + i);
    }
  }
}
