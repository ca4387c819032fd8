package io.github.bmr4j.models.compact;

import io.github.bmr4j.models.layer.Layer;

/**
 * Each unit y becomes scale y + shift: noise at its mean, or normalisation by statistics that no
 * longer change. It goes into the rows of a linear layer right in front. Behind anything else,
 * noise waits for the next linear layer, and normalisation stays a layer.
 */
final class AffineStep extends UnitStep {

  private final float[] scale;
  private final float[] shift;

  /** What stays if it does not go into another layer; null where that is waiting factors. */
  private final Unmerged unmerged;

  /** The layer with the units that stay. */
  interface Unmerged {
    Layer add(CompactBuilder builder, int[] kept);
  }

  private AffineStep(float[] scale, float[] shift, Unmerged unmerged, UnitPlace in, UnitPlace out) {
    super(in, out);
    this.scale = scale;
    this.shift = shift;
    this.unmerged = unmerged;
  }

  static AffineStep of(float[] scale, float[] shift, Unmerged unmerged, UnitPlace in) {
    int units = in.group().count();
    UnitPlace out = UnitPlace.varying(in.shape(), in.group());
    for (int i = 0; i < units; i++) {
      out.constant()[i] = in.constant()[i] || scale[i] == 0;
      float value = scale[i] == 0 ? 0 : scale[i] * in.values()[i];
      out.values()[i] = out.constant()[i] ? value + shift[i] : 0;
    }
    return new AffineStep(scale, shift, unmerged, in, out);
  }

  @Override
  void append(CompactBuilder builder) {
    int[] kept = in().group().kept();
    float[] scales = chosen(scale, kept);
    LinearRows rows = builder.rows();
    if (rows != null) {
      rows.affine(scales, chosen(shift, kept));
    } else if (unmerged == null) {
      builder.multiply(scales);
    } else {
      Layer layer = unmerged.add(builder, kept);
      builder.requireNoneWaiting(layer);
      builder.add(layer);
    }
  }

  private static float[] chosen(float[] values, int[] kept) {
    float[] chosen = new float[kept.length];
    for (int i = 0; i < kept.length; i++) {
      chosen[i] = values[kept[i]];
    }
    return chosen;
  }
}
