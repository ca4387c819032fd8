package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PhiloxTest {

  /** Key, counter, words: the known answers published with Random123 (file kat_vectors). */
  private static final int[][] KNOWN = {
    {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
    {-1, -1, -1, -1, -1, -1, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
    {
      0xa4093822,
      0x299f31d0,
      0x243f6a88,
      0x85a308d3,
      0x13198a2e,
      0x03707344,
      0xd16cfe09,
      0x94fdcceb,
      0x5001e420,
      0x24126ea1
    }
  };

  @Test
  void publishedKnownAnswers() {
    for (int[] k : KNOWN) {
      int[] words = new int[6];
      Philox.block(k[0], k[1], k[2], k[3], k[4], k[5], words, 1);
      assertArrayEquals(new int[] {0, k[6], k[7], k[8], k[9], 0}, words);
    }
  }

  @Test
  @Tag("width")
  void vectorsGiveTheSameWords() {
    long seed = 0x299f31d0a4093822L;
    int stream = 0x85a308d3;
    long step = 0x0370734413198a2eL;
    int[] block = new int[4];
    // An odd number of groups, from a far one.
    int firstGroup = 0x03ffffff;
    float[] out = new float[5 * 64 + 1];
    SimdPhilox.words(seed, stream, step, firstGroup, 5, out, 1);
    for (int i = 0; i < 5 * 64; i++) {
      int counter = 16 * (firstGroup + i / 64) + i % 16;
      Philox.block(
          (int) seed,
          (int) (seed >>> 32),
          counter,
          stream,
          (int) step,
          (int) (step >>> 32),
          block,
          0);
      assertEquals(block[i % 64 / 16], Float.floatToRawIntBits(out[i + 1]), "draw " + i);
    }
    assertEquals(0f, out[0]);
  }
}
