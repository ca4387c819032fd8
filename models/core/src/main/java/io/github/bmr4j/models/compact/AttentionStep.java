package io.github.bmr4j.models.compact;

import io.github.bmr4j.models.layer.SelfAttention;
import java.util.Map;

/** Self-attention: it needs all its units, but a head leaves whose values are 0 or are not read. */
final class AttentionStep extends UnitStep {

  private final SelfAttention layer;
  private final float[] projections;
  private final float[] mixing;

  AttentionStep(SelfAttention layer, Map<String, float[]> weights, UnitPlace in, UnitPlace out) {
    super(in, out);
    this.layer = layer;
    this.projections = weights.get(layer.projections().layer());
    this.mixing = weights.get(layer.mixing().layer());
  }

  @Override
  boolean keepNeeded() {
    boolean news = in().group().keepAll();
    return out().group().keepAll() || news;
  }

  private int inner() {
    return layer.heads() * layer.size();
  }

  private boolean isLive(int head) {
    return isRead(head) && hasValues(head);
  }

  private boolean isRead(int head) {
    for (int i = 0; i < layer.width(); i++) {
      for (int k = head * layer.size(); k < (head + 1) * layer.size(); k++) {
        if (mixing[i * inner() + k] != 0) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean hasValues(int head) {
    int biases = 3 * inner() * layer.width();
    for (int k = 0; k < layer.size(); k++) {
      int row = 2 * inner() + head * layer.size() + k;
      if (projections[biases + row] != 0) {
        return true;
      }
      for (int j = 0; j < layer.width(); j++) {
        if (projections[row * layer.width() + j] != 0) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  void append(CompactBuilder builder) {
    builder.requireNoneWaiting(layer);
    int[] live = java.util.stream.IntStream.range(0, layer.heads()).filter(this::isLive).toArray();
    int[] heads = live.length == 0 ? new int[] {0} : live;
    int size = layer.size();
    int width = layer.width();
    int left = heads.length * size;
    float[] smaller = new float[3 * left * (width + 1)];
    float[] mixed = new float[width * (left + 1)];
    for (int h = 0; h < heads.length; h++) {
      for (int part = 0; part < 3; part++) {
        int from = part * inner() + heads[h] * size;
        int to = part * left + h * size;
        System.arraycopy(projections, from * width, smaller, to * width, size * width);
        System.arraycopy(
            projections, 3 * inner() * width + from, smaller, 3 * left * width + to, size);
      }
      for (int i = 0; i < width; i++) {
        System.arraycopy(mixing, i * inner() + heads[h] * size, mixed, i * left + h * size, size);
      }
    }
    System.arraycopy(mixing, width * inner(), mixed, width * left, width);
    builder.addLinear(
        new SelfAttention(layer.name(), width, heads.length, size),
        new LinearRows(layer.mixing().layer(), mixed, width));
    builder.put(layer.projections().layer(), smaller);
  }
}
