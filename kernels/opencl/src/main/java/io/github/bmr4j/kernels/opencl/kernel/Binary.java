package io.github.bmr4j.kernels.opencl.kernel;

/** out = a ∘ b, with the operation of {@link ArithmeticNumbers}; one item an element. */
final class Binary extends Functions {

  float[] a;
  int aAt;
  float[] b;
  int bAt;
  float[] out;
  int outAt;
  int n;
  int operation;

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      float left = a[aAt + i];
      float right = b[bAt + i];
      float result = left;
      if (operation == ArithmeticNumbers.ADD) {
        result = left + right;
      } else if (operation == ArithmeticNumbers.SUBTRACT) {
        result = left - right;
      } else if (operation == ArithmeticNumbers.MULTIPLY) {
        result = left * right;
      } else if (operation == ArithmeticNumbers.DIVIDE) {
        result = left / right;
      } else {
        result = fma(left, right, out[outAt + i]);
      }
      out[outAt + i] = result;
    }
  }
}
