package io.github.bmr4j.models.compact;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Units that several values of a network have in common, and that therefore stay or leave in all of
 * them: the filters of a convolution through its normalisation, activation and pooling; the
 * channels of everything that is added up along a skip connection. Which of them stay is found in
 * {@link StructureCompaction}.
 */
final class UnitGroup {

  private final int count;

  /** The group that was joined with this one and now speaks for both; itself if none was. */
  private UnitGroup representative = this;

  private final boolean[] kept;

  /** Where each unit of this group is {@code area} elements of one unit, that one's group. */
  private final UnitGroup source;

  private final int area;

  /**
   * @param count of units
   */
  UnitGroup(int count) {
    this(count, null, 1);
  }

  private UnitGroup(int count, UnitGroup source, int area) {
    this.count = count;
    this.source = source;
    this.area = area;
    this.kept = new boolean[count];
  }

  /** The elements of this group's units, one after the other. */
  UnitGroup flattened(int elements) {
    return elements == 1 ? this : new UnitGroup(count * elements, this, elements);
  }

  /** Number of units. */
  int count() {
    return count;
  }

  /** From now on this group and the other one are the same. */
  void join(UnitGroup other) {
    UnitGroup mine = find();
    UnitGroup theirs = other.find();
    if (mine == theirs) {
      return;
    }
    if (mine.count != theirs.count || mine.source != null || theirs.source != null) {
      throw new IllegalArgumentException(
          "Values of "
              + mine.count
              + " and "
              + theirs.count
              + " units are added up; only whole layers of the same size can be compacted together");
    }
    theirs.representative = mine;
    for (int i = 0; i < count; i++) {
      mine.kept[i] |= theirs.kept[i];
    }
  }

  private UnitGroup find() {
    return representative == this ? this : representative.find();
  }

  /**
   * Keeps a unit.
   *
   * @return whether it was to leave so far
   */
  boolean keep(int unit) {
    UnitGroup group = find();
    if (group.source != null) {
      return group.source.keep(unit / group.area);
    }
    boolean news = !group.kept[unit];
    group.kept[unit] = true;
    return news;
  }

  /** Keeps all units; whether one of them was to leave so far. */
  boolean keepAll() {
    boolean news = false;
    for (int i = 0; i < count; i++) {
      news |= keep(i);
    }
    return news;
  }

  /** Whether a unit stays. */
  boolean isKept(int unit) {
    UnitGroup group = find();
    return group.source == null ? group.kept[unit] : group.source.isKept(unit / group.area);
  }

  /** The units that stay, ascending. */
  int[] kept() {
    List<Integer> units = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (isKept(i)) {
        units.add(i);
      }
    }
    return units.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Keeps further units, from the first on, until their number is a multiple, or all stay; at least
   * one stays.
   */
  void fill(int multiple) {
    UnitGroup group = find();
    if (group.source != null) {
      group.source.fill(multiple);
      return;
    }
    int stay = LayerUnits.count(group.kept);
    int wanted = Math.max(multiple, Math.ceilDiv(stay, multiple) * multiple);
    for (int i = 0; i < count && stay < wanted; i++) {
      stay += keep(i) ? 1 : 0;
    }
  }

  @Override
  public String toString() {
    return "UnitGroup" + Arrays.toString(kept());
  }
}
