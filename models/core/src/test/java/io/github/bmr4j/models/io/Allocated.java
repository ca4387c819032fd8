package io.github.bmr4j.models.io;

import java.lang.reflect.Method;

/** How much memory this thread has asked for, to see that nothing hostile makes it ask for more. */
public final class Allocated {

  private static final Object THREADS;
  private static final Method CURRENT;

  static {
    try {
      THREADS =
          Class.forName("java.lang.management.ManagementFactory")
              .getMethod("getThreadMXBean")
              .invoke(null);
      CURRENT =
          Class.forName("com.sun.management.ThreadMXBean")
              .getMethod("getCurrentThreadAllocatedBytes");
    } catch (ReflectiveOperationException unknownVm) {
      throw new LinkageError("This virtual machine does not count allocation", unknownVm);
    }
  }

  private Allocated() {}

  /**
   * Bytes since the thread began. By reflection, since the module under test needs no management.
   */
  public static long bytes() {
    try {
      return (long) CURRENT.invoke(THREADS);
    } catch (ReflectiveOperationException unknownVm) {
      throw new LinkageError("This virtual machine does not count allocation", unknownVm);
    }
  }
}
