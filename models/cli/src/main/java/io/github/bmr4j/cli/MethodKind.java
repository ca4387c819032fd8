package io.github.bmr4j.cli;

import io.github.bmr4j.models.method.PublishedMethod;

/** The methods that {@code bmr prune} trains and prunes by. */
enum MethodKind {
  /** Weights, by the evidence of each (Marković, Friston and Kiebel). */
  STOCHASTIC_BMR(PublishedMethod.STOCHASTIC_BMR),
  /** Units, which shrink towards a horseshoe prior. */
  BMR_RHS(PublishedMethod.BMR_RHS),
  /** Nothing: a posterior mode. */
  FLAT_MAP(PublishedMethod.FLAT_MAP),
  /** Nothing: a fully factorised posterior. */
  FLAT_FF(PublishedMethod.FLAT_FF),
  /** Nothing: a fully factorised posterior under a horseshoe prior. */
  TIERED_FF(PublishedMethod.TIERED_FF),
  /** Structures, by multiplicative noise (Wright, Igel and Selvan). */
  BMRS(null),
  /** Weights of a regression, by the variational free energy (Beckers et al.). */
  PRINCIPLED_PRUNING(null);

  private final PublishedMethod published;

  MethodKind(PublishedMethod published) {
    this.published = published;
  }

  /** What the paper of stochastic BMR compares under this name; null for other papers' methods. */
  PublishedMethod published() {
    return published;
  }

  /** Whether targets are classes; else they are real. */
  boolean isForClasses() {
    return this != PRINCIPLED_PRUNING;
  }
}
