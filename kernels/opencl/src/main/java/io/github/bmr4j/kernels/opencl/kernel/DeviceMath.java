package io.github.bmr4j.kernels.opencl.kernel;

import com.aparapi.Kernel;

/**
 * Functions of OpenCL C that Aparapi does not know; ints of 0 or 1 stand for truth. The bodies are
 * what Aparapi's own run time would do; it has no error function.
 */
abstract class DeviceMath extends Kernel {

  @OpenCLMapping(mapTo = "isfinite")
  protected int finite(float x) {
    return abs(x) < Float.POSITIVE_INFINITY ? 1 : 0;
  }

  @OpenCLMapping(mapTo = "isnan")
  protected int notANumber(float x) {
    return x <= Float.POSITIVE_INFINITY ? 0 : 1;
  }

  @OpenCLMapping(mapTo = "erf")
  protected float erf(float x) {
    return Float.NaN;
  }

  @OpenCLMapping(mapTo = "erfc")
  protected float erfc(float x) {
    return Float.NaN;
  }
}
