package com.aparapi.natives;

import java.io.IOException;

/**
 * Stands in for the class of Aparapi's native libraries (19 MB, not a dependency of this project),
 * which Aparapi's run time asks for even where it runs kernels by Java threads.
 */
public final class NativeLoader {

  private NativeLoader() {}

  /**
   * Loads nothing.
   *
   * @throws IOException always, which Aparapi takes for a system without OpenCL
   */
  @SuppressWarnings("DoNotCallSuggester") // Aparapi calls it
  public static void load() throws IOException {
    throw new IOException("There are no native libraries of Aparapi here");
  }
}
