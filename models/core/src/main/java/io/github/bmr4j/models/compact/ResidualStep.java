package io.github.bmr4j.models.compact;

import io.github.bmr4j.models.layer.Residual;
import java.util.List;

/** Two branches from one value whose results are added up: their units are the same. */
final class ResidualStep extends UnitStep {

  private final List<UnitStep> branch;
  private final List<UnitStep> shortcut;
  private final UnitPlace computed;

  private ResidualStep(
      List<UnitStep> branch,
      List<UnitStep> shortcut,
      UnitPlace computed,
      UnitPlace in,
      UnitPlace out) {
    super(in, out);
    this.branch = branch;
    this.shortcut = shortcut;
    this.computed = computed;
  }

  /**
   * @param branch steps of the layers beside the shortcut
   * @param shortcut steps of the other way; none if it is the value itself
   * @param in what both take
   */
  static ResidualStep of(List<UnitStep> branch, List<UnitStep> shortcut, UnitPlace in) {
    UnitPlace computed = branch.getLast().out();
    UnitPlace skipped = shortcut.isEmpty() ? in : shortcut.getLast().out();
    computed.group().join(skipped.group());
    UnitPlace out = UnitPlace.varying(computed.shape(), computed.group());
    for (int i = 0; i < out.constant().length; i++) {
      out.constant()[i] = computed.constant()[i] && skipped.constant()[i];
      out.values()[i] = computed.values()[i] + skipped.values()[i];
    }
    return new ResidualStep(branch, shortcut, computed, in, out);
  }

  @Override
  boolean keepNeeded() {
    boolean news = false;
    for (UnitStep step : branch.reversed()) {
      news |= step.keepNeeded();
    }
    for (UnitStep step : shortcut.reversed()) {
      news |= step.keepNeeded();
    }
    return news;
  }

  /** A branch that adds nothing leaves as a whole. */
  @Override
  void append(CompactBuilder builder) {
    CompactBuilder inner = builder.inner();
    CompactBuilder other = builder.inner();
    if (!isZero()) {
      append(branch, inner);
    }
    append(shortcut, other);
    if (isZero()) {
      other.layers().forEach(builder::add);
    } else {
      builder.requireNoneWaiting("a skip connection");
      builder.add(new Residual(inner.layers(), other.layers()));
    }
  }

  private boolean isZero() {
    for (int i = 0; i < computed.constant().length; i++) {
      if (!computed.isZero(i)) {
        return false;
      }
    }
    return true;
  }

  private static void append(List<UnitStep> steps, CompactBuilder builder) {
    steps.forEach(step -> step.append(builder));
    builder.requireNoneWaiting("the sum of a skip connection");
  }

  /** The steps inside. */
  void collect(List<UnitStep> all) {
    all.addAll(branch);
    all.addAll(shortcut);
  }
}
