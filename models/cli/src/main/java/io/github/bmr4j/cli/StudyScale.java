package io.github.bmr4j.cli;

/**
 * How a trial departs from a study's own settings; a result counts only for the scale it was had
 * with.
 *
 * @param length factor of the lengths of all training, in (0, 1000]
 * @param batch examples in a training step, or all if there are fewer; 0 for the study's own number
 */
record StudyScale(double length, int batch) {

  /** The study as it is. */
  static final StudyScale WHOLE = new StudyScale(1, 0);

  /** A number of epochs or steps, scaled, at least 1. */
  int steps(int own) {
    return (int) Math.max(1, Math.round(own * length));
  }

  /** The number of examples in a training step, or a study's own. */
  int batchOr(int own) {
    return batch == 0 ? own : batch;
  }
}
