package io.github.bmr4j.bench.peers;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.models.io.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** This library as a contender: what bench/peers/python/contender.py is for the others. */
final class JavaContender {

  private static final CompilationMXBean COMPILER = ManagementFactory.getCompilationMXBean();
  private static final int WARM_UP_ROUNDS = 25;
  private static final int QUIET_ROUNDS = 3;
  private static final long ROUND_NANOS = 400_000_000L;
  private static final double SAMPLE_NANOS = 4e7;

  private final JavaWorkloads workloads;
  private Runnable call;

  private JavaContender(Backend backend, int threads) {
    workloads = new JavaWorkloads(backend, threads);
  }

  /**
   * Serves until the input ends.
   *
   * @param arguments the number of threads
   * @throws IOException if the input cannot be read
   */
  public static void main(String[] arguments) throws IOException {
    int threads = Integer.parseInt(arguments[0]);
    try (Backend backend = Backends.open("simd", threads);
        BufferedReader requests =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      System.out.println(Json.write(Map.of("ready", backend.describe())));
      JavaContender contender = new JavaContender(backend, threads);
      for (String line = requests.readLine(); line != null; line = requests.readLine()) {
        Map<?, ?> request = (Map<?, ?>) Json.parse(line, "request");
        System.out.println(Json.write(contender.answer(request)));
      }
    }
  }

  private Map<String, Object> answer(Map<?, ?> request) {
    if (request.get("sample") instanceof Number calls) {
      return Map.of("seconds", 1e-9 * run(calls.intValue()));
    }
    if (call instanceof EachThread threads) {
      threads.close();
    }
    call = null;
    call = workloads.make((Map<?, ?>) request.get("prepare"));
    return call == null
        ? Map.of("unsupported", "not written for this contender")
        : Map.of("calls", warmUp());
  }

  /**
   * Runs until the JIT compiler has had nothing to do for a while, at most {@value #WARM_UP_ROUNDS}
   * times; returns how many calls fill a sample.
   */
  private int warmUp() {
    int quiet = 0;
    for (int round = 0; round < WARM_UP_ROUNDS && quiet < QUIET_ROUNDS; round++) {
      long compiled = COMPILER.getTotalCompilationTime();
      long end = System.nanoTime() + ROUND_NANOS;
      do {
        call.run();
      } while (System.nanoTime() < end);
      quiet = COMPILER.getTotalCompilationTime() == compiled ? quiet + 1 : 0;
    }
    long fastest = Math.min(run(1), Math.min(run(1), run(1)));
    return Math.max(1, (int) (SAMPLE_NANOS / fastest));
  }

  private long run(int calls) {
    long start = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      call.run();
    }
    return System.nanoTime() - start;
  }
}
