/** Priors and posteriors over weights, with their densities and divergences in nats. */
package io.github.bmr4j.engine.distribution;
