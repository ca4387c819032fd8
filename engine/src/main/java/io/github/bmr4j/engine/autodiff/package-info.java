/**
 * Operations with their pullbacks, and the graph that runs them over memory planned once.
 *
 * <p>A new operation is one subclass of {@link io.github.bmr4j.engine.autodiff.Node}: its shape
 * rule in the constructor, {@code forward}, and {@code pullback} beside it; and one case in {@code
 * OperationsTest}, which fails until there is one.
 */
package io.github.bmr4j.engine.autodiff;
