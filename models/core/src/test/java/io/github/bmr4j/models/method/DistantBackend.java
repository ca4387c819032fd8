package io.github.bmr4j.models.method;

import io.github.bmr4j.kernels.AttentionKernels;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.ConvolutionKernels;
import io.github.bmr4j.kernels.ElementwiseKernels;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.EvidenceKernels;
import io.github.bmr4j.kernels.MatrixKernels;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Memory;
import io.github.bmr4j.kernels.NoiseKernels;
import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.ReductionKernels;
import io.github.bmr4j.kernels.SequenceKernels;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.SparseKernels;
import io.github.bmr4j.kernels.VariationalKernels;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.IdentityHashMap;

/**
 * A back end on the CPU with the memory of a device: kernels see copies of the arrays, and the host
 * sees of what they write only what it pulls. So it needs no device to find out where a push or a
 * pull is missing.
 */
final class DistantBackend implements Backend {

  private final Backend near;
  private final IdentityHashMap<float[], float[]> copies = new IdentityHashMap<>();

  /**
   * @param near has the kernels; closed with this
   */
  DistantBackend(Backend near) {
    this.near = near;
  }

  private final Memory memory =
      new Memory() {
        @Override
        public float[] allocate(int length) {
          float[] array = new float[length];
          copies.put(array, new float[length]);
          return array;
        }

        @Override
        public void push(Slice slice) {
          System.arraycopy(
              slice.array(), slice.offset(), copy(slice.array()), slice.offset(), slice.length());
        }

        @Override
        public void pull(Slice slice) {
          System.arraycopy(
              copy(slice.array()), slice.offset(), slice.array(), slice.offset(), slice.length());
        }

        @Override
        public boolean adopt(float[]... arrays) {
          for (float[] array : arrays) {
            copies.computeIfAbsent(array, float[]::clone);
          }
          return true;
        }
      };

  private float[] copy(float[] array) {
    float[] copy = copies.get(array);
    if (copy == null) {
      throw new IllegalArgumentException(
          "An array of " + array.length + " floats was not allocated by this back end");
    }
    return copy;
  }

  private <K> K distant(Class<K> type, K kernels) {
    Object proxy =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> call(kernels, method, arguments));
    return type.cast(proxy);
  }

  private Object call(Object kernels, Method method, Object[] arguments) throws Throwable {
    // Evidence of arrays that are no one's is the host's affair, on a device, too.
    boolean ofTheHost =
        kernels instanceof EvidenceKernels
            && arguments[0] instanceof Slice mean
            && !copies.containsKey(mean.array());
    Object[] there = arguments.clone();
    for (int i = 0; i < there.length && !ofTheHost; i++) {
      there[i] = there(arguments[i]);
    }
    try {
      return method.invoke(kernels, there);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private Object there(Object argument) {
    return switch (argument) {
      case Slice s -> slice(s);
      case MatrixView m ->
          new MatrixView(copy(m.array()), m.offset(), m.rows(), m.columns(), m.stride());
      case Epilogue e -> new Epilogue(e.accumulate(), slice(e.bias()), e.activation());
      case NormalFactors q ->
          new NormalFactors(
              slice(q.mean()),
              slice(q.rho()),
              slice(q.meanMoment1()),
              slice(q.meanMoment2()),
              slice(q.rhoMoment1()),
              slice(q.rhoMoment2()));
      case null, default -> argument;
    };
  }

  private Slice slice(Slice s) {
    return s == null ? null : new Slice(copy(s.array()), s.offset(), s.length());
  }

  @Override
  public String name() {
    return near.name();
  }

  @Override
  public String describe() {
    return near.describe() + ", at a distance";
  }

  @Override
  public int threads() {
    return near.threads();
  }

  @Override
  public Memory memory() {
    return memory;
  }

  @Override
  public MatrixKernels matrix() {
    return distant(MatrixKernels.class, near.matrix());
  }

  @Override
  public SparseKernels sparse() {
    return distant(SparseKernels.class, near.sparse());
  }

  @Override
  public ConvolutionKernels convolution() {
    return distant(ConvolutionKernels.class, near.convolution());
  }

  @Override
  public ElementwiseKernels elementwise() {
    return distant(ElementwiseKernels.class, near.elementwise());
  }

  @Override
  public ReductionKernels reduction() {
    return distant(ReductionKernels.class, near.reduction());
  }

  @Override
  public SequenceKernels sequence() {
    return distant(SequenceKernels.class, near.sequence());
  }

  @Override
  public AttentionKernels attention() {
    return distant(AttentionKernels.class, near.attention());
  }

  @Override
  public NoiseKernels noise() {
    return distant(NoiseKernels.class, near.noise());
  }

  @Override
  public VariationalKernels variational() {
    return distant(VariationalKernels.class, near.variational());
  }

  @Override
  public EvidenceKernels evidence() {
    return distant(EvidenceKernels.class, near.evidence());
  }

  @Override
  public void close() {
    near.close();
  }
}
