/** Layers of a network, deterministic and Bayesian. */
package io.github.bmr4j.models.layer;
