package io.github.bmr4j.kernels;

/** A back end on the Java arrays themselves: a pool and ten sets of kernels. */
record CpuBackend(
    String name,
    String describe,
    WorkerPool pool,
    MatrixKernels matrix,
    SparseKernels sparse,
    ConvolutionKernels convolution,
    ElementwiseKernels elementwise,
    ReductionKernels reduction,
    SequenceKernels sequence,
    AttentionKernels attention,
    NoiseKernels noise,
    VariationalKernels variational,
    EvidenceKernels evidence)
    implements Backend {

  @Override
  public int threads() {
    return pool.threads();
  }

  @Override
  public Memory memory() {
    return Memory.HOST;
  }

  @Override
  public void close() {
    pool.close();
  }
}
