package io.github.bmr4j.kernels.opencl.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.aparapi.Kernel;
import com.aparapi.Range;
import com.aparapi.device.JavaDevice;
import io.github.bmr4j.kernels.opencl.TestDevice;
import io.github.bmr4j.kernels.opencl.host.Context;
import io.github.bmr4j.kernels.opencl.host.DeviceKernel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Aparapi's own execution of each kernel's class, by Java threads, beside our host's execution of
 * its text on the device: from the same arguments both leave the same arrays, but for rounding.
 *
 * <p>The arguments fit together just enough that no two work items write the same element and none
 * leaves its arrays; what they mean does not matter here.
 */
class StockAparapiTest {

  /** Work items of a tile's group; the others have 64. */
  private static final int TILE_ITEMS = 256;

  private static final int ARRAY = 16_384;
  private static final int INTS = 256;

  /** Of functions and sums, relative to 1 + |value|: the device's rounding may differ. */
  private static final double TOLERANCE = 2e-5;

  /** Sizes, by the names that kernels use; what is no flag has to stand here. */
  private static final Map<String, Integer> SIZES = sizes();

  /** Without those of the error function, which Aparapi does not have. */
  private static final int[] FUNCTIONS = {
    FunctionNumbers.RELU,
    FunctionNumbers.TANH,
    FunctionNumbers.SWISH,
    FunctionNumbers.GELU_TANH,
    FunctionNumbers.SOFTPLUS,
    FunctionNumbers.SQUARE
  };

  private static Context context;

  private static Map<String, Integer> sizes() {
    Map<String, Integer> sizes = new TreeMap<>();
    // A group for each row, or an item for each element.
    sizes.putAll(Map.of("n", 50, "rows", 5, "columns", 7, "inner", 9, "length", 7, "pairs", 5));
    sizes.putAll(Map.of("meanOuter", 64, "meanInner", 1, "sdOuter", 64, "sdInner", 1));
    sizes.putAll(Map.of("aRow", 64, "aColumn", 1, "bRow", 64, "bColumn", 1, "tilesAcross", 1));
    sizes.putAll(Map.of("aPair", 320, "bPair", 576, "cPair", 320, "tiles", 1));
    sizes.putAll(Map.of("batch", 2, "pixels", 6, "chunk", 2, "chunks", 3, "rank", 3));
    sizes.putAll(Map.of("channels", 6, "groupChannels", 3, "filters", 4, "groupFilters", 2));
    sizes.putAll(Map.of("height", 5, "width", 6, "outHeight", 5, "outWidth", 3));
    sizes.putAll(Map.of("windowHeight", 3, "windowWidth", 2, "strideDown", 1, "strideAcross", 2));
    sizes.putAll(Map.of("paddingDown", 1, "paddingAcross", 1));
    sizes.putAll(
        Map.of("block", 16, "entries", 5, "candidates", 5, "firstCandidate", 0, "firstPair", 3));
    sizes.putAll(Map.of("tokens", 5, "heads", 2, "size", 3));
    return sizes;
  }

  private static final List<String> FLAGS =
      List.of(
          "accumulate",
          "average",
          "analytic",
          "noisy",
          "isNormal",
          "rhoIsVariance",
          "products",
          "wantsBest",
          "operation");

  @BeforeAll
  static void open() {
    System.setProperty("com.aparapi.logLevel", "OFF");
    context = new Context(TestDevice.device());
  }

  @AfterAll
  static void close() {
    if (context != null) {
      context.close();
    }
  }

  static List<String> kernels() throws IOException, URISyntaxException, ClassNotFoundException {
    Path classes =
        Path.of(Translation.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    return Translation.kernels(
        classes.resolve(Translation.class.getPackageName().replace('.', '/')));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void bothExecutionsAgree(String name) throws Exception {
    String text = Translation.text(name);
    String[] parameters = TranslationTest.parameters(text);
    // Flags are 0, then 1.
    int rounds = Arrays.stream(parameters).anyMatch(StockAparapiTest::isFlag) ? 2 : 1;
    for (int round = 0; round < rounds; round++) {
      Kernel kernel = kernel(name);
      Map<String, Field> fields = fields(kernel);
      SplittableRandom random = new SplittableRandom(round);
      for (String parameter : parameters) {
        Field field = fields.get(parameter);
        if (!isLocal(field)) {
          field.set(kernel, argument(field, round, random));
        }
      }
      Map<String, float[]> onDevice = new TreeMap<>();
      Map<String, int[]> intsOnDevice = new TreeMap<>();
      int group = runOnDevice(name, text, kernel, fields, onDevice, intsOnDevice);
      Map<String, float[]> given = new TreeMap<>();
      for (Field field : fields.values()) {
        if (field.get(kernel) instanceof float[] array && !isLocal(field)) {
          given.put(field.getName(), array.clone());
        }
      }
      // Aparapi's threads share what is private on a device, so that noise is drawn one by one.
      kernel.execute(
          kernel instanceof Philox
              ? Range.create(JavaDevice.SEQUENTIAL, items(group), 1)
              : Range.create(JavaDevice.THREAD_POOL, items(group), group));
      kernel.dispose();
      boolean wrote = false;
      for (Map.Entry<String, float[]> array : onDevice.entrySet()) {
        float[] inJava = (float[]) fields.get(array.getKey()).get(kernel);
        assertClose(inJava, array.getValue(), name + "." + array.getKey() + ", round " + round);
        wrote |= !Arrays.equals(inJava, given.get(array.getKey()));
      }
      for (Map.Entry<String, int[]> array : intsOnDevice.entrySet()) {
        int[] inJava = (int[]) fields.get(array.getKey()).get(kernel);
        assertEquals(Arrays.toString(inJava), Arrays.toString(array.getValue()), name);
        wrote |= array.getKey().equals("first");
      }
      assertTrue(wrote, name + " wrote nothing, so nothing was compared");
    }
  }

  /** At least two groups, where they are small. */
  private static int items(int group) {
    return Math.max(128, group);
  }

  private static void assertClose(float[] expected, float[] actual, String what) {
    for (int i = 0; i < expected.length; i++) {
      float e = expected[i];
      boolean close =
          Float.compare(e, actual[i]) == 0
              || Math.abs((double) e - actual[i]) <= TOLERANCE * (1 + Math.abs(e));
      if (!close) {
        fail(what + "[" + i + "]: by Aparapi " + e + ", on the device " + actual[i]);
      }
    }
  }

  private static Kernel kernel(String name) throws ReflectiveOperationException {
    Class<?> type = Class.forName(StockAparapiTest.class.getPackageName() + "." + name);
    var constructor = type.getDeclaredConstructor();
    constructor.setAccessible(true);
    return (Kernel) constructor.newInstance();
  }

  private static Map<String, Field> fields(Kernel kernel) {
    Map<String, Field> fields = new LinkedHashMap<>();
    for (Class<?> type = kernel.getClass();
        !type.equals(Kernel.class);
        type = type.getSuperclass()) {
      for (Field field : type.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers())) {
          field.setAccessible(true);
          fields.put(field.getName(), field);
        }
      }
    }
    return fields;
  }

  private static boolean isFlag(String parameter) {
    return parameter.startsWith("has") || FLAGS.contains(parameter);
  }

  private static boolean isLocal(Field field) {
    return field.isAnnotationPresent(Kernel.Local.class);
  }

  private static Object argument(Field field, int round, SplittableRandom random) {
    String name = field.getName();
    Class<?> type = field.getType();
    if (type.equals(float[].class)) {
      float[] array = new float[ARRAY];
      for (int i = 0; i < array.length; i++) {
        array[i] = 0.1f + 0.8f * (float) random.nextDouble();
        if (field.getDeclaringClass().equals(MaxPoolPullback.class)) {
          // Few values, so that some of y are the largest of some of x.
          array[i] = Math.round(4 * array[i]) / 4f;
        } else if (name.equals("numbers")) {
          // Rows of a table, and some that it does not have.
          array[i] = Math.round(6 * array[i]);
        }
      }
      return array;
    }
    if (type.equals(int[].class)) {
      int[] array = new int[INTS];
      for (int i = 0; i < array.length; i++) {
        array[i] = name.equals("starts") ? 2 * i : i % 3 + 1;
      }
      return array;
    }
    if (type.equals(float.class)) {
      return 0.1f + 0.8f * (float) random.nextDouble();
    }
    if (type.equals(long.class)) {
      return random.nextLong(1L << 32);
    }
    if (name.equals("function")) {
      return FUNCTIONS[random.nextInt(FUNCTIONS.length)];
    }
    if (name.endsWith("Stride")) {
      return 64;
    }
    if (name.endsWith("At")) {
      return 64 + random.nextInt(64);
    }
    if (isFlag(name)) {
      return round % 2;
    }
    Integer size = SIZES.get(name);
    if (size == null) {
      fail("The argument " + name + " is new to this test: give it a size");
    }
    return size;
  }

  /** Runs the text, and says how many items a group had: as many as one with local memory wants. */
  private static int runOnDevice(
      String name,
      String text,
      Kernel kernel,
      Map<String, Field> fields,
      Map<String, float[]> floats,
      Map<String, int[]> ints)
      throws Exception {
    String[] parameters = TranslationTest.parameters(text);
    DeviceKernel device = new DeviceKernel(context, name, text, parameters);
    Map<String, Long> buffers = new TreeMap<>();
    int group = 64;
    device.start();
    for (String parameter : parameters) {
      Field field = fields.get(parameter);
      Object value = field.get(kernel);
      if (isLocal(field)) {
        device.local(((float[]) value).length);
        group = ((float[]) value).length == 64 ? 64 : TILE_ITEMS;
      } else if (value instanceof float[] || value instanceof int[]) {
        boolean isFloat = value instanceof float[];
        int length = isFloat ? ((float[]) value).length : ((int[]) value).length;
        long buffer = context.createBuffer(length);
        context.write(segment(value), 0, buffer, 0, length);
        buffers.put(parameter, buffer);
        device.buffer(buffer);
      } else if (value instanceof Integer number) {
        device.number((int) number);
      } else if (value instanceof Long number) {
        device.number((long) number);
      } else {
        device.number((float) value);
      }
    }
    device.run(items(group), group);
    for (Map.Entry<String, Long> buffer : buffers.entrySet()) {
      if (fields.get(buffer.getKey()).get(kernel) instanceof float[] array) {
        float[] result = new float[array.length];
        context.read(buffer.getValue(), 0, segment(result), 0, result.length);
        floats.put(buffer.getKey(), result);
        context.releaseBuffer(buffer.getValue(), result.length);
      } else {
        int[] result = new int[INTS];
        context.read(buffer.getValue(), 0, segment(result), 0, result.length);
        ints.put(buffer.getKey(), result);
        context.releaseBuffer(buffer.getValue(), result.length);
      }
    }
    return group;
  }

  private static MemorySegment segment(Object array) {
    return array instanceof float[] floats
        ? MemorySegment.ofArray(floats)
        : MemorySegment.ofArray((int[]) array);
  }
}
