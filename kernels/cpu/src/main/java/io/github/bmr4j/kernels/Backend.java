package io.github.bmr4j.kernels;

/**
 * A set of kernels that work on the same memory: the scalar oracle, SIMD on the CPU, or a device.
 *
 * <p>Obtained from {@link Backends}. The operations of one back end run one at a time: concurrent
 * callers wait for each other. The same call gives the same bits whatever the number of threads and
 * the vector width; different back ends agree within the bounds that each kernel states.
 */
public interface Backend extends AutoCloseable {

  /** {@code scalar}, {@code simd} or {@code opencl}. */
  String name();

  /**
   * One sentence for people: what this back end runs on and why it was chosen, for instance {@code
   * "simd: 512-bit vectors, FMA, 2 threads"}.
   */
  String describe();

  /** Number of threads that compute, the caller's included; 1 for devices. */
  int threads();

  /** Where the arrays live. */
  Memory memory();

  /** Matrix products. */
  MatrixKernels matrix();

  /** Products with sparse matrices. */
  SparseKernels sparse();

  /** Convolution and pooling of images. */
  ConvolutionKernels convolution();

  /** Arithmetic and functions. */
  ElementwiseKernels elementwise();

  /** Sums and softmax. */
  ReductionKernels reduction();

  /** Normalised rows and orders of axes. */
  SequenceKernels sequence();

  /** Attention of heads. */
  AttentionKernels attention();

  /** Counter-based noise. */
  NoiseKernels noise();

  /** Sampling and updates. */
  VariationalKernels variational();

  /** Evidence under reduced priors. */
  EvidenceKernels evidence();

  /** Stops worker threads and frees devices; safe to call twice. */
  @Override
  void close();
}
