/** Trains, prunes and predicts with bmr4j. */
module example {
  requires io.github.bmr4j.models;
}
