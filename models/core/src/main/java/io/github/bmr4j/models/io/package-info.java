/** Reading and writing checkpoints, posteriors and arrays. */
package io.github.bmr4j.models.io;
