/** Optimisers and their schedules. */
package io.github.bmr4j.engine.optim;
