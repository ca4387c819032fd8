package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.NoiseArguments;
import io.github.bmr4j.kernels.NoiseKernels;
import io.github.bmr4j.kernels.Slice;

/** Philox on the device, one work item for the four numbers of a counter. */
final class OpenClNoiseKernels implements NoiseKernels {

  /** The arguments of every kernel that draws. */
  static final String COORDINATES = "key0, key1, stream, stepLow, stepHigh";

  private static final long LOW = 0xFFFF_FFFFL;
  private static final int DRAWS_OF_GROUP = 64;
  private static final int COUNTERS_OF_GROUP = 16;

  private final Work work;
  private final Launch noise;
  private final Launch localDraw;
  private final Launch localDrawPullback;

  OpenClNoiseKernels(Work work) {
    this.work = work;
    noise = new Launch(work, "Noise", COORDINATES + ", @out, n, isNormal");
    localDraw =
        new Launch(
            work, "LocalDraw", COORDINATES + ", @mean, @variance, n, least, @deviation, @out");
    localDrawPullback =
        new Launch(
            work,
            "LocalDrawPullback",
            COORDINATES + ", @dy, @deviation, n, @dVariance, accumulate");
  }

  @Override
  public void uniform(long seed, int stream, long step, Slice out) {
    draw(seed, stream, step, out, false);
  }

  @Override
  public void normal(long seed, int stream, long step, Slice out) {
    draw(seed, stream, step, out, true);
  }

  @Override
  public void localDraw(
      Slice mean, Slice variance, long seed, int stream, long step, Slice deviation, Slice out) {
    NoiseArguments.localDraw(mean, variance, deviation, out);
    synchronized (work.context()) {
      coordinates(localDraw.start(), seed, stream, step);
      localDraw.slice(mean).slice(variance).number(out.length()).number(LEAST_VARIANCE);
      localDraw.slice(deviation).slice(out).run(counters(out.length()));
    }
  }

  @Override
  public void localDrawPullback(
      Slice dy,
      Slice deviation,
      long seed,
      int stream,
      long step,
      Slice dVariance,
      boolean accumulate) {
    NoiseArguments.localDrawPullback(dy, deviation, dVariance);
    synchronized (work.context()) {
      coordinates(localDrawPullback.start(), seed, stream, step);
      localDrawPullback.slice(dy).slice(deviation).number(dy.length());
      localDrawPullback.slice(dVariance).flag(accumulate).run(counters(dy.length()));
    }
  }

  private void draw(long seed, int stream, long step, Slice out, boolean isNormal) {
    synchronized (work.context()) {
      coordinates(noise.start(), seed, stream, step);
      noise.slice(out).number(out.length()).flag(isNormal).run(counters(out.length()));
    }
  }

  /** Sets {@link #COORDINATES}. */
  static Launch coordinates(Launch launch, long seed, int stream, long step) {
    return launch
        .number(seed & LOW)
        .number(seed >>> 32)
        .number(stream & LOW)
        .number(step & LOW)
        .number(step >>> 32);
  }

  /** Counters that {@code n} draws need. */
  static long counters(int n) {
    return Math.ceilDiv((long) n, DRAWS_OF_GROUP) * COUNTERS_OF_GROUP;
  }
}
