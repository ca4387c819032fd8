package io.github.bmr4j.kernels.opencl.kernel;

import com.aparapi.Kernel;

/** Rows of a table by their numbers, NaN where there is no such row; one item an element of out. */
final class GatherRows extends Kernel {

  float[] table;
  int tableAt;
  int tableStride;
  int entries;
  int columns;
  float[] numbers;
  int numbersAt;
  float[] out;
  int outAt;
  int outStride;
  int n;

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      int row = i / columns;
      int column = i - row * columns;
      float number = numbers[numbersAt + row];
      float value = Float.NaN;
      if (number >= 0f && number < (float) entries) {
        int entry = (int) number;
        if ((float) entry == number) {
          value = table[tableAt + entry * tableStride + column];
        }
      }
      out[outAt + row * outStride + column] = value;
    }
  }
}
