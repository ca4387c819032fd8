/** Networks as sequences of layers, and the networks of the papers. */
package io.github.bmr4j.models.network;
