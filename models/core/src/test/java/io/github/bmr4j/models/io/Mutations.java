package io.github.bmr4j.models.io;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** Damages inputs at random, but the same way for the same seed. */
public final class Mutations {

  private static final byte[] EDGES = {0, 1, 2, 0x7f, (byte) 0x80, (byte) 0xff, '"', '{', '}', '['};

  /** Numbers at which checks of sizes go wrong. */
  private static final long[] NUMBERS = {
    0, 1, -1, 255, 65_535, 65_536, Integer.MAX_VALUE, 1L << 31, 1L << 32, Long.MAX_VALUE
  };

  private static final String[] TEXTS = {
    "0",
    "-1",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "1e999",
    "1e-999",
    "NaN",
    "null",
    "\"",
    "\\",
    "\n",
    ",",
    "[",
    "]",
    "{",
    "}",
    "\\u0000",
    "../"
  };

  private final Random random;

  /**
   * @param seed decides what is damaged
   */
  public Mutations(long seed) {
    random = new Random(seed);
  }

  /**
   * A damaged copy: one to four changes, each of a bit, a byte, a number, a run, or the length.
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
      switch (random.nextInt(10)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes[at] = EDGES[random.nextInt(EDGES.length)];
        case 3 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        case 4 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(9));
        case 5 -> number(bytes, at);
        case 6 -> {
          int from = at;
          while (from > 0 && isDigit(bytes[from - 1])) {
            from--;
          }
          int to = at;
          while (to < bytes.length && isDigit(bytes[to])) {
            to++;
          }
          byte[] text = TEXTS[random.nextInt(TEXTS.length)].getBytes(StandardCharsets.US_ASCII);
          bytes = replaced(bytes, from, to, text);
        }
        case 7 -> {
          int to = Math.min(bytes.length, at + 1 + random.nextInt(64));
          bytes = replaced(bytes, at, at, Arrays.copyOfRange(bytes, at, to));
        }
        case 8 -> {
          int to = Math.min(bytes.length, at + 1 + random.nextInt(64));
          bytes = replaced(bytes, at, to, new byte[0]);
        }
        default -> {
          int length = Math.min(1 + random.nextInt(8), bytes.length - at);
          int from = random.nextInt(bytes.length - length + 1);
          System.arraycopy(bytes, from, bytes, at, length);
        }
      }
    }
    return bytes;
  }

  /** A number of 2, 4 or 8 bytes in either order, as far as there is room. */
  private void number(byte[] bytes, int at) {
    long number = NUMBERS[random.nextInt(NUMBERS.length)] + random.nextInt(3) - 1;
    int size = 2 << random.nextInt(3);
    boolean little = random.nextBoolean();
    for (int i = 0; i < size && at + i < bytes.length; i++) {
      bytes[at + i] = (byte) (number >>> (8 * (little ? i : size - 1 - i)));
    }
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private static byte[] replaced(byte[] bytes, int from, int to, byte[] by) {
    byte[] result = Arrays.copyOf(bytes, bytes.length - (to - from) + by.length);
    System.arraycopy(by, 0, result, from, by.length);
    System.arraycopy(bytes, to, result, from + by.length, bytes.length - to);
    return result;
  }
}
