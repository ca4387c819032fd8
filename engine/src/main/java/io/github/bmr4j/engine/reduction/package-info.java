/**
 * Bayesian model reduction as pure functions of posterior, prior and reduced prior, in double
 * precision. What belongs here: ΔF, the reduced posterior and the derivatives of a family
 * (mean-field, full-covariance and matrix-normal Gaussians, Normal–Gamma, truncated log-normal
 * under log-uniform), and what turns evidence into probabilities of inclusion. What does not: which
 * weights a network may lose and when; that is the business of the pruning package of the models.
 *
 * <p>The sign everywhere: ΔF = ln p̃(D) − ln p(D) = ln E_q[p̃(θ)/p(θ)], in nats; larger speaks for
 * the reduced, sparser model.
 */
package io.github.bmr4j.engine.reduction;
