package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Memory;
import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Kernels that take arrays of the heap: each call copies whole arrays to the device and back,
 * guards included, and keeps which arguments share an array.
 */
final class Staged {

  private final Memory memory;
  private final Map<Integer, Deque<float[]>> free = new HashMap<>();

  Staged(Backend backend) {
    memory = backend.memory();
  }

  /** The kernels of one interface. */
  <K> K of(Class<K> type, K kernels) {
    Object proxy =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> call(kernels, method, arguments));
    return type.cast(proxy);
  }

  private Object call(Object kernels, Method method, Object[] arguments) throws Throwable {
    IdentityHashMap<float[], float[]> residents = new IdentityHashMap<>();
    Object[] staged = new Object[arguments.length];
    for (int i = 0; i < staged.length; i++) {
      staged[i] = stage(arguments[i], residents);
    }
    residents.values().forEach(array -> memory.push(whole(array)));
    try {
      return method.invoke(kernels, staged);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    } finally {
      residents.forEach(
          (array, resident) -> {
            memory.pull(whole(resident));
            System.arraycopy(resident, 0, array, 0, array.length);
            free.get(array.length).push(resident);
          });
    }
  }

  private static Slice whole(float[] array) {
    return new Slice(array, 0, array.length);
  }

  private Object stage(Object argument, IdentityHashMap<float[], float[]> residents) {
    return switch (argument) {
      case Slice s -> slice(s, residents);
      case MatrixView m ->
          new MatrixView(
              resident(m.array(), residents), m.offset(), m.rows(), m.columns(), m.stride());
      case Epilogue e -> new Epilogue(e.accumulate(), slice(e.bias(), residents), e.activation());
      case NormalFactors q ->
          new NormalFactors(
              slice(q.mean(), residents),
              slice(q.rho(), residents),
              slice(q.meanMoment1(), residents),
              slice(q.meanMoment2(), residents),
              slice(q.rhoMoment1(), residents),
              slice(q.rhoMoment2(), residents));
      case null, default -> argument;
    };
  }

  private Slice slice(Slice s, IdentityHashMap<float[], float[]> residents) {
    return s == null ? null : new Slice(resident(s.array(), residents), s.offset(), s.length());
  }

  private float[] resident(float[] array, IdentityHashMap<float[], float[]> residents) {
    return residents.computeIfAbsent(
        array,
        from -> {
          Deque<float[]> pool = free.computeIfAbsent(from.length, length -> new ArrayDeque<>());
          float[] to = pool.isEmpty() ? memory.allocate(from.length) : pool.pop();
          System.arraycopy(from, 0, to, 0, from.length);
          return to;
        });
  }
}
