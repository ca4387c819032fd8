package io.github.bmr4j.models.io;

import java.util.Arrays;
import java.util.Random;

/** Damages inputs at random, but the same way for the same seed. */
public final class Mutations {

  private static final byte[] EDGES = {0, 1, 2, 0x7f, (byte) 0x80, (byte) 0xff, '"', '{', '}', '['};

  private final Random random;

  /**
   * @param seed decides what is damaged
   */
  public Mutations(long seed) {
    random = new Random(seed);
  }

  /**
   * A damaged copy: one to four changes, each of a bit, a byte, a run, or the length.
   *
   * @param input stays as it is
   */
  public byte[] of(byte[] input) {
    byte[] bytes = input.clone();
    for (int left = 1 + random.nextInt(4); left > 0; left--) {
      if (bytes.length == 0) {
        return bytes;
      }
      // Half of the changes hit the first bytes, where sizes stand.
      int bound = random.nextBoolean() ? Math.min(bytes.length, 24) : bytes.length;
      int at = random.nextInt(bound);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes[at] = EDGES[random.nextInt(EDGES.length)];
        case 3 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        case 4 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(9));
        default -> {
          int length = Math.min(1 + random.nextInt(8), bytes.length - at);
          int from = random.nextInt(bytes.length - length + 1);
          System.arraycopy(bytes, from, bytes, at, length);
        }
      }
    }
    return bytes;
  }
}
