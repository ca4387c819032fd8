package io.github.bmr4j.kernels;

/**
 * Noise in blocks that stay in the first-level cache: words of {@link SimdPhilox} parked in the
 * output, then replaced there by numbers. Two small loops in place of one large, since C2 gives up
 * on large ones.
 */
final class SimdNoiseKernels implements NoiseKernels {

  /** Draws of one block: 4 KiB. */
  private static final int BLOCK = 1024;

  /** Draws of one part of the work. */
  private static final int PART = 16 * BLOCK;

  private static final int GROUP = ScalarNoiseKernels.GROUP;

  private final WorkerPool pool;
  private final Task task = new Task();
  private final SimdLocalDraw local;

  SimdNoiseKernels(WorkerPool pool) {
    this.pool = pool;
    local = new SimdLocalDraw(pool);
  }

  @Override
  public void uniform(long seed, int stream, long step, Slice out) {
    run(false, seed, stream, step, out);
  }

  @Override
  public void normal(long seed, int stream, long step, Slice out) {
    run(true, seed, stream, step, out);
  }

  @Override
  public void localDraw(
      Slice mean, Slice variance, long seed, int stream, long step, Slice deviation, Slice out) {
    NoiseArguments.localDraw(mean, variance, deviation, out);
    synchronized (pool) {
      local.coordinates(seed, stream, step);
      local.draw(mean, variance, deviation, out);
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
    synchronized (pool) {
      local.coordinates(seed, stream, step);
      local.pullback(dy, deviation, dVariance, accumulate);
    }
  }

  private void run(boolean normal, long seed, int stream, long step, Slice out) {
    synchronized (pool) {
      task.normal = normal;
      task.seed = seed;
      task.stream = stream;
      task.step = step;
      task.out = out.array();
      task.offset = out.offset();
      task.length = out.length();
      pool.run(Math.ceilDiv(out.length(), PART), task);
      task.out = null;
    }
  }

  /**
   * Writes normal draws {@code 64 · firstGroup, …} of {@link NoiseKernels#normal}: what fused
   * kernels use for a block of their own.
   *
   * @param groups how many groups of 64 draws, best few enough for the first-level cache
   */
  static void normals(
      long seed, int stream, long step, int firstGroup, int groups, float[] out, int offset) {
    SimdPhilox.words(seed, stream, step, firstGroup, groups, out, offset);
    BoxMuller.normals(out, offset, groups * GROUP);
  }

  private static final class Task implements WorkerPool.Task {
    private boolean normal;
    private long seed;
    private int stream;
    private long step;
    private float[] out;
    private int offset;
    private int length;

    /** The last group of a slice, where it is not whole. */
    private final float[] last = new float[GROUP];

    @Override
    public void run(int part) {
      int end = (int) Math.min((long) (part + 1) * PART, length);
      int whole = end - end % GROUP;
      for (int from = part * PART; from < whole; from += BLOCK) {
        int groups = Math.min(BLOCK, whole - from) / GROUP;
        groups(from / GROUP, groups, out, offset + from);
      }
      if (whole < end) {
        groups(whole / GROUP, 1, last, 0);
        System.arraycopy(last, 0, out, offset + whole, end - whole);
      }
    }

    private void groups(int firstGroup, int groups, float[] x, int at) {
      if (normal) {
        normals(seed, stream, step, firstGroup, groups, x, at);
      } else {
        SimdPhilox.words(seed, stream, step, firstGroup, groups, x, at);
        BoxMuller.uniforms(x, at, groups * GROUP);
      }
    }
  }
}
