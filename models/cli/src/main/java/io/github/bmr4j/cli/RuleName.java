package io.github.bmr4j.cli;

import io.github.bmr4j.models.pruning.AdaptiveSpikeAndSlab;
import io.github.bmr4j.models.pruning.EvidenceThreshold;
import io.github.bmr4j.models.pruning.PruningRule;
import io.github.bmr4j.models.pruning.StructureRule;
import java.util.List;
import java.util.stream.Stream;

/**
 * A rule as {@code --rule} names it: about weights or about structures.
 *
 * @param name as typed
 * @param weights null if it is about structures
 * @param structures null if it is about weights
 */
record RuleName(String name, PruningRule weights, StructureRule structures) {

  /** All rules. */
  static final List<RuleName> ALL =
      Stream.concat(
              Stream.of(
                      AdaptiveSpikeAndSlab.PUBLISHED,
                      EvidenceThreshold.ZERO,
                      AdaptiveSpikeAndSlab.COUNTING_REMOVED)
                  .map(rule -> new RuleName(rule.name(), rule, null)),
              StructureRule.published().stream().map(rule -> new RuleName(rule.name(), null, rule)))
          .toList();
}
