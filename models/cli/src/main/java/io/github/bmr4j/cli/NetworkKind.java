package io.github.bmr4j.cli;

/** The networks that the command knows by name. */
enum NetworkKind {
  /** Multi-layer perceptron. */
  MLP,
  /** The paper's convolutional network, for images padded to 32 × 32 behind standardization. */
  LENET
}
