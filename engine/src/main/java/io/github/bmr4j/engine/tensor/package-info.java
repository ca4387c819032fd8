/** Shapes, and handles on planned memory. */
package io.github.bmr4j.engine.tensor;
