package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The oracle itself, against values computed with 25 digits. */
class ScalarMathTest {

  @ParameterizedTest
  @CsvSource({
    "0.5, 0.5204998778130465377, 0.4795001221869534623, 0.6914624612740131036",
    "-1.25, -0.9229001282564582301, 1.92290012825645823, 0.1056497736668552577",
    "2.25, 0.9985372834133188483, 0.001462716586681151698, 0.9877755273449552968",
    "2.75, 0.9998993780778803632, 0.0001006219221196368369, 0.9970202367649454432",
    "4, 0.9999999845827420997, 1.541725790028001885e-8, 0.9999683287581668801",
    "-5.5, -0.9999999999999926422, 1.999999999999992642, 1.898956246588771938e-8",
    "9, 1.0, 4.137031746513810238e-37, 1.0"
  })
  void errorFunctionAndItsComplement(double x, double erf, double erfc, double normalCdf) {
    assertEquals(erf, ScalarMath.erf(x), 4e-15 * Math.abs(erf));
    // 1 − erf cancels where the series still stands: three digits at 2.25.
    assertEquals(erfc, ScalarMath.erfc(x), 1e-12 * erfc);
    assertEquals(normalCdf, ScalarMath.normalCdf(x), 1e-12 * normalCdf);
  }
}
