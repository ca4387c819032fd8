package io.github.bmr4j.cli;

import java.util.List;
import java.util.Map;

/**
 * A comparison of methods over data sets and seeds: a list of runs that know nothing of each other.
 * {@link CompareCommand} does them one after the other, keeps their results, and makes the table.
 */
interface Study {

  /**
   * One run.
   *
   * @param labels what it is, a column each and the same columns for all runs of a study; runs that
   *     differ only in the seed are averaged
   * @param seed of all its randomness
   * @param work gives the results, a column each, in order; NaN where there is none
   */
  record Run(Map<String, String> labels, long seed, Work work) {}

  /** What a run does. */
  @FunctionalInterface
  interface Work {

    /** Does it. */
    Map<String, Double> run() throws Exception;
  }

  /** Name for {@code --study}. */
  String name();

  /** What it compares, in one sentence. */
  String description();

  /** Whether the table shows a column of results; {@code runs.jsonl} has all of them. */
  default boolean isShown(String column) {
    return true;
  }

  /**
   * All runs, in the order in which they are done.
   *
   * @param settings of the command
   */
  List<Run> runs(StudySettings settings);
}
