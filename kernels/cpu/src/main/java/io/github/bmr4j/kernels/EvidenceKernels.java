package io.github.bmr4j.kernels;

/**
 * Model evidence under reduced priors: for each factor with posterior N(μ, s²) and prior N(0, v),
 * how the log evidence changes when the prior becomes N(0, v̂), in nats; larger is better for the
 * reduced model.
 *
 * <p>With a = v/s² (posterior over prior precision) and r = v̂/v,
 *
 * <pre>ΔF = ½ ln a − ½ ln(1 + r (a − 1)) − ½ (μ²/s²) (1 − r) / (1 + r (a − 1))</pre>
 *
 * (Friston, Parr, Zeidman 2018; Marković, Friston, Kiebel 2024), which is exactly 0 at r = 1 and
 * the Savage–Dickey ratio ln q(0) − ln p(0) at r = 0: a reduced variance of 0 is the spike. Where 1
 * + r (a − 1) ≤ 0 the reduced evidence diverges and the result is NaN. NaN in, NaN out; kernels
 * decide nothing.
 *
 * <p>{@link #deltaF}, {@link #deltaFSums} and {@link #deltaFBest} also take slices of the heap that
 * {@link Memory} did not allocate, then all of a call: through a device they stream in chunks, with
 * the same bits, however large they are.
 *
 * <p>Error of a float ΔF: at most 2⁻²⁰ · (1 + |½ ln a| + ½ μ²/s²); more for r > 1 close to where
 * the reduced evidence diverges.
 */
public interface EvidenceKernels {

  /**
   * ΔF of each factor for one reduced prior.
   *
   * @param mean μ
   * @param sd s, positive
   * @param priorVariance v, positive
   * @param reducedVariance v̂, at least 0
   * @param out ΔF
   */
  void deltaF(Slice mean, Slice sd, float priorVariance, float reducedVariance, Slice out);

  /**
   * Σ over the factors of ΔF, for each of k reduced priors.
   *
   * @param mean μ
   * @param sd s, positive
   * @param priorVariance v, positive
   * @param reducedVariances v̂ of the k candidates, each at least 0
   * @param sums [k], overwritten
   */
  void deltaFSums(
      Slice mean, Slice sd, float priorVariance, float[] reducedVariances, double[] sums);

  /**
   * Sums as {@link #deltaFSums}, and for each factor the best candidate (the first of equals) and
   * its ΔF, in one pass.
   *
   * @param mean μ
   * @param sd s, positive
   * @param priorVariance v, positive
   * @param reducedVariances v̂ of the k candidates, each at least 0
   * @param sums [k], overwritten
   * @param bestDeltaF ΔF of the best candidate; NaN where any candidate's is
   * @param bestCandidate index of the best candidate, as a float; where any is NaN, of the first
   *     that is
   */
  void deltaFBest(
      Slice mean,
      Slice sd,
      float priorVariance,
      float[] reducedVariances,
      double[] sums,
      Slice bestDeltaF,
      Slice bestCandidate);

  /**
   * Savage–Dickey ΔF of the spike (reduced variance 0) summed over rows and columns of a weight
   * matrix, in one pass: under mean field the evidence of removing a group is the sum over its
   * members.
   *
   * @param mean [rows, columns]
   * @param sd [rows, columns], positive
   * @param priorVariance v, positive
   * @param rowSums [rows], overwritten
   * @param columnSums [columns], overwritten
   */
  void spikeGroupSums(
      MatrixView mean, MatrixView sd, float priorVariance, Slice rowSums, Slice columnSums);
}
