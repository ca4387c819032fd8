package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Prunes one trained model further and further by a score, without training on, as the baselines of
 * Beckers et al. do: at n = 0, 1, … 99 % the weights with the lowest scores are out. The model is
 * as before when it is done.
 */
public final class PostHocSweep {

  /** What ranks weights, biases included, of all layers jointly; the lowest leave first. */
  public enum Score {
    /** The evidence against removal, −ΔF. */
    EVIDENCE,
    /** Signal to noise, |μ| / σ. */
    SIGNAL_TO_NOISE,
    /** Signal plus robustness, |μ| + σ. */
    SIGNAL_PLUS_ROBUSTNESS
  }

  /**
   * One step of the sweep.
   *
   * @param removed weights that are out
   * @param freeEnergy as it is without them
   * @param predicted the free energy with all weights less Σ ΔF of those that are out
   */
  public record Point(int removed, FreeEnergy freeEnergy, double predicted) {}

  private record Weight(int layer, int index, double score, double deltaF) {}

  private final Backend backend;
  private final RegressionModel model;
  private final RegressionPrediction prediction;

  /**
   * @param backend does the work
   * @param model trained
   * @param prediction of that model, over the data that the free energy is wanted for
   */
  public PostHocSweep(Backend backend, RegressionModel model, RegressionPrediction prediction) {
    this.backend = backend;
    this.model = model;
    this.prediction = prediction;
  }

  /**
   * The whole sweep.
   *
   * @param score what leaves first
   * @return a hundred points, by the share of weights removed
   */
  public List<Point> run(Score score) {
    List<MeanFieldNormal> latents =
        model.blocks().stream().map(RegressionModel.Block::weights).toList();
    List<float[]> before = latents.stream().map(PostHocSweep::mask).toList();
    List<Weight> weights = weights(latents, before, score);
    weights.sort(Comparator.comparingDouble(Weight::score));
    List<float[]> masks = before.stream().map(float[]::clone).toList();
    List<Point> points = new ArrayList<>();
    double promised = 0;
    double whole = 0;
    int removed = 0;
    for (int percent = 0; percent < 100; percent++) {
      int wanted = (int) ((long) weights.size() * percent / 100);
      for (; removed < wanted; removed++) {
        Weight weight = weights.get(removed);
        masks.get(weight.layer())[weight.index()] = 0;
        promised += weight.deltaF();
      }
      apply(latents, masks);
      FreeEnergy actual = prediction.freeEnergy();
      whole = percent == 0 ? actual.total() : whole;
      points.add(new Point(removed, actual, whole - promised));
    }
    apply(latents, before);
    return points;
  }

  private static void apply(List<MeanFieldNormal> latents, List<float[]> masks) {
    for (int l = 0; l < latents.size(); l++) {
      latents.get(l).setMask(masks.get(l));
    }
  }

  private static float[] mask(MeanFieldNormal latent) {
    if (latent.mask() != null) {
      return latent.mask().toArray();
    }
    float[] ones = new float[latent.size()];
    Arrays.fill(ones, 1);
    return ones;
  }

  private List<Weight> weights(List<MeanFieldNormal> latents, List<float[]> masks, Score score) {
    List<Weight> weights = new ArrayList<>();
    for (int l = 0; l < latents.size(); l++) {
      MeanFieldNormal latent = latents.get(l);
      Slice mean = latent.factors().mean();
      Slice deviation = latent.standardDeviations();
      Slice deltaF = new Slice(backend.memory().allocate(latent.size()), 0, latent.size());
      backend.evidence().deltaF(mean, deviation, latent.priorVariance(), 0, deltaF);
      backend.memory().pull(mean);
      backend.memory().pull(deviation);
      backend.memory().pull(deltaF);
      for (int i = 0; i < latent.size(); i++) {
        double m = Math.abs(mean.get(i));
        double s = deviation.get(i);
        if (masks.get(l)[i] != 0) {
          double value =
              switch (score) {
                case EVIDENCE -> -deltaF.get(i);
                case SIGNAL_TO_NOISE -> m / s;
                case SIGNAL_PLUS_ROBUSTNESS -> m + s;
              };
          weights.add(new Weight(l, i, value, deltaF.get(i)));
        }
      }
    }
    return weights;
  }
}
