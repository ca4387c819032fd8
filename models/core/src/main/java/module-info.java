/** Networks, data sets, the pruning methods and what they report. */
module io.github.bmr4j.models {
  requires transitive io.github.bmr4j.engine;
  requires java.net.http;

  exports io.github.bmr4j.models.compact;
  exports io.github.bmr4j.models.data;
  exports io.github.bmr4j.models.io;
  exports io.github.bmr4j.models.layer;
  exports io.github.bmr4j.models.method;
  exports io.github.bmr4j.models.metric;
  exports io.github.bmr4j.models.network;
  exports io.github.bmr4j.models.pruning;
}
