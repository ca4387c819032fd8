package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Padding;
import io.github.bmr4j.models.data.Split;

/** The networks that the command knows by name. */
enum NetworkKind {
  /** Multi-layer perceptron; layers and activation are options. */
  MLP(null),
  /** The paper's convolutional network. */
  LENET(UnaryFunction.TANH),
  /** The paper's vision transformer. */
  VIT(UnaryFunction.GELU_TANH),
  /** The paper's MLP-Mixer. */
  MIXER(UnaryFunction.GELU_TANH);

  /**
   * Height and width that images are padded to, behind standardization, for networks as published.
   */
  static final int IMAGE_SIZE = 32;

  private final UnaryFunction activation;

  NetworkKind(UnaryFunction activation) {
    this.activation = activation;
  }

  /** Whether layers and activations are the paper's, so that no option changes them. */
  boolean isPublished() {
    return activation != null;
  }

  /** Images as this network takes them. */
  Split padded(Split split) {
    return isPublished()
        ? new Split(
            Padding.zeros(split.train(), IMAGE_SIZE, IMAGE_SIZE),
            Padding.zeros(split.test(), IMAGE_SIZE, IMAGE_SIZE))
        : split;
  }

  /** The activation of a published network. */
  UnaryFunction activation() {
    return activation;
  }
}
