/** Graphs of operations, each with its pullback beside it. */
package io.github.bmr4j.engine.autodiff;
