package io.github.bmr4j.kernels.opencl.kernel;

import com.aparapi.Kernel;
import com.aparapi.internal.model.ClassModel;
import com.aparapi.internal.writer.KernelWriter;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Translates the kernels of this package to OpenCL C. The build runs it once the classes are
 * compiled, so that neither Aparapi nor its reader of class files is needed at run time.
 */
public final class Translation {

  private static final String PACKAGE = Translation.class.getPackageName();

  private Translation() {}

  /**
   * Writes NAME.cl beside each kernel's class.
   *
   * @param arguments the folder of the compiled classes
   * @throws Exception naming the kernel that cannot be translated
   */
  public static void main(String[] arguments) throws Exception {
    // Before Aparapi's first class: it warns of every attribute of class files that it does not
    // know.
    System.setProperty("com.aparapi.logLevel", "OFF");
    Path folder = Path.of(arguments[0]).resolve(PACKAGE.replace('.', '/'));
    int count = 0;
    for (String name : kernels(folder)) {
      Path file = folder.resolve(name + ".cl");
      Files.writeString(file, text(name), StandardCharsets.UTF_8);
      count++;
    }
    if (count == 0) {
      throw new IllegalStateException("There is no kernel in " + folder);
    }
  }

  /** The names of the kernels among the classes of a folder, in order. */
  static List<String> kernels(Path folder) throws IOException, ClassNotFoundException {
    List<String> names;
    try (Stream<Path> files = Files.list(folder)) {
      names =
          files
              .map(file -> file.getFileName().toString())
              .filter(file -> file.endsWith(".class") && !file.equals("package-info.class"))
              .map(file -> file.substring(0, file.length() - ".class".length()))
              .sorted()
              .toList();
    }
    java.util.ArrayList<String> kernels = new java.util.ArrayList<>();
    for (String name : names) {
      Class<?> type = type(name);
      if (Kernel.class.isAssignableFrom(type) && !Modifier.isAbstract(type.getModifiers())) {
        kernels.add(name);
      }
    }
    return kernels;
  }

  private static Class<?> type(String name) throws ClassNotFoundException {
    return Class.forName(PACKAGE + "." + name, false, Translation.class.getClassLoader());
  }

  /** A kernel as OpenCL C. */
  static String text(String name) throws Exception {
    try {
      return KernelWriter.writeToString(ClassModel.createClassModel(type(name)).getEntrypoint());
    } catch (Exception e) {
      throw new IllegalStateException("Kernel " + name + " cannot be translated: " + e, e);
    }
  }
}
