package io.github.bmr4j.bench.peers;

import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;

/** Runs a ceiling's share on each of several threads at once, the caller's included. */
final class EachThread implements Runnable, AutoCloseable {

  private final Runnable mine;
  private final CyclicBarrier barrier;

  EachThread(int threads, String kind) {
    mine = Ceilings.share(kind);
    barrier = new CyclicBarrier(threads);
    for (int i = 1; i < threads; i++) {
      Runnable share = Ceilings.share(kind);
      Thread.ofPlatform().daemon().start(() -> repeat(share));
    }
  }

  private void repeat(Runnable share) {
    while (meet()) {
      share.run();
      meet();
    }
  }

  @Override
  public void run() {
    meet();
    mine.run();
    meet();
  }

  /** Waits for the others; false once this was closed. */
  private boolean meet() {
    try {
      barrier.await();
      return true;
    } catch (BrokenBarrierException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Ends the threads. */
  @Override
  public void close() {
    barrier.reset();
  }
}
