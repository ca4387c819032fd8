package io.github.bmr4j.bench.peers;

import io.github.bmr4j.models.io.Json;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A process that measures on request; see bench/peers/README.md for what is said. Its standard
 * error goes to a log.
 */
final class Contender implements AutoCloseable {

  /** Time for the process to go to sleep after its answer, so that the scheduler's times settle. */
  private static final long SETTLING_MILLIS = 3;

  /** Where OpenMP, MKL and OpenBLAS read how many threads to use. */
  private static final List<String> THREAD_VARIABLES =
      List.of("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS");

  private final String name;
  private final Process process;
  private final BufferedReader answers;
  private final BufferedWriter requests;
  private String version;
  private String missing;

  private Contender(String name, Process process) {
    this.name = name;
    this.process = process;
    this.answers = process.inputReader();
    this.requests = process.outputWriter();
  }

  /**
   * Starts a contender and waits until it is ready or says what is missing.
   *
   * @param name in the table
   * @param command that starts the process
   * @param threads that libraries may use
   * @param log to which its standard error is appended
   */
  static Contender start(String name, List<String> command, int threads, Path log)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    for (String variable : THREAD_VARIABLES) {
      builder.environment().put(variable, Integer.toString(threads));
    }
    Contender contender = new Contender(name, builder.start());
    Map<?, ?> answer = contender.read();
    contender.version = (String) answer.get("ready");
    contender.missing = contender.version == null ? String.valueOf(answer.get("missing")) : null;
    return contender;
  }

  String name() {
    return name;
  }

  /** What it is, with its version; null if it cannot run here. */
  String version() {
    return version;
  }

  /** Why it cannot run here; null if it can. */
  String missing() {
    return missing;
  }

  /** Readies a workload and warms it up; returns how many calls fill a sample, 0 if it cannot. */
  int prepare(Workload workload) throws IOException {
    Map<?, ?> answer = ask(Map.of("prepare", workload.request()));
    return answer.get("calls") instanceof Number calls ? calls.intValue() : 0;
  }

  /** Measures the prepared workload once. */
  void sample(int calls, Samples samples) throws IOException, InterruptedException {
    SchedulerTimes before = SchedulerTimes.of(process.pid());
    Map<?, ?> answer = ask(Map.of("sample", calls));
    if (!(answer.get("seconds") instanceof Number wall)) {
      throw new IOException(name + " failed while it measured: " + answer);
    }
    Thread.sleep(SETTLING_MILLIS);
    SchedulerTimes after = SchedulerTimes.of(process.pid());
    samples.add(
        calls,
        wall.doubleValue(),
        1e-9 * (after.running() - before.running()),
        1e-9 * (after.waiting() - before.waiting()));
  }

  private Map<?, ?> ask(Map<String, Object> request) throws IOException {
    requests.write(Json.write(request));
    requests.newLine();
    requests.flush();
    return read();
  }

  private Map<?, ?> read() throws IOException {
    String line = answers.readLine();
    return line == null
        ? Map.of("missing", "the process ended; its log says why")
        : (Map<?, ?>) Json.parse(line, name);
  }

  @Override
  public void close() throws IOException {
    requests.close();
    process.destroy();
  }
}
