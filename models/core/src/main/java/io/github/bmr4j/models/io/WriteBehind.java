package io.github.bmr4j.models.io;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Writes chunks to a file on a thread of its own, so that the next one is computed meanwhile, and
 * forces them to the disk now and then, so that little is left for the end. What fails is told
 * once, by the call after it, at the latest by {@link #close}.
 */
final class WriteBehind implements TensorWriter.Sink, AutoCloseable {

  /** Bytes after which the file is forced. */
  private static final long FORCED = 1 << 26;

  private static final Future<?> DONE = CompletableFuture.completedFuture(null);

  private final FileChannel channel;
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private ByteBuffer spare;
  private Future<?> writing = DONE;
  private long unforced;

  /**
   * @param channel to write to, from its position; stays open
   * @param spare a second chunk
   */
  WriteBehind(FileChannel channel, ByteBuffer spare) {
    this.channel = channel;
    this.spare = spare;
  }

  @Override
  public ByteBuffer accept(ByteBuffer bytes) throws IOException {
    await();
    ByteBuffer written = spare;
    spare = bytes;
    writing = thread.submit(() -> write(bytes));
    return written;
  }

  private void write(ByteBuffer bytes) {
    try {
      unforced += bytes.remaining();
      writeAll(channel, bytes);
      if (unforced >= FORCED) {
        channel.force(false);
        unforced = 0;
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Writes all that remains of a buffer. */
  static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private void await() throws IOException {
    try {
      writing.get();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw (IOException)
          new InterruptedIOException("interrupted while a file was written").initCause(interrupted);
    } catch (ExecutionException failure) {
      // Told once: a failure cannot be suppressed by itself where closing follows.
      writing = DONE;
      throw failure.getCause() instanceof UncheckedIOException known
          ? known.getCause()
          : new IOException(failure.getCause());
    }
  }

  @Override
  public void close() throws IOException {
    try (thread) {
      await();
    }
  }
}
