package io.github.bmr4j.kernels;

/**
 * Scaled dot-product attention with several heads (Vaswani et al. 2017, equation 1), each example
 * and head by itself: P = softmax(Q Kᵀ / √size), out = P V. The scores, which are as many as the
 * tokens squared, never leave the caches: the pullback computes them again (Dao et al. 2022).
 */
public interface AttentionKernels {

  /**
   * Attends.
   *
   * @param shape the sizes
   * @param projections [examples · tokens, 3 · heads · size]: queries, keys, values
   * @param out [examples · tokens, heads · size]; memory of its own
   * @param normalizers [examples · heads, 2, tokens], takes what the pullback needs: for each query
   *     its largest score, then 1 / Σ exp(score − largest)
   */
  void attend(AttentionShape shape, MatrixView projections, MatrixView out, Slice normalizers);

  /**
   * Pullback of {@link #attend}.
   *
   * @param shape the sizes
   * @param projections of the forward pass
   * @param out its result
   * @param normalizers its second result
   * @param dOut [examples · tokens, heads · size]
   * @param dProjections [examples · tokens, 3 · heads · size]; memory of its own
   * @param accumulate whether dProjections is added to
   */
  void attendPullback(
      AttentionShape shape,
      MatrixView projections,
      MatrixView out,
      Slice normalizers,
      MatrixView dOut,
      MatrixView dProjections,
      boolean accumulate);
}
