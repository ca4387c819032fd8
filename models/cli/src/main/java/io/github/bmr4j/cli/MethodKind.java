package io.github.bmr4j.cli;

/** The methods that {@code bmr prune} trains and prunes by. */
enum MethodKind {
  /** Weights, by the evidence of each (Marković, Friston and Kiebel). */
  STOCHASTIC_BMR,
  /** Structures, by multiplicative noise (Wright, Igel and Selvan). */
  BMRS,
  /** Weights of a regression, by the variational free energy (Beckers et al.). */
  PRINCIPLED_PRUNING;

  /** Whether targets are classes; else they are real. */
  boolean isForClasses() {
    return this != PRINCIPLED_PRUNING;
  }
}
