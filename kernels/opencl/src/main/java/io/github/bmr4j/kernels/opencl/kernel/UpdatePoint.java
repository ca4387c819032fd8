package io.github.bmr4j.kernels.opencl.kernel;

import com.aparapi.Kernel;

/** One step of Adam or AdaBelief of plain parameters; one item a parameter. */
final class UpdatePoint extends Kernel {

  float[] parameter;
  int parameterAt;
  float[] gradient;
  int gradientAt;
  float[] moment1;
  int moment1At;
  float[] moment2;
  int moment2At;
  int n;
  float weight;
  float keep1;
  float take1;
  float keep2;
  float take2;
  float root;
  float epsilon;
  float belief;
  float rate;
  float correction2;

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      float g = weight * gradient[gradientAt + i];
      float m = fma(g, take1, moment1[moment1At + i] * keep1);
      float deviation = g - belief * m;
      float v = fma(moment2[moment2At + i], keep2, root);
      v = fma(deviation * deviation, take2, v);
      moment1[moment1At + i] = m;
      moment2[moment2At + i] = v;
      float direction = m / (sqrt(v * correction2) + epsilon);
      parameter[parameterAt + i] = fma(direction, rate, parameter[parameterAt + i]);
    }
  }
}
