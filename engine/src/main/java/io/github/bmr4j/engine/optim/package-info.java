/** First-order optimisers and learning-rate schedules. */
package io.github.bmr4j.engine.optim;
