package io.github.bmr4j.engine.optim;

import io.github.bmr4j.kernels.UpdateRule;

/**
 * A first-order optimiser: a rule, a learning rate, and the count of steps that the rule's
 * debiasing needs. The moments live with the parameters.
 */
public final class Optimizer {

  /**
   * Coefficients of Adam.
   *
   * @param beta1 decay of the first moment, in [0, 1)
   * @param beta2 decay of the second moment, in [0, 1)
   * @param epsilon added to the root of the second moment
   */
  public record Adam(double beta1, double beta2, double epsilon) {

    /** Kingma and Ba 2015: 0.9, 0.999, 1e-8. */
    public static final Adam DEFAULT = new Adam(0.9, 0.999, 1e-8);
  }

  /**
   * Coefficients of AdaBelief.
   *
   * @param beta1 decay of the first moment, in [0, 1)
   * @param beta2 decay of the second moment, in [0, 1)
   * @param epsilon added to the root of the second moment
   * @param epsilonRoot added to the second moment inside its recursion
   */
  public record AdaBelief(double beta1, double beta2, double epsilon, double epsilonRoot) {

    /** optax's, as Marković et al. used them: 0.9, 0.999, 1e-16, 1e-16. */
    public static final AdaBelief DEFAULT = new AdaBelief(0.9, 0.999, 1e-16, 1e-16);
  }

  private final UpdateRule rule;
  private final LearningRate learningRate;
  private long steps;

  private Optimizer(UpdateRule rule, LearningRate learningRate) {
    this.rule = rule;
    this.learningRate = learningRate;
  }

  /** Adam (Kingma, Ba 2015). */
  public static Optimizer adam(Adam adam, LearningRate learningRate) {
    return new Optimizer(
        new UpdateRule(
            UpdateRule.Kind.ADAM,
            decay("beta1", adam.beta1()),
            decay("beta2", adam.beta2()),
            (float) adam.epsilon(),
            0),
        learningRate);
  }

  /** AdaBelief (Zhuang et al. 2020). */
  public static Optimizer adaBelief(AdaBelief adaBelief, LearningRate learningRate) {
    return new Optimizer(
        new UpdateRule(
            UpdateRule.Kind.ADABELIEF,
            decay("beta1", adaBelief.beta1()),
            decay("beta2", adaBelief.beta2()),
            (float) adaBelief.epsilon(),
            (float) adaBelief.epsilonRoot()),
        learningRate);
  }

  /**
   * Begins the next step; returns the rule with the step's coefficients, always the same object.
   */
  public UpdateRule nextStep() {
    steps++;
    rule.advance(steps, (float) learningRate.at(steps));
    return rule;
  }

  /** Number of steps begun so far. */
  public long steps() {
    return steps;
  }

  /** Sets the number of steps begun so far, for a run that goes on where another stopped. */
  public void resumeAt(long steps) {
    if (steps < 0) {
      throw new IllegalArgumentException("A step count must be >= 0, but is " + steps);
    }
    this.steps = steps;
  }

  private static float decay(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(name + " must lie in [0, 1), but is " + value);
    }
    return (float) value;
  }
}
