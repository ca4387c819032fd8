package io.github.bmr4j.bench.peers;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What Linux's scheduler says of all threads of a process, in nanoseconds: time on a processor, and
 * time ready to run but waiting for one. Exact only while the process sleeps.
 *
 * @param running on a processor
 * @param waiting in a run queue
 */
record SchedulerTimes(long running, long waiting) {

  /** Whether this system tells them. */
  static boolean known() {
    return Files.isReadable(Path.of("/proc/self/schedstat"));
  }

  /** As they are now, or zeros where the system does not tell. */
  static SchedulerTimes of(long pid) {
    long running = 0;
    long waiting = 0;
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path thread : threads) {
        String[] numbers = Files.readString(thread.resolve("schedstat")).split(" ", 3);
        running += Long.parseLong(numbers[0]);
        waiting += Long.parseLong(numbers[1]);
      }
    } catch (IOException e) {
      // A thread has ended meanwhile, or this is not Linux.
      return new SchedulerTimes(running, waiting);
    }
    return new SchedulerTimes(running, waiting);
  }
}
