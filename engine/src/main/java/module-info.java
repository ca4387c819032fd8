/** Tensors, automatic differentiation, inference and Bayesian model reduction. */
module io.github.bmr4j.engine {
  requires transitive io.github.bmr4j.kernels;

  exports io.github.bmr4j.engine.autodiff;
  exports io.github.bmr4j.engine.distribution;
  exports io.github.bmr4j.engine.inference;
  exports io.github.bmr4j.engine.onnx;
  exports io.github.bmr4j.engine.optim;
  exports io.github.bmr4j.engine.random;
  exports io.github.bmr4j.engine.reduction;
  exports io.github.bmr4j.engine.tensor;
}
