package io.github.bmr4j.engine.onnx;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;

/**
 * A value of a model while its graph is built: computed by a node, or known. The other is null.
 *
 * @param node that computes it
 * @param constant what it is
 */
record OnnxValue(Node node, OnnxTensor constant) {

  static OnnxValue of(Node node) {
    return new OnnxValue(node, null);
  }

  static OnnxValue of(OnnxTensor constant) {
    return new OnnxValue(null, constant);
  }

  Shape shape() {
    return node == null ? constant.shape() : node.shape();
  }

  boolean isConstant() {
    return constant != null;
  }

  /** Whether it has whole numbers, which only constants have. */
  boolean isWhole() {
    return constant != null && constant.isWhole();
  }
}
