package io.github.bmr4j.kernels;

import java.util.Arrays;

/** What one thread reads and writes by {@link DirectTiles}. */
final class TileScratch {

  /** What is convolved. */
  float[] input = new float[0];

  /** Outputs of the filters of a tile. */
  float[] outputs = new float[0];

  /** One for each thread. */
  static TileScratch[] of(WorkerPool pool) {
    TileScratch[] all = new TileScratch[pool.threads()];
    Arrays.setAll(all, i -> new TileScratch());
    return all;
  }

  /** Makes room; what is there may be lost. */
  void reserve(int inputSize, int outputSize) {
    if (input.length < inputSize) {
      input = new float[inputSize];
    }
    if (outputs.length < outputSize) {
      outputs = new float[outputSize];
    }
  }
}
