/**
 * Approximate posteriors and how they are fitted: reparameterised stochastic variational inference.
 *
 * <p>A {@link io.github.bmr4j.engine.inference.Latent} holds variational parameters, its {@link
 * io.github.bmr4j.engine.inference.Draw} nodes put samples of it into a graph, and {@link
 * io.github.bmr4j.engine.inference.StochasticVariationalInference} does the steps.
 */
package io.github.bmr4j.engine.inference;
