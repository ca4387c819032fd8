/** Data sets and their batches. */
package io.github.bmr4j.models.data;
