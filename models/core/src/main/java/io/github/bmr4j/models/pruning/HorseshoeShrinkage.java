package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.reduction.EvidenceCurve;
import io.github.bmr4j.engine.reduction.HorseshoeReduction;
import io.github.bmr4j.engine.reduction.RegularisedHorseshoe;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Shrinks the weights of each output unit, its bias included, by the scale that the evidence gives
 * to a regularised horseshoe prior ({@link HorseshoeReduction}), round after round; those whose
 * accumulated scale falls below a limit leave.
 *
 * <p>A reduced prior is never wider than the prior: above σ the evidence is that at σ, nothing, and
 * no unit's scale grows. Where a posterior is nearly as wide as its prior, the evidence would else
 * rise with γ² without bound, and where it is wider, M = γ²(π − 1/σ²) + 1 would be 0 or negative.
 * Such a posterior is taken as wide as its prior.
 *
 * @param horseshoe prior and optimisation
 * @param smallest δ: weights below this scale leave
 */
public record HorseshoeShrinkage(HorseshoeReduction.Config horseshoe, double smallest)
    implements PruningRule {

  /** The published settings. */
  public static final HorseshoeShrinkage PUBLISHED =
      new HorseshoeShrinkage(HorseshoeReduction.Config.PUBLISHED, 1e-6);

  private static final float[] GRID = EvidenceCurve.grid();

  /**
   * @throws IllegalArgumentException if the limit does not lie between 0 and 1
   */
  public HorseshoeShrinkage {
    if (!(smallest > 0 && smallest < 1)) {
      throw new IllegalArgumentException(
          "The smallest scale of a horseshoe must lie between 0 and 1, but is " + smallest);
    }
  }

  @Override
  public String name() {
    return "horseshoe";
  }

  @Override
  public boolean shrinks() {
    return true;
  }

  @Override
  public List<Double> prune(List<LayerEvidence> layers) {
    List<Double> limits = new ArrayList<>();
    for (LayerEvidence layer : layers) {
      shrink(layer);
      limits.add(smallest);
    }
    return limits;
  }

  private void shrink(LayerEvidence layer) {
    ParameterBlock block = layer.block();
    EvidenceCurve[] curves = curves(layer);
    long first = layer.round() * (horseshoe.steps() + (long) horseshoe.samples() + 1);
    HorseshoeReduction.Noise noise =
        (step, out) -> {
          Slice normals = layer.normals(first + step, out.length);
          System.arraycopy(normals.array(), normals.offset(), out, 0, out.length);
        };
    double[] scales = new HorseshoeReduction(horseshoe, curves, noise).run().scales();
    for (int row = 0; row < block.rows(); row++) {
      scales[row] = Math.min(1, scales[row]);
      boolean stays = false;
      for (int i = row * block.columns(); i < (row + 1) * block.columns(); i++) {
        stays |= shrink(layer, i, scales[row]);
      }
      if (block.bias()) {
        stays |= shrink(layer, block.rows() * block.columns() + row, scales[row]);
      }
      if (stays) {
        layer.addShrinkage(curves[row].value(2 * Math.log(scales[row])));
      }
    }
  }

  /** Whether the weight is in the model afterwards. */
  private boolean shrink(LayerEvidence layer, int i, double scale) {
    if (!layer.active()[i]) {
      return false;
    }
    double shrunk =
        RegularisedHorseshoe.prunedScale(layer.factors()[i], new double[] {scale}, smallest);
    boolean stays = shrunk >= smallest;
    layer.active()[i] = stays;
    if (stays) {
      layer.factors()[i] = (float) shrunk;
    }
    return stays;
  }

  /** The evidence of each row, as a function of its scale. */
  private static EvidenceCurve[] curves(LayerEvidence layer) {
    ParameterBlock block = layer.block();
    Backend backend = layer.backend();
    float prior = layer.priorVariance();
    Slice deviation = layer.scratch();
    for (int i = 0; i < deviation.length(); i++) {
      deviation.set(i, (float) Math.min(layer.deviation().get(i), Math.sqrt(prior)));
    }
    backend.memory().push(deviation);
    float[] grid = GRID.clone();
    for (int k = 0; k < grid.length; k++) {
      grid[k] = Math.min(grid[k], prior);
    }
    EvidenceCurve[] curves = new EvidenceCurve[block.rows()];
    double[] sums = new double[grid.length];
    double[] biasSums = new double[grid.length];
    for (int row = 0; row < curves.length; row++) {
      int from = row * block.columns();
      Slice means = layer.mean().slice(from, block.columns());
      Slice deviations = deviation.slice(from, block.columns());
      backend.evidence().deltaFSums(means, deviations, prior, grid, sums);
      if (block.bias()) {
        int at = block.rows() * block.columns() + row;
        backend
            .evidence()
            .deltaFSums(layer.mean().slice(at, 1), deviation.slice(at, 1), prior, grid, biasSums);
        Arrays.setAll(sums, k -> sums[k] + biasSums[k]);
      }
      curves[row] = new EvidenceCurve(sums);
    }
    return curves;
  }
}
