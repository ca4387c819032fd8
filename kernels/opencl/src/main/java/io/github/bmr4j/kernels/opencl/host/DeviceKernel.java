package io.github.bmr4j.kernels.opencl.host;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kernel and its arguments. A call sets the arguments one after the other, in the order in which
 * they were named when the kernel was made, and then runs it; it allocates nothing. An argument
 * that is what it was in the last call is not handed over again.
 */
public final class DeviceKernel {

  /** Contracted products would be rounded differently from one device to the next. */
  private static final String HEAD = "#pragma OPENCL FP_CONTRACT OFF\n";

  private static final Pattern SIGNATURE = Pattern.compile("__kernel void run\\(([^)]*)\\)");

  /** What Aparapi adds to each kernel's parameters; always 0 here. */
  private static final String PASS = "passid";

  /** How an argument is handed over. */
  private enum Type {
    BUFFER,
    LOCAL,
    INT,
    LONG,
    FLOAT;

    static Type of(String declaration) {
      if (declaration.contains("*")) {
        return declaration.startsWith("__local") ? LOCAL : BUFFER;
      }
      return valueOf(
          declaration.substring(0, declaration.indexOf(' ')).toUpperCase(java.util.Locale.ROOT));
    }
  }

  private final Context context;
  private final String name;
  private final long handle;
  private final Type[] types;
  private final int[] places;
  private final long[] last;
  private final MemorySegment value;
  private int position;

  /**
   * Builds a kernel.
   *
   * @param name for messages
   * @param source OpenCL C with one kernel {@code run}
   * @param arguments its parameters in the order in which calls will set them
   * @throws OpenClException with the build log if the device's compiler refuses it
   */
  public DeviceKernel(Context context, String name, String source, String... arguments) {
    this.context = context;
    this.name = name;
    List<String> declared = declarations(name, source);
    List<String> names = new ArrayList<>();
    for (String declaration : declared) {
      names.add(declaration.substring(declaration.lastIndexOf(' ') + 1).replace("*", ""));
    }
    List<String> expected = new ArrayList<>(List.of(arguments));
    expected.add(PASS);
    if (names.size() != expected.size() || !names.containsAll(expected)) {
      throw new IllegalArgumentException(
          "Kernel " + name + " has the parameters " + names + ", but is called with " + expected);
    }
    int n = expected.size();
    types = new Type[n];
    places = new int[n];
    last = new long[n];
    // No argument's bits, so that each is handed over the first time: lengths and bits of floats
    // are 32 bits, and no device has its memory there.
    Arrays.fill(last, Long.MIN_VALUE + 1);
    for (int i = 0; i < n; i++) {
      places[i] = names.indexOf(expected.get(i));
      types[i] = Type.of(declared.get(places[i]));
    }
    handle = context.build(name, HEAD + source);
    value = context.allocateHost(8);
    position = n - 1;
    set(Type.INT, 4, 0);
  }

  private static List<String> declarations(String name, String source) {
    Matcher matcher = SIGNATURE.matcher(source);
    if (!matcher.find()) {
      throw new IllegalArgumentException("The text of kernel " + name + " has no kernel run(…)");
    }
    return Arrays.stream(matcher.group(1).split(",", -1)).map(String::strip).toList();
  }

  /** Begins a call. */
  public DeviceKernel start() {
    context.requireOpen();
    position = 0;
    return this;
  }

  /** A buffer. */
  public DeviceKernel buffer(long buffer) {
    return set(Type.BUFFER, 8, buffer);
  }

  /** A whole number. */
  public DeviceKernel number(int number) {
    return set(Type.INT, 4, number);
  }

  /** A whole number of 64 bits. */
  public DeviceKernel number(long number) {
    return set(Type.LONG, 8, number);
  }

  /** A number. */
  public DeviceKernel number(float number) {
    return set(Type.FLOAT, 4, Float.floatToRawIntBits(number));
  }

  /** 1 or 0. */
  public DeviceKernel flag(boolean flag) {
    return set(Type.INT, 4, flag ? 1 : 0);
  }

  /** Local memory of a work group, in elements of four bytes. */
  public DeviceKernel local(int elements) {
    return set(Type.LOCAL, 4L * elements, 0);
  }

  private DeviceKernel set(Type type, long size, long bits) {
    int i = position++;
    if (types[i] != type) {
      throw new IllegalArgumentException(
          "Argument " + i + " of kernel " + name + " is " + types[i] + ", but was set as " + type);
    }
    long identity = type == Type.LOCAL ? size : bits;
    if (last[i] == identity) {
      return this;
    }
    value.set(JAVA_LONG, 0, bits); // little-endian: the low bytes come first
    int result =
        Native.setKernelArg(handle, places[i], size, type == Type.LOCAL ? 0 : value.address());
    if (result != Status.SUCCESS) {
      last[i] = Long.MIN_VALUE + 1;
      throw Status.failure("clSetKernelArg", result, "argument " + i + " of kernel " + name);
    }
    last[i] = identity;
    return this;
  }

  /**
   * Runs it once all arguments are set; does not wait.
   *
   * @param items work items, which are rounded up to whole groups
   * @param group work items of a group
   */
  public void run(long items, int group) {
    if (position != types.length - 1) {
      throw new IllegalStateException(
          "Kernel " + name + " got " + position + " of " + (types.length - 1) + " arguments");
    }
    if (items > 0) {
      context.run(handle, Math.ceilDiv(items, (long) group) * group, group);
    }
  }
}
