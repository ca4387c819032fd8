package io.github.bmr4j.cli;

/**
 * How training and pruning take turns.
 *
 * @param warmUp training steps before the first pruning
 * @param rounds number of prunings
 * @param stepsPerRound training steps after each
 */
record Schedule(int warmUp, int rounds, int stepsPerRound) {

  long totalSteps() {
    return warmUp + (long) rounds * stepsPerRound;
  }

  /**
   * A schedule of another length in the same proportions: the warm-up keeps its share, the rounds
   * stay as many (fewer only when there is no step for each), and what does not divide by them goes
   * to the warm-up, so that the length is exact.
   *
   * @param steps its length, at least 1
   */
  Schedule scaledTo(long steps) {
    if (steps < 1 || steps > Integer.MAX_VALUE) {
      throw new InputException(
          "A run needs between 1 and "
              + Integer.MAX_VALUE
              + " training steps, but would have "
              + steps
              + "; choose other --epochs.");
    }
    long ideal = Math.max(1, Math.round((double) steps * warmUp / Math.max(1, totalSteps())));
    int newRounds = (int) Math.min(rounds, steps - Math.min(ideal, steps));
    if (newRounds == 0) {
      return new Schedule((int) steps, 0, 0);
    }
    int newStepsPerRound = (int) ((steps - ideal) / newRounds);
    return new Schedule(
        (int) (steps - (long) newRounds * newStepsPerRound), newRounds, newStepsPerRound);
  }
}
