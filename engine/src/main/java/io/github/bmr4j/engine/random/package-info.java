/** Counter-based random streams: a draw is a function of seed, stream, step and index. */
package io.github.bmr4j.engine.random;
