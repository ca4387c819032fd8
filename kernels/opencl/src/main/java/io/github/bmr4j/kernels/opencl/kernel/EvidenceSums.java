package io.github.bmr4j.kernels.opencl.kernel;

/**
 * Partial sums of ΔF for up to eight reduced priors in one pass over the posterior, and the best
 * candidate of each factor so far. Sum j of group g is pair {@code j groups + g}.
 */
final class EvidenceSums extends Evidence {

  /** Candidates of one pass. */
  static final int CANDIDATES = 8;

  float[] mean;
  int meanAt;
  float[] sd;
  int sdAt;
  int n;

  /** r of the candidates, then 1 − r. */
  float[] ratios;

  int candidates;

  /** Number of the first of these candidates among all. */
  int firstCandidate;

  /** Whether the best candidates are wanted, too. */
  int wantsBest;

  float[] best;
  int bestAt;
  float[] candidate;
  int candidateAt;

  @Override
  public void run() {
    float[] highs8 = new float[8];
    float[] lows8 = new float[8];
    for (int j = 0; j < CANDIDATES; j++) {
      highs8[j] = 0f;
      lows8[j] = 0f;
    }
    int step = getGlobalSize(0);
    for (int i = getGlobalId(0); i < n; i = i + step) {
      float m = mean[meanAt + i];
      float s = sd[sdAt + i];
      float largest = Float.NEGATIVE_INFINITY;
      float which = 0f;
      if (wantsBest != 0 && firstCandidate > 0) {
        largest = best[bestAt + i];
        which = candidate[candidateAt + i];
      }
      for (int j = 0; j < CANDIDATES; j++) {
        if (j < candidates) {
          float delta = deltaF(m, s, ratios[j], ratios[CANDIDATES + j]);
          lows8[j] = lows8[j] + lost(highs8[j], delta);
          highs8[j] = highs8[j] + delta;
          // The first NaN is kept.
          if (delta > largest || (notANumber(delta) != 0 && notANumber(largest) == 0)) {
            largest = delta;
            which = (float) (firstCandidate + j);
          }
        }
      }
      if (wantsBest != 0) {
        best[bestAt + i] = largest;
        candidate[candidateAt + i] = which;
      }
    }
    int groups = step / SIZE;
    for (int j = 0; j < CANDIDATES; j++) {
      if (j < candidates) {
        groupTotal(highs8[j], lows8[j], j * groups + getGroupId(0));
      }
    }
  }
}
