package io.github.bmr4j.models.io;

/** How much memory this thread has asked for, to see that nothing hostile makes it ask for more. */
public final class Allocated {

  private Allocated() {}

  /**
   * Bytes since the thread began. By reflection, since the module under test needs no management.
   */
  public static long bytes() {
    try {
      Object threads =
          Class.forName("java.lang.management.ManagementFactory")
              .getMethod("getThreadMXBean")
              .invoke(null);
      return (long)
          Class.forName("com.sun.management.ThreadMXBean")
              .getMethod("getCurrentThreadAllocatedBytes")
              .invoke(threads);
    } catch (ReflectiveOperationException unknownVm) {
      throw new LinkageError("This virtual machine does not count allocation", unknownVm);
    }
  }
}
