package io.github.bmr4j.models.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteBehindTest {

  private static final int CHUNK = 1 << 20;

  @TempDir Path folder;

  @Test
  void theFileHasTheChunksInTheirOrderAlsoWhereItIsForcedInBetween() throws IOException {
    Path file = folder.resolve("file");
    MessageDigest expected = Sha256.digest();
    long size = 0;
    try (FileChannel channel = create(file);
        WriteBehind behind = new WriteBehind(channel, ByteBuffer.allocate(CHUNK))) {
      ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
      for (int i = 0; i < 150; i++) {
        // Now whole, now in part; 64 MiB are not reached with the end of a chunk.
        int count = CHUNK - i % 7 * 1000;
        chunk.clear();
        while (chunk.position() < count) {
          chunk.put((byte) (chunk.position() * 31 + i));
        }
        expected.update(chunk.array(), 0, count);
        size += count;
        ByteBuffer next = behind.accept(chunk.flip());
        assertNotSame(chunk, next);
        chunk = next;
      }
    }
    assertEquals(size, Files.size(file));
    assertEquals(Sha256.hexadecimal(expected), Sha256.of(file));
  }

  @Test
  void whatFailsIsToldOnceByTheNextCall() throws IOException {
    FileChannel channel = create(folder.resolve("file"));
    channel.close();
    WriteBehind behind = new WriteBehind(channel, ByteBuffer.allocate(8));
    ByteBuffer next = behind.accept(ByteBuffer.allocate(8));
    assertThrows(ClosedChannelException.class, () -> behind.accept(next));
    behind.close();
  }

  @Test
  void theLastFailureIsToldByClosing() throws IOException {
    FileChannel channel = create(folder.resolve("file"));
    channel.close();
    WriteBehind behind = new WriteBehind(channel, ByteBuffer.allocate(8));
    behind.accept(ByteBuffer.allocate(8));
    assertThrows(ClosedChannelException.class, behind::close);
  }

  @Test
  void anInterruptEndsTheWaiting() throws IOException {
    try (FileChannel channel = create(folder.resolve("file"));
        WriteBehind behind = new WriteBehind(channel, ByteBuffer.allocate(CHUNK))) {
      Thread.currentThread().interrupt();
      assertThrows(
          InterruptedIOException.class,
          () -> {
            // It may be that there is nothing to wait for, but not for ever.
            for (ByteBuffer chunk = ByteBuffer.allocate(CHUNK); ; chunk.clear()) {
              chunk = behind.accept(chunk);
            }
          });
      assertTrue(Thread.interrupted());
    }
  }

  private static FileChannel create(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }
}
