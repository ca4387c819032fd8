/** What pruning has left, as a smaller network that only predicts. */
package io.github.bmr4j.models.compact;
