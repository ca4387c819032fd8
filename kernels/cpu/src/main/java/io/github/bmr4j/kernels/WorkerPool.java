package io.github.bmr4j.kernels;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * A handful of threads that share the independent parts of one task, for work that lasts
 * microseconds.
 *
 * <p>The parts are cut into as many runs as there are threads. Each thread claims the parts of its
 * own run by compare-and-set, then helps with the others' until none is left. So a thread meets,
 * call after call, the same stretch of memory, which its cache still holds; yet the caller never
 * waits for a thread that sleeps: it does the parts itself, and waits only for parts that others
 * have claimed. Idle threads spin for some tens of microseconds, then park.
 *
 * <p>In the end it is left to chance which thread does which part. So a task must give the same
 * result for each part whoever does it, and must not let its result depend on how it was cut; then
 * results do not depend on the number of threads.
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

  /** Distance of the runs' words in {@link #runs}: two cache lines, which are fetched in pairs. */
  private static final int SPACING = 16;

  private final Worker[] workers;
  private final boolean[] parked;

  /** For each run one word. High half: where it ends; low half: its next part to claim. */
  private final AtomicLongArray runs;

  private final AtomicInteger completed = new AtomicInteger();
  private final AtomicInteger sleepers = new AtomicInteger();

  /** Written before {@link #runs}, read after a part was claimed from there. */
  private Task task;

  /** Number of the task, raised when all its runs can be claimed from; what idle threads watch. */
  private volatile int published;

  private volatile Throwable failure;
  private volatile boolean closed;
  private boolean running;

  /** A thread that knows its number: 0 is the caller's. */
  private final class Worker extends Thread {
    final int number;

    Worker(int number) {
      super("bmr4j-worker-" + number);
      this.number = number;
      setDaemon(true);
    }

    WorkerPool pool() {
      return WorkerPool.this;
    }

    @Override
    public void run() {
      work(number);
    }
  }

  /**
   * @param threads number of threads that compute, the caller's included; at least 1
   */
  WorkerPool(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("A pool needs at least 1 thread, but got " + threads);
    }
    workers = new Worker[threads - 1];
    parked = new boolean[threads];
    runs = new AtomicLongArray((threads + 1) * SPACING);
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
      workers[i].start();
    }
  }

  /** Number of threads that compute, the caller's included. */
  int threads() {
    return workers.length + 1;
  }

  /**
   * Number of the thread that asks, from within a part: 0 for the caller, 1 … {@code threads() - 1}
   * for the others. No two parts that run at the same time see the same number, so scratch memory
   * can be kept by it.
   */
  int worker() {
    return Thread.currentThread() instanceof Worker worker && worker.pool() == this
        ? worker.number
        : 0;
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
    publish(parts, task);
    claimAll(0);
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

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the holder of the monitor writes it
  private void publish(int parts, Task task) {
    this.task = task;
    completed.set(0);
    int threads = threads();
    for (int run = 0; run < threads; run++) {
      long from = (long) parts * run / threads;
      long to = (long) parts * (run + 1) / threads;
      runs.set((run + 1) * SPACING, to << 32 | from);
    }
    published++;
    if (sleepers.get() > 0) {
      wake(parts - 1);
    }
  }

  /** Does what can be claimed: first of the thread's own run, then of the others'. */
  private void claimAll(int number) {
    int threads = threads();
    for (int i = 0; i < threads; i++) {
      int run = number + i < threads ? number + i : number + i - threads;
      while (doPart((run + 1) * SPACING)) {}
    }
  }

  /** Claims one part of a run and does it; false if there was none. */
  private boolean doPart(int word) {
    long seen;
    do {
      seen = runs.get(word);
      if ((int) seen >= (int) (seen >>> 32)) {
        return false;
      }
      // If a later task's word equals what was seen, then this claims a part of that task: as good.
    } while (!runs.compareAndSet(word, seen, seen + 1));
    try {
      task.run((int) seen);
    } catch (Throwable thrown) {
      failure = thrown;
    }
    completed.getAndIncrement();
    return true;
  }

  private void work(int number) {
    int done = 0;
    int spins = 0;
    while (!closed) {
      int seen = published;
      if (seen != done) {
        // Runs published after this was read raise the number again, so none is missed.
        claimAll(number);
        done = seen;
        spins = 0;
      } else if (++spins < SPINS) {
        Thread.onSpinWait();
      } else {
        park(number, done);
        spins = 0;
      }
    }
  }

  private void park(int number, int done) {
    synchronized (parked) {
      parked[number] = true;
      sleepers.getAndIncrement();
    }
    // Work published before the count above was raised is seen here; later work wakes this thread.
    if (published == done && !closed) {
      LockSupport.park(this);
    }
    synchronized (parked) {
      if (parked[number]) {
        parked[number] = false;
        sleepers.getAndDecrement();
      }
    }
  }

  private void wake(int most) {
    synchronized (parked) {
      int left = most;
      for (int i = 0; i < workers.length && left > 0; i++) {
        if (parked[i + 1]) {
          parked[i + 1] = false;
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
