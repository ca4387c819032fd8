package io.github.bmr4j.kernels;

/** The scalar back end: one thread, plain loops; the specification, the oracle and the fallback. */
final class ScalarBackendProvider implements BackendProvider {

  private final String description;

  ScalarBackendProvider() {
    description = "scalar: plain loops, 1 thread";
  }

  /**
   * @param because why nothing faster was chosen, for the back end's description
   */
  ScalarBackendProvider(String because) {
    description = "scalar: plain loops, 1 thread; " + because;
  }

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public Availability availability() {
    return new Availability(name(), true, "plain loops, 1 thread; runs on every JVM");
  }

  /** Always one thread: an oracle has no use for more. */
  @Override
  public Backend open(int threads) {
    return new CpuBackend(
        name(),
        description,
        new WorkerPool(1),
        new ScalarMatrixKernels(),
        new ScalarSparseKernels(),
        new ScalarConvolutionKernels(),
        new ScalarElementwiseKernels(),
        new ScalarReductionKernels(),
        new ScalarSequenceKernels(),
        new ScalarAttentionKernels(),
        new ScalarNoiseKernels(),
        new ScalarVariationalKernels(),
        new ScalarEvidenceKernels());
  }
}
