package io.github.bmr4j.cli;

/** The networks that the command knows by name. */
enum NetworkKind {
  /** Multi-layer perceptron. */
  MLP
}
