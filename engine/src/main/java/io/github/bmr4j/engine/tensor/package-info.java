/** Shapes and slices of {@code float[]}, row-major. */
package io.github.bmr4j.engine.tensor;
