/** The published pruning methods and their baselines. */
package io.github.bmr4j.models.method;
