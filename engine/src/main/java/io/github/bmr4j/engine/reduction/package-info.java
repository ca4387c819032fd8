/** Bayesian model reduction as pure functions of posterior, prior and reduced prior. */
package io.github.bmr4j.engine.reduction;
