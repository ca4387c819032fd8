package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.opencl.host.Context;
import io.github.bmr4j.kernels.opencl.host.DeviceKernel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the kernels of one back end share: the context, the memory, and scratch memory on the
 * device. Operations take turns by {@code synchronized (work.context())}.
 */
final class Work {

  /** Elements that one group adds up at least; so few elements need few groups. */
  private static final int ELEMENTS_PER_GROUP = 1024;

  private static final int MOST_GROUPS = 1024;

  private final Context context;
  private final DeviceMemory memory;
  private final Set<String> built = new TreeSet<>();
  private final long placeholder;
  private long scratch;
  private int scratchLength;
  private float[] pairs = new float[2 * MOST_GROUPS];
  private MemorySegment pairsSegment = MemorySegment.ofArray(pairs);

  Work(Context context) {
    this.context = context;
    this.memory = new DeviceMemory(context);
    this.placeholder = context.createBuffer(1);
  }

  Context context() {
    return context;
  }

  DeviceMemory memory() {
    return memory;
  }

  /** A buffer for arguments that are not used. */
  long placeholder() {
    return placeholder;
  }

  /** Builds a kernel from the text that its class was translated to. */
  DeviceKernel build(String name, String[] arguments) {
    DeviceKernel kernel = new DeviceKernel(context, name, text(name), arguments);
    built.add(name);
    return kernel;
  }

  /** The kernels that have been built, which is done for the first call of each. */
  Set<String> built() {
    return Collections.unmodifiableSet(built);
  }

  private static String text(String name) {
    String file = "kernel/" + name + ".cl";
    try (InputStream in = Work.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException(
            "The OpenCL text " + file + " is missing: build with Maven, which translates kernels");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("The OpenCL text " + file + " cannot be read", e);
    }
  }

  /** Groups that share {@code n} elements: a number that depends on n alone. */
  static int groups(int n) {
    return Math.clamp(Math.ceilDiv(n, ELEMENTS_PER_GROUP), 1, MOST_GROUPS);
  }

  /** Scratch memory of at least so many floats, whose content the next call may overwrite. */
  long scratch(int floats) {
    if (floats > scratchLength) {
      int length = Math.max(floats, 2 * MOST_GROUPS);
      if (scratchLength > 0) {
        context.releaseBuffer(scratch, scratchLength);
        scratchLength = 0; // should there be no room for the next
      }
      scratch = context.createBuffer(length);
      scratchLength = length;
    }
    return scratch;
  }

  /** Reads pairs of high and low parts from the beginning of {@link #scratch}; waits for them. */
  MemorySegment readPairs(int count) {
    if (pairs.length < 2 * count) {
      pairs = new float[2 * count];
      pairsSegment = MemorySegment.ofArray(pairs);
    }
    context.read(scratch, 0, pairsSegment, 0, 2 * count);
    return pairsSegment;
  }

  /** Σ of the pairs {@code from} to {@code from + count − 1} that were read. */
  double total(int from, int count) {
    double sum = 0;
    for (int i = 2 * from; i < 2 * (from + count); i++) {
      sum += pairs[i];
    }
    return sum;
  }

  /** A new buffer with a table of ints. */
  long ints(int[] values) {
    long buffer = context.createBuffer(values.length);
    if (values.length > 0) {
      context.write(MemorySegment.ofArray(values), 0, buffer, 0, values.length);
    }
    return buffer;
  }
}
