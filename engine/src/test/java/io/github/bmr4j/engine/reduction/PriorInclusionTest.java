package io.github.bmr4j.engine.reduction;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Against what the authors' programs print for their networks. */
class PriorInclusionTest {

  @Test
  void ofTheWeightsOfPublishedNetworks() {
    double mnist = PriorInclusion.ofWeights(478_410, 3, 400, 60_000, 784, 0.1);
    assertEquals(5.636851396570833e-8, mnist, 1e-12 * mnist);
    double simulated = PriorInclusion.ofWeights(1_527, 3, 7, 3_000, 200, 0.1);
    assertEquals(1.1862130146730164e-4, simulated, 1e-12 * simulated);
  }

  @Test
  void ofTheUnitsOfAPublishedNetwork() {
    double[] units = PriorInclusion.ofUnits(784, 400, 400, 10, 60_000);
    assertEquals(0.001541135531010871, units[0], 1e-14);
    assertEquals(0.0023438429157290937, units[1], 1e-14);
  }
}
