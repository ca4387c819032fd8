package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.opencl.host.DeviceKernel;
import io.github.bmr4j.kernels.opencl.kernel.FunctionNumbers;

/**
 * Calls of one kernel, which is built for the first of them: {@code start()}, the arguments in the
 * order in which they were named, {@code run}.
 */
final class Launch {

  /** Work items of a group where the kernel does not ask for a number. */
  static final int GROUP = 256;

  private final Work work;
  private final String name;
  private final String[] arguments;
  private DeviceKernel kernel;

  /**
   * @param name of the class in the package of kernels
   * @param arguments its fields, by commas; {@code @x} stands for a slice (x and xAt), {@code #x}
   *     for a matrix (x, xAt and xStride), {@code ?x} for a slice that may be null (x, xAt and
   *     hasX)
   */
  Launch(Work work, String name, String arguments) {
    this.work = work;
    this.name = name;
    this.arguments = fields(arguments);
  }

  private static String[] fields(String arguments) {
    StringBuilder fields = new StringBuilder();
    for (String argument : arguments.split(",", -1)) {
      String field = argument.strip();
      char kind = field.charAt(0);
      String plain = Character.isLetter(kind) ? field : field.substring(1);
      fields.append(fields.isEmpty() ? "" : ",").append(plain);
      if (plain.length() != field.length()) {
        fields.append(',').append(plain).append("At");
      }
      if (kind == '#') {
        fields.append(',').append(plain).append("Stride");
      } else if (kind == '?') {
        fields.append(",has").append(Character.toUpperCase(plain.charAt(0)));
        fields.append(plain, 1, plain.length());
      }
    }
    return fields.toString().split(",", -1);
  }

  Launch start() {
    if (kernel == null) {
      kernel = work.build(name, arguments);
    }
    kernel.start();
    return this;
  }

  Launch slice(Slice slice) {
    return slice(slice, 0);
  }

  /** What of a slice lies from an element on. */
  Launch slice(Slice slice, int from) {
    kernel.buffer(work.memory().buffer(slice.array())).number(slice.offset() + from);
    return this;
  }

  /** A slice, or null for none. */
  Launch optional(Slice slice) {
    if (slice == null) {
      kernel.buffer(work.placeholder()).number(0).flag(false);
    } else {
      slice(slice);
      kernel.flag(true);
    }
    return this;
  }

  Launch matrix(MatrixView matrix) {
    return origin(matrix).number(matrix.stride());
  }

  /** A matrix's buffer and offset, without its stride. */
  Launch origin(MatrixView matrix) {
    kernel.buffer(work.memory().buffer(matrix.array())).number(matrix.offset());
    return this;
  }

  Launch buffer(long buffer) {
    kernel.buffer(buffer);
    return this;
  }

  Launch number(int number) {
    kernel.number(number);
    return this;
  }

  Launch number(long number) {
    kernel.number(number);
    return this;
  }

  Launch number(float number) {
    kernel.number(number);
    return this;
  }

  Launch flag(boolean flag) {
    kernel.flag(flag);
    return this;
  }

  Launch function(UnaryFunction function) {
    kernel.number(FunctionNumbers.of(function));
    return this;
  }

  Launch local(int elements) {
    kernel.local(elements);
    return this;
  }

  /** One item for each element of something. */
  void run(long items) {
    kernel.run(items, GROUP);
  }

  /** Groups of a size that the kernel asks for. */
  void runGroups(long groups, int size) {
    kernel.run(groups * size, size);
  }
}
