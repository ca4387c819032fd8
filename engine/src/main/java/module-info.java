/** Tensors, automatic differentiation, inference and Bayesian model reduction. */
module io.github.bmr4j.engine {
  requires transitive io.github.bmr4j.kernels;
}
