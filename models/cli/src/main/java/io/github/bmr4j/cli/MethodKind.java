package io.github.bmr4j.cli;

/** The methods that {@code bmr prune} trains and prunes by. */
enum MethodKind {
  /** Weights, by the evidence of each (Marković, Friston and Kiebel). */
  STOCHASTIC_BMR,
  /** Structures, by multiplicative noise (Wright, Igel and Selvan). */
  BMRS
}
