package io.github.bmr4j.kernels.opencl;

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

  OpenClNoiseKernels(Work work) {
    this.work = work;
    noise = new Launch(work, "Noise", COORDINATES + ", @out, n, isNormal");
  }

  @Override
  public void uniform(long seed, int stream, long step, Slice out) {
    draw(seed, stream, step, out, false);
  }

  @Override
  public void normal(long seed, int stream, long step, Slice out) {
    draw(seed, stream, step, out, true);
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
