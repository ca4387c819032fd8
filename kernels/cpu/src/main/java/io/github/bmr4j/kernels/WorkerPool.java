package io.github.bmr4j.kernels;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A handful of threads that share the independent parts of one task, for work that lasts
 * microseconds.
 *
 * <p>A caller publishes a task with a number of parts in one volatile word; whoever is awake, the
 * caller included, claims parts from it by compare-and-set until none is left. The caller never
 * waits for a thread that sleeps: it does the parts itself, and waits only for parts that others
 * have claimed. Idle threads spin for some microseconds, then park.
 *
 * <p>Which thread does which part is left to chance. So a task must give the same result for each
 * part whoever does it, and must choose its parts by the size of the problem alone; then results do
 * not depend on the number of threads.
 *
 * <p>Kernels keep one reusable task object each and fill it in while they hold this pool's monitor,
 * so that a call allocates nothing and concurrent callers queue up:
 *
 * <pre>
 * synchronized (pool) {
 *   task.x = x;
 *   pool.run(parts, task);
 * }
 * </pre>
 */
final class WorkerPool implements AutoCloseable {

  /** Work that falls into independent parts. */
  interface Task {

    /** Does part {@code part}, from 0. */
    void run(int part);
  }

  /** Spins before a worker parks: some tens of microseconds on current machines. */
  private static final int SPINS = 4_000;

  /** Spins of the caller before it lets others have its core while it waits for the last part. */
  private static final int SPINS_BEFORE_YIELD = 2_000;

  private final Thread[] workers;
  private final boolean[] parked;

  /** High half: number of parts; low half: next part to claim. */
  private final AtomicLong work = new AtomicLong();

  private final AtomicInteger completed = new AtomicInteger();
  private final AtomicInteger sleepers = new AtomicInteger();

  /** Written before {@link #work}, read after a part of it was claimed. */
  private Task task;

  private volatile Throwable failure;
  private volatile boolean closed;
  private boolean running;

  /**
   * @param threads number of threads that compute, the caller's included; at least 1
   */
  WorkerPool(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("A pool needs at least 1 thread, but got " + threads);
    }
    workers = new Thread[threads - 1];
    parked = new boolean[workers.length];
    for (int i = 0; i < workers.length; i++) {
      int index = i;
      workers[i] = new Thread(() -> work(index), "bmr4j-worker-" + (i + 1));
      workers[i].setDaemon(true);
      workers[i].start();
    }
  }

  /** Number of threads that compute, the caller's included. */
  int threads() {
    return workers.length + 1;
  }

  /**
   * Runs all parts and returns when they are done. Must not be called from within a part.
   *
   * @param parts how many; 0 does nothing
   * @param task what to do
   * @throws IllegalStateException if the pool is closed
   */
  synchronized void run(int parts, Task task) {
    if (closed) {
      throw new IllegalStateException("The back end was closed; open a new one");
    }
    assert !running : "a part of a task may not run a task";
    if (parts == 0) {
      return;
    }
    if (parts == 1 || workers.length == 0) {
      for (int part = 0; part < parts; part++) {
        task.run(part);
      }
      return;
    }
    running = true;
    this.task = task;
    completed.setRelease(0);
    work.set((long) parts << 32);
    if (sleepers.get() > 0) {
      wake(parts - 1);
    }
    while (doPart()) {}
    int spins = 0;
    while (completed.getAcquire() < parts) {
      if (++spins < SPINS_BEFORE_YIELD) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
    this.task = null;
    running = false;
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      rethrow(thrown);
    }
  }

  /** Claims one part and does it; false if there was none. */
  private boolean doPart() {
    long seen;
    do {
      seen = work.get();
      if ((int) seen >= (int) (seen >>> 32)) {
        return false;
      }
    } while (!work.compareAndSet(seen, seen + 1));
    try {
      task.run((int) seen);
    } catch (Throwable thrown) {
      failure = thrown;
    }
    completed.getAndIncrement();
    return true;
  }

  private void work(int index) {
    int spins = 0;
    while (!closed) {
      if (doPart()) {
        spins = 0;
      } else if (++spins < SPINS) {
        Thread.onSpinWait();
      } else {
        park(index);
        spins = 0;
      }
    }
  }

  private void park(int index) {
    synchronized (parked) {
      parked[index] = true;
      sleepers.getAndIncrement();
    }
    // Work published before the count above was raised is seen here; later work wakes this thread.
    long seen = work.get();
    if ((int) seen >= (int) (seen >>> 32) && !closed) {
      LockSupport.park(this);
    }
    synchronized (parked) {
      if (parked[index]) {
        parked[index] = false;
        sleepers.getAndDecrement();
      }
    }
  }

  private void wake(int most) {
    synchronized (parked) {
      int left = most;
      for (int i = 0; i < workers.length && left > 0; i++) {
        if (parked[i]) {
          parked[i] = false;
          sleepers.getAndDecrement();
          LockSupport.unpark(workers[i]);
          left--;
        }
      }
    }
  }

  private static void rethrow(Throwable thrown) {
    switch (thrown) {
      case Error error -> throw error;
      case RuntimeException exception -> throw exception;
      default -> throw new IllegalStateException(thrown);
    }
  }

  /** Ends the worker threads and waits for them; safe to call twice. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    for (Thread worker : workers) {
      LockSupport.unpark(worker);
    }
    boolean interrupted = false;
    for (Thread worker : workers) {
      while (worker.isAlive()) {
        try {
          worker.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
