/**
 * Priors and posteriors over scalars as records in double precision: densities, moments, entropies
 * and Kullback–Leibler divergences in nats, and the special functions that they need. A
 * distribution here holds no tensors and draws no samples; variational families over whole weight
 * tensors belong to the inference package, and reductions of a posterior under another prior to the
 * reduction package.
 */
package io.github.bmr4j.engine.distribution;
