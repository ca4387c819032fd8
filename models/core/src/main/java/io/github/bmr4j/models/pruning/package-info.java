/** What to remove, and the certificate of what was removed. */
package io.github.bmr4j.models.pruning;
