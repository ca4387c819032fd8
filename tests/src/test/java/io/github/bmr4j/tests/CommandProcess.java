package io.github.bmr4j.tests;

import java.io.File;
import java.io.IOException;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The {@code bmr} command as users run it: a JVM of its own, on the module path or the class path.
 */
final class CommandProcess {

  private static final String MODULE = "io.github.bmr4j.cli";
  private static final String MAIN = MODULE + ".Main";
  private static final long PATIENCE_SECONDS = 180;

  /** What a process has said when it has ended. */
  record Ended(int code, String out, String err) {

    @Override
    public String toString() {
      return "exit code " + code + "\n--- standard output\n" + out + "\n--- standard error\n" + err;
    }
  }

  private final Process process;
  private final Path out;
  private final Path err;

  private CommandProcess(List<String> command) throws IOException {
    out = Files.createTempFile("bmr", ".out");
    err = Files.createTempFile("bmr", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    // What the developer has set for other programs must not reach this one.
    List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "BMR_DEBUG")
        .forEach(builder.environment()::remove);
    process = builder.start();
  }

  /** With the module path and no flag at all but the given ones. */
  static CommandProcess onModulePath(List<String> jvmOptions, String... arguments)
      throws IOException {
    List<String> command = words(jvmOptions);
    command.addAll(List.of("-p", path(), "-m", MODULE + "/" + MAIN));
    command.addAll(Arrays.asList(arguments));
    return new CommandProcess(command);
  }

  /** On the module path, where no file may become larger than some kilobytes. */
  static CommandProcess withFilesUpTo(int kilobytes, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    String limit = "ulimit -f " + kilobytes + "; exec \"$@\"";
    command.addAll(List.of("/bin/bash", "-c", limit, "bash"));
    command.addAll(words(List.of("-XX:-UsePerfData", "-Xshare:auto")));
    command.addAll(List.of("-p", path(), "-m", MODULE + "/" + MAIN));
    command.addAll(Arrays.asList(arguments));
    return new CommandProcess(command);
  }

  /** With the class path. */
  static CommandProcess onClassPath(List<String> jvmOptions, String... arguments)
      throws IOException {
    List<String> command = words(jvmOptions);
    command.addAll(List.of("-cp", path(), MAIN));
    command.addAll(Arrays.asList(arguments));
    return new CommandProcess(command);
  }

  /** Another program of this JVM. */
  static CommandProcess java(List<String> arguments) throws IOException {
    return of(words(arguments));
  }

  /** Any program. */
  static CommandProcess of(List<String> command) throws IOException {
    return new CommandProcess(command);
  }

  private static List<String> words(List<String> jvmOptions) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmOptions);
    return command;
  }

  /** Of this project's modules that a program embeds. */
  static String library() {
    return path("io.github.bmr4j.kernels", "io.github.bmr4j.engine", "io.github.bmr4j.models");
  }

  /** Of the engine and what it needs. */
  static String engine() {
    return path("io.github.bmr4j.kernels", "io.github.bmr4j.engine");
  }

  /** Of this project's modules and picocli, as this JVM has them. */
  private static String path() {
    return path("io.github.bmr4j.", "info.picocli");
  }

  private static String path(String... prefixes) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> isModule(entry, prefixes))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static boolean isModule(String entry, String... prefixes) {
    try {
      return !entry.isEmpty()
          && ModuleFinder.of(Path.of(entry)).findAll().stream()
              .map(module -> module.descriptor().name())
              .anyMatch(name -> Arrays.stream(prefixes).anyMatch(name::startsWith));
    } catch (FindException noModule) {
      return false;
    }
  }

  /** Waits for its end. */
  Ended end() throws IOException, InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new AssertionError("It did not end: " + Files.readString(err));
    }
    Ended ended = new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    Files.delete(out);
    Files.delete(err);
    return ended;
  }

  /** Waits until it has said something on standard error. */
  void awaitError(String expected) throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (!Files.readString(err).contains(expected)) {
      boolean late = System.nanoTime() - start > TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      if (late || !process.isAlive()) {
        throw new AssertionError("It did not say \"" + expected + "\": " + Files.readString(err));
      }
      Thread.sleep(20);
    }
  }

  /** Waits until it has written a file. */
  void awaitFile(Path file) throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (!Files.exists(file)) {
      boolean late = System.nanoTime() - start > TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      if (late || !process.isAlive()) {
        throw new AssertionError("It did not write " + file + ": " + Files.readString(err));
      }
      Thread.sleep(5);
    }
  }

  /**
   * Ends it at once, as SIGKILL does, unless it has ended before.
   *
   * @param milliseconds how long to let it live
   * @return whether it was killed
   */
  boolean killAfter(long milliseconds) throws InterruptedException {
    if (process.waitFor(milliseconds, TimeUnit.MILLISECONDS)) {
      return false;
    }
    process.destroyForcibly().waitFor();
    return true;
  }

  /** Asks it to end, as Ctrl-C does. */
  void interrupt() {
    process.destroy();
  }
}
