/** Networks, data sets, the pruning methods and what they report. */
module io.github.bmr4j.models {
  requires transitive io.github.bmr4j.engine;
}
