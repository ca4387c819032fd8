package io.github.bmr4j.models.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Writes files so that a reader, or the next run after a crash, sees the old content or the new,
 * never a part of it: a temporary file in the same folder, fsync, an atomic rename, fsync of the
 * folder. A failure leaves the target as it was and no temporary file.
 */
public final class AtomicFiles {

  /** End of the temporary files' names; a killed run may leave one behind. */
  public static final String TEMPORARY_SUFFIX = ".bmr4j-tmp";

  private AtomicFiles() {}

  /** What to write. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes the content; need not force or close.
     *
     * @param channel of an empty file
     * @throws IOException when writing fails; the target then stays as it was
     */
    void writeTo(FileChannel channel) throws IOException;
  }

  /** What to write, as a stream. */
  @FunctionalInterface
  public interface StreamContent {
    /**
     * Writes the content; need not flush or close.
     *
     * @param stream buffered, into an empty file
     * @throws IOException when writing fails; the target then stays as it was
     */
    void writeTo(OutputStream stream) throws IOException;
  }

  /**
   * Writes a file, or replaces it.
   *
   * @param target its folder must exist; a symbolic link is replaced, not followed
   * @param content what to write
   * @throws IOException when anything fails
   */
  public static void write(Path target, Content content) throws IOException {
    if (target.getFileName() == null || Files.isDirectory(target)) {
      throw new FileSystemException(
          target.toString(), null, "is a folder; name a file to write instead");
    }
    Path folder = folderOf(target);
    Path temporary = temporaryIn(folder);
    try {
      try (FileChannel channel = create(temporary)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (Throwable failure) {
      discard(temporary, failure);
      throw failure;
    }
    forceFolder(folder);
  }

  /**
   * Writes a file, or replaces it, through a buffered stream.
   *
   * @param target its folder must exist; a symbolic link is replaced, not followed
   * @param content what to write
   * @throws IOException when anything fails
   */
  public static void writeStream(Path target, StreamContent content) throws IOException {
    write(
        target,
        channel -> {
          OutputStream stream =
              new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
          content.writeTo(stream);
          stream.flush();
        });
  }

  /**
   * Writes a text in UTF-8, or replaces it.
   *
   * @param target its folder must exist; a symbolic link is replaced, not followed
   * @param text what to write
   * @throws IOException when anything fails
   */
  public static void writeText(Path target, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    writeStream(target, stream -> stream.write(bytes));
  }

  /**
   * Makes sure, before any work starts, that files can be written into a folder: creates the folder
   * where it is missing, then creates a file in it and removes it again (permission bits alone do
   * not tell: the file system may be read-only or full).
   *
   * @param folder where the results shall go
   * @throws IOException naming the folder, the reason and what to do, when they cannot
   */
  public static void checkWritable(Path folder) throws IOException {
    Path temporary = temporaryIn(folder);
    try {
      Files.createDirectories(folder);
      create(temporary).close();
      Files.delete(temporary);
    } catch (IOException failure) {
      discard(temporary, failure);
      String reason =
          Files.exists(folder) && !Files.isDirectory(folder)
              ? "it is a file, not a folder"
              : reason(failure);
      FileSystemException unwritable =
          new FileSystemException(
              folder.toString(),
              null,
              "cannot write into this folder (" + reason + "); make it writable or choose another");
      unwritable.initCause(failure);
      throw unwritable;
    }
  }

  /**
   * Removes temporary files that a killed run has left behind.
   *
   * @param folder that no run writes into now
   * @throws IOException when one cannot be removed
   */
  public static void removeTemporaries(Path folder) throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, ".*" + TEMPORARY_SUFFIX)) {
      for (Path file : left) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static String reason(IOException failure) {
    return switch (failure) {
      case AccessDeniedException denied -> denied.getFile() + ": permission denied";
      case FileSystemException told when told.getReason() != null -> told.getMessage();
      default -> failure.getClass().getSimpleName() + ": " + failure.getMessage();
    };
  }

  private static Path folderOf(Path target) {
    Path parent = target.toAbsolutePath().getParent();
    // Only a root has no parent, and a root is a folder, refused before.
    return parent == null ? target.toAbsolutePath() : parent;
  }

  // Not named after the target: a long but legal name must not become an illegal one.
  private static Path temporaryIn(Path folder) {
    return folder.resolve("." + UUID.randomUUID() + TEMPORARY_SUFFIX);
  }

  // Not Files.createTempFile, whose files nobody else may read, even after the rename.
  private static FileChannel create(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  private static void discard(Path temporary, Throwable failure) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException alsoFailed) {
      failure.addSuppressed(alsoFailed);
    }
  }

  // Makes the rename itself durable. Some systems cannot open a folder; there it is durable
  // already.
  private static void forceFolder(Path folder) throws IOException {
    FileChannel channel;
    try {
      channel = FileChannel.open(folder, StandardOpenOption.READ);
    } catch (IOException cannotOpenFolders) {
      return;
    }
    try (channel) {
      channel.force(true);
    }
  }
}
