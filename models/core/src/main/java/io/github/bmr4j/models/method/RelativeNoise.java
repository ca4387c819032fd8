package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Add;
import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.GaussianNegativeLogLikelihood.RelativePrecision;
import io.github.bmr4j.engine.autodiff.MomentApply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Scale;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;

/**
 * Heteroscedastic noise: by what the noise of an example differs from that of all. With an output a
 * of the network, ln ρ = c tanh a ({@link RegressionModel.Config#MOST_LOG_RATIO}). Where moments
 * are propagated, ln ρ counts as normal, so that E ρ = exp(E ln ρ + ½ Var ln ρ).
 *
 * @param precision E ρ and E ln ρ, [batch, outputs] each
 * @param variance E 1/ρ, [batch, outputs]
 */
record RelativeNoise(RelativePrecision precision, Node variance) {

  /**
   * From a network's outputs.
   *
   * @param model whose scheme decides what the outputs are
   * @param outputs a, [batch, outputs], or packed moments [2 batch, outputs]
   */
  static RelativeNoise of(RegressionModel model, Node outputs) {
    float bound = (float) RegressionModel.Config.MOST_LOG_RATIO;
    if (model.config().scheme().isSampled()) {
      Node logarithm = new Scale(bound, new Apply(UnaryFunction.TANH, outputs));
      return new RelativeNoise(
          new RelativePrecision(new Apply(UnaryFunction.EXP, logarithm), logarithm),
          new Apply(UnaryFunction.EXP, new Scale(-1, logarithm)));
    }
    Node bounded = new MomentApply(model.moments(UnaryFunction.TANH), outputs);
    Shape shape = Shape.of(outputs.shape().extent(0) / 2, outputs.shape().extent(1));
    Node logarithm = new Scale(bound, new View(bounded, 0, shape));
    Node halfVariance = new Scale(bound * bound / 2, new View(bounded, shape.size(), shape));
    return new RelativeNoise(
        new RelativePrecision(
            new Apply(UnaryFunction.EXP, new Add(logarithm, halfVariance)), logarithm),
        new Apply(UnaryFunction.EXP, new Add(new Scale(-1, logarithm), halfVariance)));
  }
}
