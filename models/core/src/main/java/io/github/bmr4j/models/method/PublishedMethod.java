package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.pruning.HorseshoeShrinkage;

/**
 * The methods that Marković, Friston and Kiebel (IEEE Access 2024) compare, with the settings of
 * their code. All are {@link StochasticBmr} with another model, learning rate or rule; those that
 * do not prune train for as many steps as the others do after their warm-up.
 */
public enum PublishedMethod {
  /** The mode of the flat model's posterior, trained with dropout. */
  FLAT_MAP,
  /** The flat model by stochastic variational inference, fully factorised. */
  FLAT_FF,
  /** The same with a regularised horseshoe prior. */
  TIERED_FF,
  /** The flat model, from which weights leave by spike-and-slab model reduction. */
  STOCHASTIC_BMR,
  /** The flat model, whose units shrink by model reduction towards a regularised horseshoe. */
  BMR_RHS;

  /** Probability with which training of {@link #FLAT_MAP} drops an activation. */
  public static final double DROPOUT = 0.2;

  /** Model, schedule and settings. */
  public StochasticBmr.Config config() {
    StochasticBmr.Config published = StochasticBmr.Config.PUBLISHED;
    return switch (this) {
      case FLAT_MAP ->
          withoutPruning(published)
              .withModel(FlatModel.Config.PUBLISHED.withPosterior(Latent.Posterior.POINT))
              .withLearningRate(1e-3)
              .withSamples(1, 1);
      case FLAT_FF -> withoutPruning(published).withLearningRate(5e-3);
      case TIERED_FF ->
          withoutPruning(published)
              .withModel(HorseshoeModel.Config.PUBLISHED)
              .withLearningRate(5e-3);
      case STOCHASTIC_BMR -> published;
      case BMR_RHS -> published.withRule(HorseshoeShrinkage.PUBLISHED);
    };
  }

  private static StochasticBmr.Config withoutPruning(StochasticBmr.Config published) {
    return published.withSchedule(
        published.rounds() * published.stepsPerRound(), 0, published.stepsPerRound());
  }

  /** Whether it prunes. */
  public boolean prunes() {
    return config().rounds() > 0;
  }

  /** A network as this method trains it: with dropout or without. */
  public Network prepare(Network network) {
    boolean drops = this == FLAT_MAP && !network.name().equals("mixer");
    return drops ? Networks.withDropout(network, DROPOUT) : network;
  }
}
