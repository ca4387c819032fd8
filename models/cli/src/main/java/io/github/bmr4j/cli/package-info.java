/** The commands of {@code bmr} and how they talk to a terminal. */
package io.github.bmr4j.cli;
