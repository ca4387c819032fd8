package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.MAX;

import jdk.incubator.vector.FloatVector;

/**
 * The scores of one example and head, a row for each key and a column for each query: what is one
 * number for a query is a vector along the row then, and nothing is summed across lanes. Rows are
 * padded to whole vectors; the padding holds whatever follows from itself, and is never read.
 */
final class AttentionTile {

  /** Float sums that run side by side, so that a sum does not wait for the one before. */
  private static final int SUMS = 4;

  private final int tokens;
  private final int stride;

  /** [tokens, stride]: keys, queries. */
  private final MatrixView scores;

  private final MatrixView gradients;

  /** One number for each query. */
  private final float[] maxima;

  private final float[] inverses;
  private final float[] means;

  AttentionTile(int tokens) {
    this.tokens = tokens;
    stride = Math.ceilDiv(tokens, SimdSums.VIRTUAL_LANES) * SimdSums.VIRTUAL_LANES;
    scores = tile();
    gradients = tile();
    maxima = new float[stride];
    inverses = new float[stride];
    means = new float[stride];
  }

  private MatrixView tile() {
    float[] array = new float[Math.multiplyExact(tokens, stride)];
    return new MatrixView(array, 0, tokens, tokens, stride);
  }

  /** Number of keys, and of queries. */
  int tokens() {
    return tokens;
  }

  /** Takes K Qᵀ, and after {@link #normalize} or {@link #weigh} has Pᵀ. */
  MatrixView scores() {
    return scores;
  }

  /** Takes dPᵀ, and after {@link #pullback} has that of K Qᵀ. */
  MatrixView gradients() {
    return gradients;
  }

  /** The softmax of α times the scores over the keys, and where it comes from. */
  void normalize(float alpha, Slice normalizers, int at) {
    float[] s = scores.array();
    maxima(s, stride, alpha, maxima);
    exponentials(alpha);
    inverses(s, stride, inverses);
    scale(s, inverses, stride);
    System.arraycopy(maxima, 0, normalizers.array(), normalizers.offset() + at, tokens);
    System.arraycopy(inverses, 0, normalizers.array(), normalizers.offset() + at + tokens, tokens);
  }

  /** The same from what {@link #normalize} left. */
  void weigh(float alpha, Slice normalizers, int at) {
    System.arraycopy(normalizers.array(), normalizers.offset() + at, maxima, 0, tokens);
    System.arraycopy(normalizers.array(), normalizers.offset() + at + tokens, inverses, 0, tokens);
    exponentials(alpha);
    scale(scores.array(), inverses, stride);
  }

  private void exponentials(float alpha) {
    float[] s = scores.array();
    shift(s, stride, alpha, maxima);
    VectorMath.exp(s, s.length);
  }

  /** Σ_j P_ij dP_ij of query i, for {@link #pullback}. */
  void setMean(int query, float mean) {
    means[query] = mean;
  }

  /** From the gradient of P that of the scores: α P ∘ (dP − means). */
  void pullback(float alpha) {
    pullback(scores.array(), means, alpha, gradients.array(), stride);
  }

  private static void maxima(float[] s, int stride, float alpha, float[] maxima) {
    for (int i = 0; i < stride; i += LANES) {
      FloatVector max = fromArray(FLOAT, s, i);
      for (int at = i + stride; at < s.length; at += stride) {
        max = max.lanewise(MAX, fromArray(FLOAT, s, at));
      }
      max.mul(alpha).intoArray(maxima, i);
    }
  }

  private static void shift(float[] s, int stride, float alpha, float[] maxima) {
    for (int i = 0; i < stride; i += LANES) {
      FloatVector max = fromArray(FLOAT, maxima, i);
      for (int at = i; at < s.length; at += stride) {
        fromArray(FLOAT, s, at).mul(alpha).sub(max).intoArray(s, at);
      }
    }
  }

  private static void inverses(float[] s, int stride, float[] inverses) {
    int whole = s.length / (SUMS * stride) * SUMS * stride;
    for (int i = 0; i < stride; i += LANES) {
      FloatVector sum0 = FloatVector.zero(FLOAT);
      FloatVector sum1 = sum0;
      FloatVector sum2 = sum0;
      FloatVector sum3 = sum0;
      for (int at = i; at < whole; at += SUMS * stride) {
        sum0 = sum0.add(fromArray(FLOAT, s, at));
        sum1 = sum1.add(fromArray(FLOAT, s, at + stride));
        sum2 = sum2.add(fromArray(FLOAT, s, at + 2 * stride));
        sum3 = sum3.add(fromArray(FLOAT, s, at + 3 * stride));
      }
      for (int at = whole + i; at < s.length; at += stride) {
        sum0 = sum0.add(fromArray(FLOAT, s, at));
      }
      FloatVector sum = sum0.add(sum1).add(sum2.add(sum3));
      FloatVector.broadcast(FLOAT, 1f).div(sum).intoArray(inverses, i);
    }
  }

  private static void scale(float[] s, float[] factors, int stride) {
    for (int i = 0; i < stride; i += LANES) {
      FloatVector factor = fromArray(FLOAT, factors, i);
      for (int at = i; at < s.length; at += stride) {
        fromArray(FLOAT, s, at).mul(factor).intoArray(s, at);
      }
    }
  }

  private static void pullback(float[] p, float[] means, float alpha, float[] d, int stride) {
    for (int i = 0; i < stride; i += LANES) {
      FloatVector mean = fromArray(FLOAT, means, i);
      for (int at = i; at < d.length; at += stride) {
        FloatVector share = fromArray(FLOAT, d, at).sub(mean).mul(alpha);
        share.mul(fromArray(FLOAT, p, at)).intoArray(d, at);
      }
    }
  }
}
