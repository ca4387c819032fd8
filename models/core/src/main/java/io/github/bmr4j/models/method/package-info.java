/** The published methods, each as a model and a schedule over the engine. */
package io.github.bmr4j.models.method;
