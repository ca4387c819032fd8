package io.github.bmr4j.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Memory traffic; with a throughput benchmark the secondary result is GB/s. */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Traffic {

  /** Bytes in units of 10⁹. JMH sets it back to 0 before each iteration. */
  public double gigabytes;
}
