/**
 * Layers: what they compute and which parameters they need. A new layer implements {@link
 * io.github.bmr4j.models.layer.Layer}.
 */
package io.github.bmr4j.models.layer;
