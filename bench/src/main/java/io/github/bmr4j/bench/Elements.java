package io.github.bmr4j.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Elements worked on; with an average-time benchmark the secondary result is time an element. */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Elements {

  /** How many. JMH sets it back to 0 before each iteration. */
  public long elements;
}
