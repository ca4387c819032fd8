package io.github.bmr4j.kernels;

/**
 * Sizes of attention with several heads, and where its matrices have what. A row of the projections
 * has a token's queries, keys and values, in this order and head by head.
 *
 * @param examples how many sequences
 * @param tokens of each
 * @param heads that attend side by side
 * @param size of a head's query, key and value
 */
public record AttentionShape(int examples, int tokens, int heads, int size) {

  /** Numbers that the forward pass leaves for a query: its largest score and 1 / Σ exp. */
  public static final int NORMALIZERS = 2;

  /**
   * @throws IllegalArgumentException if a number is below 1
   * @throws ArithmeticException if there are more elements than an array can have
   */
  public AttentionShape {
    if (examples < 1 || tokens < 1 || heads < 1 || size < 1) {
      throw new IllegalArgumentException(
          "Attention needs at least 1 example, token, head and element of a head, but has "
              + examples
              + ", "
              + tokens
              + ", "
              + heads
              + " and "
              + size);
    }
    int rows = Math.multiplyExact(examples, tokens);
    Math.multiplyExact(rows, Math.multiplyExact(3, Math.multiplyExact(heads, size)));
    Math.multiplyExact(NORMALIZERS * rows, heads);
  }

  /** Pairs of an example and a head. */
  public int pairs() {
    return examples * heads;
  }

  /** Tokens of all examples. */
  public int rows() {
    return examples * tokens;
  }

  /** Elements of all heads. */
  public int width() {
    return heads * size;
  }

  /** Length of the normalisers. */
  public int normalizers() {
    return NORMALIZERS * rows() * heads;
  }

  /** What scores are multiplied with: 1 / √size. */
  public float scale() {
    return (float) (1 / Math.sqrt(size));
  }
}
