package io.github.bmr4j.models.metric;

/**
 * How well a selection of features S meets the set S* of those that matter.
 *
 * @param selected |S|
 * @param relevant |S*|
 * @param found |S ∩ S*|
 * @param features how many there are
 */
public record SelectionMetrics(int selected, int relevant, int found, int features) {

  /**
   * Compares.
   *
   * @param selected which features were selected
   * @param relevant which matter, as many
   */
  public static SelectionMetrics of(boolean[] selected, boolean[] relevant) {
    if (selected.length != relevant.length) {
      throw new IllegalArgumentException(
          "A selection of "
              + selected.length
              + " features cannot be compared with a truth of "
              + relevant.length);
    }
    int s = 0;
    int r = 0;
    int both = 0;
    for (int j = 0; j < selected.length; j++) {
      s += selected[j] ? 1 : 0;
      r += relevant[j] ? 1 : 0;
      both += selected[j] && relevant[j] ? 1 : 0;
    }
    return new SelectionMetrics(s, r, both, selected.length);
  }

  /** |S \ S*|: how many were selected that do not matter. */
  public int falsePositives() {
    return selected - found;
  }

  /** |S* \ S|: how many matter and were not selected. */
  public int falseNegatives() {
    return relevant - found;
  }

  /** FSR = |S \ S*| / |S|; 0 where nothing was selected. */
  public double falseSelectionRate() {
    return selected == 0 ? 0 : (double) falsePositives() / selected;
  }

  /** NSR = |S* \ S| / |S*|; 0 where nothing matters. */
  public double negativeSelectionRate() {
    return relevant == 0 ? 0 : (double) falseNegatives() / relevant;
  }

  /** FPR = |S \ S*| / (p − |S*|); 0 where everything matters. */
  public double falsePositiveRate() {
    return features == relevant ? 0 : (double) falsePositives() / (features - relevant);
  }

  /** |S| / p. */
  public double sparsity() {
    return (double) selected / features;
  }
}
