/** Networks, data sets, the pruning methods and what they report. */
module io.github.bmr4j.models {
  requires transitive io.github.bmr4j.engine;
  requires java.net.http;

  exports io.github.bmr4j.models.data;
  exports io.github.bmr4j.models.io;
  exports io.github.bmr4j.models.metric;
}
