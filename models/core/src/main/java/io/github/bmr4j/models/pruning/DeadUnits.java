package io.github.bmr4j.models.pruning;

import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.List;

/**
 * What follows from the structure of a chain of layers when weights have left: a unit without any
 * incoming weight or bias gives a constant 0, so its outgoing weights do nothing; a unit whose
 * output nobody uses needs no incoming weights.
 *
 * <p>The units of a convolution are its filters. Each feeds a run of columns of the layer above:
 * one for each element of the window if that is another convolution, one for each pixel if it is a
 * dense layer behind a flattening; pooling between them changes nothing, since it maps a constant 0
 * to 0 and each channel to itself.
 */
public final class DeadUnits {

  private DeadUnits() {}

  /**
   * Removes all weights that do nothing, until there are none.
   *
   * @param chain the layers' blocks, each fed by the one before: its columns are equal runs, one
   *     for each row of that
   * @param active for each block, which parameters are in the model; changed in place
   * @param zeroAtZero whether the activations between the layers map 0 to 0; if not, only unused
   *     units are removed
   * @return number of parameters removed
   */
  public static int remove(List<ParameterBlock> chain, List<boolean[]> active, boolean zeroAtZero) {
    int removed = 0;
    if (zeroAtZero) {
      for (int l = 0; l + 1 < chain.size(); l++) {
        requireChained(chain.get(l), chain.get(l + 1));
        for (int unit = 0; unit < chain.get(l).rows(); unit++) {
          if (!hasIncoming(chain.get(l), active.get(l), unit)) {
            removed += clearOutgoing(chain.get(l), chain.get(l + 1), active.get(l + 1), unit);
          }
        }
      }
    }
    for (int l = chain.size() - 2; l >= 0; l--) {
      requireChained(chain.get(l), chain.get(l + 1));
      for (int unit = 0; unit < chain.get(l).rows(); unit++) {
        if (!hasOutgoing(chain.get(l), chain.get(l + 1), active.get(l + 1), unit)) {
          removed += clearIncoming(chain.get(l), active.get(l), unit);
        }
      }
    }
    return removed;
  }

  private static void requireChained(ParameterBlock below, ParameterBlock above) {
    if (above.columns() == 0 || above.columns() % below.rows() != 0) {
      throw new IllegalArgumentException(
          "Layer "
              + above.layer()
              + " has "
              + above.columns()
              + " inputs, but "
              + below.layer()
              + " below it has "
              + below.rows()
              + " units, which do not feed equally many of them");
    }
  }

  private static boolean hasIncoming(ParameterBlock block, boolean[] active, int unit) {
    if (block.bias() && active[block.rows() * block.columns() + unit]) {
      return true;
    }
    for (int j = 0; j < block.columns(); j++) {
      if (active[unit * block.columns() + j]) {
        return true;
      }
    }
    return false;
  }

  private static boolean hasOutgoing(
      ParameterBlock below, ParameterBlock above, boolean[] active, int unit) {
    int run = above.columns() / below.rows();
    for (int i = 0; i < above.rows(); i++) {
      for (int j = 0; j < run; j++) {
        if (active[i * above.columns() + unit * run + j]) {
          return true;
        }
      }
    }
    return false;
  }

  private static int clearIncoming(ParameterBlock block, boolean[] active, int unit) {
    int removed = 0;
    for (int j = 0; j < block.columns(); j++) {
      removed += clear(active, unit * block.columns() + j);
    }
    return block.bias() ? removed + clear(active, block.rows() * block.columns() + unit) : removed;
  }

  private static int clearOutgoing(
      ParameterBlock below, ParameterBlock above, boolean[] active, int unit) {
    int run = above.columns() / below.rows();
    int removed = 0;
    for (int i = 0; i < above.rows(); i++) {
      for (int j = 0; j < run; j++) {
        removed += clear(active, i * above.columns() + unit * run + j);
      }
    }
    return removed;
  }

  private static int clear(boolean[] active, int i) {
    if (!active[i]) {
      return 0;
    }
    active[i] = false;
    return 1;
  }
}
