package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.AttentionKernels;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.ConvolutionKernels;
import io.github.bmr4j.kernels.ElementwiseKernels;
import io.github.bmr4j.kernels.EvidenceKernels;
import io.github.bmr4j.kernels.MatrixKernels;
import io.github.bmr4j.kernels.Memory;
import io.github.bmr4j.kernels.NoiseKernels;
import io.github.bmr4j.kernels.ReductionKernels;
import io.github.bmr4j.kernels.SequenceKernels;
import io.github.bmr4j.kernels.SparseKernels;
import io.github.bmr4j.kernels.VariationalKernels;
import io.github.bmr4j.kernels.opencl.host.Context;
import io.github.bmr4j.kernels.opencl.host.Device;

/** All kernels on one device; each call enqueues and returns, unless the host asks for a number. */
public final class OpenClBackend implements Backend {

  static final String NAME = "opencl";

  private final Context context;
  private final Work work;
  private final MatrixKernels matrix;
  private final SparseKernels sparse;
  private final ConvolutionKernels convolution;
  private final ElementwiseKernels elementwise;
  private final ReductionKernels reduction;
  private final SequenceKernels sequence;
  private final AttentionKernels attention;
  private final NoiseKernels noise;
  private final VariationalKernels variational;
  private final EvidenceKernels evidence;

  OpenClBackend(Device device) {
    context = new Context(device);
    work = new Work(context);
    matrix = new OpenClMatrixKernels(work);
    sparse = new OpenClSparseKernels(work);
    convolution = new OpenClConvolutionKernels(work);
    elementwise = new OpenClElementwiseKernels(work);
    reduction = new OpenClReductionKernels(work);
    sequence = new OpenClSequenceKernels(work);
    attention = new OpenClAttentionKernels(work);
    noise = new OpenClNoiseKernels(work);
    variational = new OpenClVariationalKernels(work);
    evidence = new OpenClEvidenceKernels(work);
  }

  /** Where transfers and allocations are counted. */
  public Context context() {
    return context;
  }

  /** What the kernels share. */
  Work work() {
    return work;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String describe() {
    return NAME + ": " + context.device().describe();
  }

  @Override
  public int threads() {
    return 1;
  }

  @Override
  public Memory memory() {
    return work.memory();
  }

  @Override
  public MatrixKernels matrix() {
    return matrix;
  }

  @Override
  public SparseKernels sparse() {
    return sparse;
  }

  @Override
  public ConvolutionKernels convolution() {
    return convolution;
  }

  @Override
  public ElementwiseKernels elementwise() {
    return elementwise;
  }

  @Override
  public ReductionKernels reduction() {
    return reduction;
  }

  @Override
  public SequenceKernels sequence() {
    return sequence;
  }

  @Override
  public AttentionKernels attention() {
    return attention;
  }

  @Override
  public NoiseKernels noise() {
    return noise;
  }

  @Override
  public VariationalKernels variational() {
    return variational;
  }

  @Override
  public EvidenceKernels evidence() {
    return evidence;
  }

  @Override
  public void close() {
    synchronized (context) {
      context.close();
    }
  }
}
