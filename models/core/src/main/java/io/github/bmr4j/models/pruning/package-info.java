/** What leaves the model: rules on evidence, masks, decisions, and what follows from them. */
package io.github.bmr4j.models.pruning;
