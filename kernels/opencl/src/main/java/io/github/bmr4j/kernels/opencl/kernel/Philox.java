package io.github.bmr4j.kernels.opencl.kernel;

/**
 * Philox 4×32-10 (Salmon, Moraes, Dror, Shaw 2011), and the normal numbers of Box and Muller. One
 * item draws the four numbers of one counter; {@link io.github.bmr4j.kernels.NoiseKernels} says
 * which. Words are longs from 0 to 2³² − 1, so that nothing overflows, which C does not define.
 */
abstract class Philox extends Functions {

  private static final long LOW = 0xFFFF_FFFFL;
  private static final long MULTIPLIER_0 = 0xD251_1F53L;
  private static final long MULTIPLIER_1 = 0xCD9E_8D57L;
  private static final long WEYL_0 = 0x9E37_79B9L;
  private static final long WEYL_1 = 0xBB67_AE85L;

  long key0;
  long key1;
  long stream;
  long stepLow;
  long stepHigh;

  @PrivateMemorySpace(4)
  protected long[] words = new long[4];

  /** Index of the first of the four draws of a counter; the others are 16, 32 and 48 further on. */
  protected int firstDraw(int counter) {
    return counter / 16 * 64 + counter % 16;
  }

  /** The upper 32 bits of a product of two words, from products with halves of the second. */
  protected long upper(long a, long b) {
    return (a * (b >> 16) + ((a * (b & 0xFFFFL)) >> 16)) >> 16;
  }

  /** The lower 32 bits. */
  protected long lower(long a, long b) {
    return (a * (b & 0xFFFFL) + ((a * (b >> 16) & 0xFFFFL) << 16)) & LOW;
  }

  /** Sets the four words of a counter. */
  protected void draw(long counter) {
    long c0 = counter;
    long c1 = stream;
    long c2 = stepLow;
    long c3 = stepHigh;
    long k0 = key0;
    long k1 = key1;
    for (int round = 0; round < 10; round++) {
      long upper0 = upper(MULTIPLIER_0, c0);
      long lower0 = lower(MULTIPLIER_0, c0);
      long upper1 = upper(MULTIPLIER_1, c2);
      long lower1 = lower(MULTIPLIER_1, c2);
      c0 = upper1 ^ c1 ^ k0;
      c1 = lower1;
      c2 = upper0 ^ c3 ^ k1;
      c3 = lower0;
      k0 = (k0 + WEYL_0) & LOW;
      k1 = (k1 + WEYL_1) & LOW;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
  }

  /** Word {@code w} as a number in (0, 1): exact. */
  protected float uniform(int w) {
    return ((float) (int) (words[w] >> 9) + 0.5f) * 0x1p-23f;
  }

  /** Normal draw {@code w}: the cosine of a pair for even ones, the sine for odd ones. */
  protected float normal(int w) {
    int first = w - w % 2;
    float radius = sqrt(-2f * log(uniform(first)));
    float turns = 2f * uniform(first + 1);
    return radius * (w % 2 == 0 ? cospi(turns) : sinpi(turns));
  }
}
