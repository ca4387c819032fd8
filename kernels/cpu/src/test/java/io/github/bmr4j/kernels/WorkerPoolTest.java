package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class WorkerPoolTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8})
  void everyPartRunsExactlyOnce(int threads) {
    int most = 37;
    int tasks = 100_000;
    AtomicIntegerArray times = new AtomicIntegerArray(most);
    WorkerPool.Task task = times::getAndIncrement;
    long[] expected = new long[most];
    try (WorkerPool pool = new WorkerPool(threads)) {
      for (int i = 0; i < tasks; i++) {
        int parts = (i * 7 + i / 64) % (most + 1);
        pool.run(parts, task);
        for (int part = 0; part < parts; part++) {
          expected[part]++;
        }
        if (i % 1000 == 0) {
          for (int part = 0; part < most; part++) {
            assertEquals(expected[part], times.get(part), "part " + part + " after task " + i);
          }
        }
      }
    }
    for (int part = 0; part < most; part++) {
      assertEquals(expected[part], times.get(part), "part " + part);
    }
  }

  @Test
  void whatPartsWroteIsSeenByTheCallerAndTheNextTask() {
    int[] plain = new int[64];
    try (WorkerPool pool = new WorkerPool(3)) {
      for (int i = 0; i < 20_000; i++) {
        // Reverses the order, so that other threads read than wrote.
        pool.run(32, part -> plain[63 - part] = plain[part] + 1);
        pool.run(32, part -> plain[31 - part] = plain[32 + part] + 1);
      }
    }
    for (int i = 0; i < 32; i++) {
      assertEquals(40_000, plain[i], "element " + i);
    }
  }

  @Test
  void sleepingWorkersWakeAndHelp() throws InterruptedException {
    try (WorkerPool pool = new WorkerPool(2)) {
      for (int i = 0; i < 20; i++) {
        LockSupport.parkNanos(5_000_000);
        CountDownLatch both = new CountDownLatch(2);
        Set<Integer> numbers = ConcurrentHashMap.newKeySet();
        // Either part waits for the other, so two threads must do them.
        pool.run(
            2,
            part -> {
              numbers.add(pool.worker());
              both.countDown();
              assertTrue(await(both), "the other thread never came");
            });
        assertEquals(Set.of(0, 1), numbers);
      }
    }
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void noTwoPartsAtATimeSeeTheSameWorkerNumber() {
    try (WorkerPool pool = new WorkerPool(4)) {
      AtomicIntegerArray inUse = new AtomicIntegerArray(4);
      AtomicInteger clashes = new AtomicInteger();
      for (int i = 0; i < 5_000; i++) {
        pool.run(
            16,
            part -> {
              int number = pool.worker();
              if (inUse.incrementAndGet(number) != 1) {
                clashes.incrementAndGet();
              }
              inUse.decrementAndGet(number);
            });
      }
      assertEquals(0, clashes.get());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void anExceptionReachesTheCallerAndThePoolStaysUsable(int threads) {
    try (WorkerPool pool = new WorkerPool(threads)) {
      for (int i = 0; i < 200; i++) {
        int bad = i % 8;
        IllegalStateException thrown = new IllegalStateException("part " + bad);
        assertSame(
            thrown,
            assertThrows(
                IllegalStateException.class,
                () ->
                    pool.run(
                        8,
                        part -> {
                          if (part == bad) {
                            throw thrown;
                          }
                        })));
        AtomicInteger done = new AtomicInteger();
        pool.run(8, part -> done.incrementAndGet());
        assertEquals(8, done.get());
      }
      assertThrows(
          AssertionError.class,
          () ->
              pool.run(
                  3,
                  part -> {
                    throw new AssertionError("errors, too");
                  }));
    }
  }

  @Test
  void concurrentCallersQueueUp() throws InterruptedException {
    try (WorkerPool pool = new WorkerPool(3)) {
      AtomicInteger inside = new AtomicInteger();
      AtomicInteger clashes = new AtomicInteger();
      AtomicInteger parts = new AtomicInteger();
      Thread[] callers = new Thread[4];
      for (int i = 0; i < callers.length; i++) {
        callers[i] =
            new Thread(
                () -> {
                  for (int n = 0; n < 2_000; n++) {
                    synchronized (pool) {
                      if (inside.incrementAndGet() != 1) {
                        clashes.incrementAndGet();
                      }
                      pool.run(5, part -> parts.incrementAndGet());
                      inside.decrementAndGet();
                    }
                  }
                });
        callers[i].start();
      }
      for (Thread caller : callers) {
        caller.join();
      }
      assertEquals(0, clashes.get());
      assertEquals(4 * 2_000 * 5, parts.get());
    }
  }

  @Test
  void closeEndsTheThreadsAndForbidsUse() {
    Set<Thread> seen = ConcurrentHashMap.newKeySet();
    WorkerPool pool = new WorkerPool(3);
    CountDownLatch all = new CountDownLatch(3);
    pool.run(
        3,
        part -> {
          seen.add(Thread.currentThread());
          all.countDown();
          await(all);
        });
    seen.remove(Thread.currentThread());
    assertEquals(2, seen.size());
    assertTimeoutPreemptively(Duration.ofSeconds(30), pool::close);
    for (Thread worker : seen) {
      assertTrue(!worker.isAlive(), worker.getName());
    }
    pool.close();
    assertThrows(IllegalStateException.class, () -> pool.run(1, part -> {}));
    assertThrows(IllegalStateException.class, () -> pool.run(0, part -> {}));
  }

  @Test
  void aPoolNeedsAThread() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> new WorkerPool(0));
    assertTrue(e.getMessage().contains("0"), e.getMessage());
  }
}
