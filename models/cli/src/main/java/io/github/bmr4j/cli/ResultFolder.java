package io.github.bmr4j.cli;

import io.github.bmr4j.models.io.AtomicFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The folder that a run's results go into. It is tried before the run starts; what it holds stays
 * as it is until all results are on disk beside it, and is then replaced. When the run fails or is
 * interrupted, nothing is left behind but a checkpoint to go on from; without one, not even a
 * folder that was not there before.
 */
final class ResultFolder implements AutoCloseable {

  /** Writes one result. */
  @FunctionalInterface
  interface Writer {

    /**
     * Writes it.
     *
     * @param file in a folder that exists
     */
    void write(Path file) throws IOException;
  }

  /**
   * A result.
   *
   * @param name of its file
   * @param writer of its content
   */
  record Result(String name, Writer writer) {}

  /** Beginning of the names of folders that results are written into before they are in place. */
  private static final String STAGING = ".bmr-";

  private final Path folder;
  private final List<Path> created;

  /** Held while files are replaced; an interrupt waits for it, and lets no replacement start. */
  private final ReentrantLock replacing = new ReentrantLock();

  private final Thread onInterrupt = new Thread(this::interrupted, "bmr-interrupted");
  private Path staging;
  private boolean committed;
  private final List<Autosave> guards = new CopyOnWriteArrayList<>();

  private ResultFolder(Path folder, List<Path> created) {
    this.folder = folder;
    this.created = created;
  }

  /**
   * Makes sure that results can be written.
   *
   * @param folder created if need be
   * @throws InputException naming the folder and the reason if they cannot
   */
  static ResultFolder open(Path folder) {
    Path absolute = folder.toAbsolutePath().normalize();
    List<Path> missing = new ArrayList<>();
    for (Path p = absolute; p != null && Files.notExists(p); p = p.getParent()) {
      missing.add(p);
    }
    ResultFolder results = new ResultFolder(absolute, missing);
    try {
      AtomicFiles.checkWritable(absolute);
    } catch (FileSystemException failure) {
      results.removeCreated();
      throw new InputException("--out: " + Failures.message(failure), failure);
    } catch (IOException failure) {
      results.removeCreated();
      throw new InputException("--out: " + folder + ": " + failure.getMessage(), failure);
    }
    Runtime.getRuntime().addShutdownHook(results.onInterrupt);
    return results;
  }

  /** Takes a run's checkpoint into its care: it goes when all results are in place. */
  void guard(Autosave autosave) {
    guards.add(autosave);
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  /**
   * Writes all results, then puts them into place one by one, the last one last.
   *
   * @param results in their order
   * @throws IOException if one cannot be written; then none is in place
   */
  void commit(List<Result> results) throws IOException {
    replacing.lock();
    try {
      staging = Files.createDirectory(folder.resolve(STAGING + UUID.randomUUID()));
      for (Result result : results) {
        result.writer().write(staging.resolve(result.name()));
      }
      committed = true;
      for (Result result : results) {
        Files.move(
            staging.resolve(result.name()),
            folder.resolve(result.name()),
            StandardCopyOption.ATOMIC_MOVE);
      }
      for (Autosave guard : guards) {
        guard.finish();
      }
    } finally {
      removeStaging();
      replacing.unlock();
    }
  }

  /** Removes what is of no use when nothing was committed. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(onInterrupt);
    } catch (IllegalStateException shuttingDown) {
      // Then the hook does what is left to do.
      return;
    }
    guards.forEach(Autosave::close);
    removeCreated();
  }

  /** On the JVM's way out: saves what is not finished, and says what there is. */
  void interrupted() {
    guards.forEach(Autosave::saveInterrupted);
    // Never unlocked: files that are being replaced are finished, and no replacement begins.
    replacing.lock();
    if (!guards.isEmpty()) {
      guards.getLast().tellInterrupted();
    }
    removeStaging();
    removeCreated();
  }

  private void removeStaging() {
    if (staging == null) {
      return;
    }
    try (Stream<Path> files = Files.list(staging)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(staging);
    } catch (IOException failure) {
      System.getLogger(ResultFolder.class.getName())
          .log(System.Logger.Level.WARNING, "Cannot remove " + staging + ": " + failure);
    }
    staging = null;
  }

  /** Removes what a run that was killed has left in the middle of writing. */
  void removeLeftovers() throws IOException {
    AtomicFiles.removeTemporaries(folder);
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, STAGING + "*")) {
      for (Path path : left) {
        staging = path;
        removeStaging();
      }
    }
  }

  private void removeCreated() {
    if (committed) {
      return;
    }
    for (Path path : created) {
      try {
        Files.deleteIfExists(path);
      } catch (IOException holdsSomethingElse) {
        return;
      }
    }
  }
}
