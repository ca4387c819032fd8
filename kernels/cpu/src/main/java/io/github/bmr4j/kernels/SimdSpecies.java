package io.github.bmr4j.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The one vector width that SIMD kernels compute with: the machine's preferred one, at most 512
 * bits, or what the system property {@value #PROPERTY} asks for (128, 256 or 512; for tests and
 * measurements). Final statics, as the JIT compiler needs them.
 */
final class SimdSpecies {

  /** System property that fixes the width in bits. */
  static final String PROPERTY = "bmr4j.vectorBits";

  /** Width in bits: 128, 256 or 512 (64 where the machine has nothing better). */
  static final int BITS = bits();

  /** Vectors of float. */
  static final VectorSpecies<Float> FLOAT =
      VectorSpecies.of(float.class, VectorShape.forBitSize(BITS));

  /** Vectors of int with as many lanes. */
  static final VectorSpecies<Integer> INT =
      VectorSpecies.of(int.class, VectorShape.forBitSize(BITS));

  /** Lanes of either. */
  static final int LANES = FLOAT.length();

  private SimdSpecies() {}

  /** The widest vectors this machine has for both float and int, at most 512 bits. */
  static int preferredBits() {
    return Math.min(
        512,
        Math.min(
            FloatVector.SPECIES_PREFERRED.vectorBitSize(),
            IntVector.SPECIES_PREFERRED.vectorBitSize()));
  }

  private static int bits() {
    String asked = System.getProperty(PROPERTY);
    if (asked == null) {
      return preferredBits();
    }
    return switch (asked.strip()) {
      case "128" -> 128;
      case "256" -> 256;
      case "512" -> 512;
      default ->
          throw new IllegalStateException(
              "System property " + PROPERTY + " must be 128, 256 or 512, but is \"" + asked + '"');
    };
  }
}
