package io.github.bmr4j.models.pruning;

import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * N of M: of each M neighbouring weights of an output unit those with the N largest scores stay, of
 * equal ones the last. It is the pattern that sparse matrix units of some processors take, with N =
 * 2 and M = 4. Biases stay.
 *
 * @param score to rank by
 * @param stay N, from 1 to M
 * @param of M
 * @param layers which take part; the weights of each of their units must be a multiple of M
 */
public record GroupSparsity(WeightScore score, int stay, int of, Predicate<ParameterBlock> layers)
    implements PruningRule {

  /**
   * @throws IllegalArgumentException if N does not lie between 1 and M
   */
  public GroupSparsity {
    if (stay < 1 || stay > of) {
      throw new IllegalArgumentException(
          "Of each M weights 1 to M can stay, but N is " + stay + " and M is " + of);
    }
  }

  @Override
  public String name() {
    return score.title() + "-" + stay + "-of-" + of;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if a unit's weights are no multiple of M; nothing has left
   *     then
   */
  @Override
  public List<Double> prune(List<LayerEvidence> all) {
    List<LayerEvidence> chosen = all.stream().filter(l -> layers.test(l.block())).toList();
    for (LayerEvidence layer : chosen) {
      if (layer.block().columns() % of != 0) {
        throw new IllegalArgumentException(
            "The units of layer "
                + layer.block().layer()
                + " have "
                + layer.block().columns()
                + " weights each, which is no multiple of "
                + of
                + "; leave the layer out");
      }
    }
    List<Double> thresholds = new ArrayList<>();
    for (LayerEvidence layer : all) {
      if (chosen.contains(layer)) {
        prune(layer.block(), score.of(layer), layer.active());
      }
      thresholds.add(Double.NaN);
    }
    return thresholds;
  }

  private void prune(ParameterBlock block, float[] scores, boolean[] active) {
    int weights = block.rows() * block.columns();
    for (int from = 0; from < weights; from += of) {
      for (int i = from; i < from + of; i++) {
        int better = 0;
        for (int j = from; j < from + of; j++) {
          better += scores[j] > scores[i] || (scores[j] == scores[i] && j > i) ? 1 : 0;
        }
        active[i] &= better < stay;
      }
    }
  }
}
