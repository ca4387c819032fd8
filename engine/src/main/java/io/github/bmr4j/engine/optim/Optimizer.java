package io.github.bmr4j.engine.optim;

import io.github.bmr4j.kernels.UpdateRule;

/**
 * A first-order optimiser: a rule, a learning rate, and the count of steps that the rule's
 * debiasing needs. The moments live with the parameters.
 */
public final class Optimizer {

  /** A rule with its coefficients. */
  public sealed interface Rule {

    /** In options and files: {@code adam}, {@code adabelief} or {@code ivon}. */
    default String name() {
      return switch (this) {
        case Adam adam -> "adam";
        case AdaBelief adaBelief -> "adabelief";
        case Ivon ivon -> "ivon";
      };
    }

    /** As kernels need it, at step 0. */
    private UpdateRule updateRule() {
      return switch (this) {
        case Adam(double beta1, double beta2, double epsilon) ->
            new UpdateRule(
                UpdateRule.Kind.ADAM,
                decay("beta1", beta1),
                decay("beta2", beta2),
                (float) epsilon,
                0);
        case AdaBelief(double beta1, double beta2, double epsilon, double epsilonRoot) ->
            new UpdateRule(
                UpdateRule.Kind.ADABELIEF,
                decay("beta1", beta1),
                decay("beta2", beta2),
                (float) epsilon,
                (float) epsilonRoot);
        case Ivon(double beta1, double beta2) ->
            new UpdateRule(
                UpdateRule.Kind.IVON, decay("beta1", beta1), decay("beta2", beta2), 0, 0);
      };
    }
  }

  /**
   * Coefficients of Adam (Kingma, Ba 2015).
   *
   * @param beta1 decay of the first moment, in [0, 1)
   * @param beta2 decay of the second moment, in [0, 1)
   * @param epsilon added to the root of the second moment
   */
  public record Adam(double beta1, double beta2, double epsilon) implements Rule {

    /** Kingma and Ba 2015: 0.9, 0.999, 1e-8. */
    public static final Adam DEFAULT = new Adam(0.9, 0.999, 1e-8);
  }

  /**
   * Coefficients of AdaBelief (Zhuang et al. 2020).
   *
   * @param beta1 decay of the first moment, in [0, 1)
   * @param beta2 decay of the second moment, in [0, 1)
   * @param epsilon added to the root of the second moment
   * @param epsilonRoot added to the second moment inside its recursion
   */
  public record AdaBelief(double beta1, double beta2, double epsilon, double epsilonRoot)
      implements Rule {

    /** optax's, as Marković et al. used them: 0.9, 0.999, 1e-16, 1e-16. */
    public static final AdaBelief DEFAULT = new AdaBelief(0.9, 0.999, 1e-16, 1e-16);
  }

  /**
   * Coefficients of IVON, the natural-gradient rule for normal posteriors (Shen et al.: Variational
   * learning is effective for large deep networks, ICML 2024, algorithm 1; {@link
   * UpdateRule.Kind#IVON}). Its initial curvature is that of the posterior's starting standard
   * deviations, its weight decay the prior's. The learning rate is the share of a Newton step.
   *
   * @param beta1 decay of the gradient's first moment, in [0, 1)
   * @param beta2 decay of the curvature, in [0, 1); it is known after some 1/(1 − beta2) steps
   */
  public record Ivon(double beta1, double beta2) implements Rule {

    /** The paper's for long runs, 10⁵ steps and more: 0.9, 0.99999. */
    public static final Ivon PUBLISHED = new Ivon(0.9, 0.99999);

    /** For runs of some thousand steps, in which the curvature must be found: 0.9, 0.995. */
    public static final Ivon SHORT_RUN = new Ivon(0.9, 0.995);
  }

  private final UpdateRule rule;
  private final LearningRate learningRate;
  private long steps;

  private Optimizer(UpdateRule rule, LearningRate learningRate) {
    this.rule = rule;
    this.learningRate = learningRate;
  }

  /**
   * An optimiser before its first step.
   *
   * @param rule with its coefficients
   * @param learningRate η of each step
   */
  public static Optimizer of(Rule rule, LearningRate learningRate) {
    return new Optimizer(rule.updateRule(), learningRate);
  }

  /** The rule's name and coefficients; those of the last step begun. */
  public UpdateRule rule() {
    return rule;
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
