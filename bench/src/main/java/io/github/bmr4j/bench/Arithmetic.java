package io.github.bmr4j.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Arithmetic done; with a throughput benchmark the secondary result is GFLOP/s. */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Arithmetic {

  /** Floating-point operations in units of 10⁹. JMH sets it back to 0 before each iteration. */
  public double gflop;
}
