/** Variational inference: fitting a posterior by maximising the ELBO. */
package io.github.bmr4j.engine.inference;
