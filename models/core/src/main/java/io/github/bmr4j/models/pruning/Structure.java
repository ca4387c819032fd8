package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.distribution.LogUniform;
import io.github.bmr4j.engine.distribution.TruncatedLogNormal;

/**
 * A unit, filter or feature, with what a {@link StructureRule} may decide by.
 *
 * @param layer its layer's name
 * @param index in the layer
 * @param posterior of its noise θ
 * @param prior of θ
 * @param weightNorm Euclidean norm of the weights that lead to it, without the bias
 * @param gradientWeightedNorm the same of each weight times its average gradient, up to one factor
 *     for all structures
 */
public record Structure(
    String layer,
    int index,
    TruncatedLogNormal posterior,
    LogUniform prior,
    double weightNorm,
    double gradientWeightedNorm) {}
