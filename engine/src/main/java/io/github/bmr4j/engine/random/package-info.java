/** The streams of counter-based random numbers that a run draws from. */
package io.github.bmr4j.engine.random;
