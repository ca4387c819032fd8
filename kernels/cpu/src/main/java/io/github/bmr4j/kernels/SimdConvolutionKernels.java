package io.github.bmr4j.kernels;

/**
 * Convolution on the CPU's vector units: products of packed panels, as matrices have them, in which
 * the panels of patches are gathered from the images while they are packed; with few filters,
 * straight from the images, of which as many as a vector has lanes are convolved at a time where
 * there are so many. Pooling in {@link SimdPooling}.
 */
final class SimdConvolutionKernels implements ConvolutionKernels {

  /** Multiplications below which waking other threads costs more than it gains: some 5 µs. */
  private static final double SMALL = 400_000;

  private final WorkerPool pool;
  private final PackedConvolution forward;
  private final DirectConvolution direct;
  private final InterleavedConvolution interleaved;
  private final ConvolutionInputPullback inputPullback;
  private final ConvolutionWeightPullback weightPullback;
  private final InterleavedWeightPullback interleavedWeightPullback;
  private final SimdPooling pooling;

  /** Number of the call, by which threads know what their packed panels are for. */
  private long call;

  SimdConvolutionKernels(WorkerPool pool) {
    this.pool = pool;
    ConvolutionScratch[] scratch = new ConvolutionScratch[pool.threads()];
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] = new ConvolutionScratch();
    }
    forward = new PackedConvolution(pool, scratch);
    direct = new DirectConvolution(pool);
    interleaved = new InterleavedConvolution(pool);
    inputPullback = new ConvolutionInputPullback(pool, scratch);
    weightPullback = new ConvolutionWeightPullback(pool, scratch);
    interleavedWeightPullback = new InterleavedWeightPullback(pool);
    pooling = new SimdPooling(pool);
  }

  /** Runs the parts of a convolution, on the caller's thread alone if there is little to do. */
  static void run(WorkerPool pool, ConvolutionShape shape, int parts, WorkerPool.Task task) {
    if (shape.operations() < 2 * SMALL) {
      for (int part = 0; part < parts; part++) {
        task.run(part);
      }
    } else {
      pool.run(parts, task);
    }
  }

  @Override
  public void convolve(ConvolutionShape shape, Slice x, Slice weights, Slice y, Epilogue epilogue) {
    ConvolutionArguments.convolve(shape, x, weights, y, epilogue);
    synchronized (pool) {
      if (InterleavedConvolution.isFaster(shape, epilogue)) {
        interleaved.compute(shape, x, weights, y, epilogue);
      } else if (DirectConvolution.isFaster(shape)) {
        direct.compute(shape, x, weights, y, epilogue);
      } else {
        forward.compute(++call, shape, x, weights, y, epilogue);
      }
    }
  }

  @Override
  public void convolvePullbackInput(
      ConvolutionShape shape, Slice weights, Slice dy, Slice dx, boolean accumulate) {
    ConvolutionArguments.pullbackInput(shape, weights, dy, dx);
    synchronized (pool) {
      inputPullback.compute(++call, shape, weights, dy, dx, accumulate);
    }
  }

  @Override
  public void convolvePullbackWeights(
      ConvolutionShape shape,
      Slice x,
      Slice dy,
      Slice dWeights,
      boolean accumulateWeights,
      Slice dBias,
      boolean accumulateBias) {
    ConvolutionArguments.pullbackWeights(shape, x, dy, dWeights, dBias);
    synchronized (pool) {
      if (InterleavedWeightPullback.isFaster(shape)) {
        interleavedWeightPullback.compute(
            shape, x, dy, dWeights, accumulateWeights, dBias, accumulateBias);
      } else {
        weightPullback.compute(
            ++call, shape, x, dy, dWeights, accumulateWeights, dBias, accumulateBias);
      }
    }
  }

  @Override
  public void maxPool(PoolingShape shape, Slice x, Slice y) {
    ConvolutionArguments.pool("maxPool", shape, x, y);
    synchronized (pool) {
      pooling.maximum(shape, x, y);
    }
  }

  @Override
  public void maxPoolPullback(
      PoolingShape shape, Slice x, Slice y, Slice dy, Slice dx, boolean accumulate) {
    ConvolutionArguments.maxPoolPullback(shape, x, y, dy, dx);
    synchronized (pool) {
      pooling.maximumPullback(shape, x, y, dy, dx, accumulate);
    }
  }

  @Override
  public void averagePool(PoolingShape shape, Slice x, Slice y) {
    ConvolutionArguments.pool("averagePool", shape, x, y);
    synchronized (pool) {
      pooling.average(shape, x, y);
    }
  }

  @Override
  public void averagePoolPullback(PoolingShape shape, Slice dy, Slice dx, boolean accumulate) {
    ConvolutionArguments.poolPullback("averagePoolPullback", shape, dy, dx);
    synchronized (pool) {
      pooling.averagePullback(shape, dy, dx, accumulate);
    }
  }
}
