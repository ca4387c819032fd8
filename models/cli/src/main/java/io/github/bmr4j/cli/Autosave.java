package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.method.Checkpoints;
import io.github.bmr4j.models.method.Resumable;
import io.github.bmr4j.models.network.Network;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Saves a run from time to time and when the process is asked to end (Ctrl-C, SIGTERM), and brings
 * back a saved one. The first checkpoint is written before the first step: so a full disk is found
 * out before there is work to lose. When the run has ended well, its checkpoint is removed.
 */
final class Autosave implements AutoCloseable {

  /** Name of the file in the folder of results. */
  static final String FILE = "checkpoint.safetensors";

  private static final String SUFFIX = ".safetensors";

  /** Where an unfinished run's checkpoint is kept when another run begins in its folder. */
  private static final String PREVIOUS = ".previous" + SUFFIX;

  private static final Pattern PLAIN = Pattern.compile("[\\w@%+=:,./-]+");

  private final Resumable run;
  private final Path file;
  private final Map<String, String> settings;
  private final long interval;
  private final PrintWriter err;
  private final String command;
  private long due;
  private long savedSteps;
  private boolean warned;
  private boolean rested;
  private boolean finished;

  /** Begins to guard a run as the command's options say. */
  @FunctionalInterface
  interface Starter {

    /**
     * Begins; see {@link Autosave#start}.
     *
     * @param run that has not started
     * @param folder of results
     * @param settings what must be the same besides the run's own
     */
    void start(Resumable run, ResultFolder folder, Map<String, String> settings);
  }

  private Autosave(
      Resumable run,
      Path file,
      Map<String, String> settings,
      long interval,
      PrintWriter err,
      String command) {
    this.run = run;
    this.file = file;
    this.settings = settings;
    this.interval = interval;
    this.err = err;
    this.command = command;
  }

  /**
   * Begins to guard the only run of a command, until its folder is closed; see {@link #start(int,
   * Resumable, ResultFolder, CheckpointOptions, CommandSpec, Map)}.
   */
  static void start(
      Resumable run,
      ResultFolder folder,
      CheckpointOptions options,
      CommandSpec spec,
      Map<String, String> settings) {
    start(0, run, folder, options, spec, settings);
  }

  /**
   * Begins to guard a run that has not started, until its folder is closed.
   *
   * @param number of the run, where a command does several; from 0
   * @param run to save, or to bring to where it was
   * @param folder of results
   * @param options how often, and whether to resume
   * @param spec of the command, for messages
   * @param settings what must be the same besides the run's own
   * @return what guards it
   * @throws InputException if there is nothing fit to resume, or no checkpoint can be written
   */
  static Autosave start(
      int number,
      Resumable run,
      ResultFolder folder,
      CheckpointOptions options,
      CommandSpec spec,
      Map<String, String> settings) {
    Autosave autosave =
        new Autosave(
            run,
            folder.file(file(number)),
            settings,
            options.interval(spec).toNanos(),
            spec.commandLine().getErr(),
            command(spec));
    try {
      if (options.resume()) {
        folder.removeLeftovers();
        autosave.resume(number == 0);
      } else if (number == 0) {
        autosave.keepOthers();
      }
      autosave.save();
    } catch (IOException failure) {
      throw new InputException("--out: no checkpoint: " + Failures.message(failure), failure);
    }
    run.afterStep(autosave::stepped);
    folder.guard(autosave);
    return autosave;
  }

  private static String file(int number) {
    return number == 0 ? FILE : "checkpoint." + (number + 1) + SUFFIX;
  }

  /** What a run depends on besides its own settings, as every run by this command has it. */
  static Map<String, String> settings(Split split, Network network, Backend backend) {
    Map<String, String> settings = new TreeMap<>();
    settings.put("data", split.train().name());
    settings.put("data_sha256", Json.write(ResultJson.digests(split)));
    settings.put("training_examples", Integer.toString(split.train().size()));
    settings.put("network", network.name() + " with " + network.parameterCount() + " weights");
    settings.put("backend", backend.name());
    return settings;
  }

  private void resume(boolean first) throws IOException {
    if (!Files.exists(file)) {
      if (first) {
        say(
            "There is no checkpoint in "
                + file.getParent()
                + "; the run starts from the beginning.");
      }
      return;
    }
    Checkpoints.resume(file, run, settings);
    say("Going on after step " + Numbers.count(run.steps()) + ".");
  }

  private void keepOthers() throws IOException {
    try (DirectoryStream<Path> others =
        Files.newDirectoryStream(file.getParent(), "checkpoint*" + SUFFIX)) {
      for (Path other : others) {
        String name = other.getFileName().toString();
        if (!name.endsWith(PREVIOUS)) {
          Path previous = other.resolveSibling(name.replace(SUFFIX, PREVIOUS));
          Files.move(other, previous, StandardCopyOption.ATOMIC_MOVE);
          say("The checkpoint of an unfinished run in this folder is now " + previous + ".");
        }
      }
    }
  }

  private void save() throws IOException {
    Checkpoints.save(file, run, settings);
    savedSteps = run.steps();
    due = System.nanoTime() + interval;
  }

  private void stepped() {
    if (interval == 0 || System.nanoTime() - due < 0) {
      return;
    }
    try {
      save();
      warned = false;
    } catch (IOException failure) {
      due = System.nanoTime() + interval;
      if (!warned) {
        say(
            "warning: no checkpoint could be written ("
                + Failures.message(failure)
                + "); the one of step "
                + Numbers.count(savedSteps)
                + " is kept, and the run goes on.");
        warned = true;
      }
    }
  }

  /** On the JVM's way out; the run may take some more steps meanwhile, which are not saved. */
  void saveInterrupted() {
    run.lock().lock();
    try {
      if (!finished && !rested) {
        save();
      }
    } catch (IOException | RuntimeException failure) {
      say("The run could not be saved: " + Failures.message(failure));
    } finally {
      run.lock().unlock();
    }
  }

  /** What is left of an interrupted run; when no results are being put into place any more. */
  void tellInterrupted() {
    say(
        finished
            ? "Interrupted when all was done; the results are in " + file.getParent() + "."
            : "Interrupted; saved is step " + Numbers.count(savedSteps) + ". To go on: " + command);
  }

  /**
   * The run has ended, and others of the command follow: its last state is kept until the results
   * are written.
   */
  void rest() throws IOException {
    run.lock().lock();
    try {
      save();
      rested = true;
    } finally {
      run.lock().unlock();
    }
  }

  /** The results are written; the checkpoint is of no more use. */
  void finish() throws IOException {
    run.lock().lock();
    try {
      finished = true;
      Files.deleteIfExists(file);
    } finally {
      run.lock().unlock();
    }
  }

  /** After a failure, says what is left. */
  @Override
  public void close() {
    if (finished || rested) {
      return;
    }
    try {
      if (savedSteps == 0) {
        Files.deleteIfExists(file);
      } else {
        say("The checkpoint of step " + Numbers.count(savedSteps) + " is kept: " + file);
      }
    } catch (IOException failure) {
      say("warning: " + Failures.message(failure));
    }
  }

  private void say(String line) {
    err.println("bmr: " + line);
    err.flush();
  }

  /** The command line, for a shell, with {@code --resume}. */
  private static String command(CommandSpec spec) {
    List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
    String typed =
        arguments.stream()
            .filter(argument -> !argument.equals("--resume"))
            .map(Autosave::quoted)
            .collect(Collectors.joining(" "));
    return "bmr " + typed + " --resume";
  }

  private static String quoted(String argument) {
    return PLAIN.matcher(argument).matches()
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }
}
