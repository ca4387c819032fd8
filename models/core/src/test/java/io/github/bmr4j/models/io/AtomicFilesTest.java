package io.github.bmr4j.models.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {

  @TempDir Path folder;

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.toList();
    }
  }

  @Test
  void writesAndReplaces() throws IOException {
    Path file = folder.resolve("result.json");
    AtomicFiles.writeText(file, "first");
    assertEquals("first", Files.readString(file));
    AtomicFiles.writeText(file, "µ");
    assertEquals("µ", Files.readString(file));
    assertEquals(List.of(file), files());
  }

  @Test
  void aFailureLeavesTheOldContentAndNothingElse() throws IOException {
    Path file = folder.resolve("checkpoint");
    AtomicFiles.writeText(file, "old");
    IOException thrown = new IOException("the disk is full");
    IOException caught =
        assertThrows(
            IOException.class,
            () ->
                AtomicFiles.writeStream(
                    file,
                    stream -> {
                      stream.write(new byte[1 << 20]);
                      throw thrown;
                    }));
    assertSame(thrown, caught);
    assertEquals("old", Files.readString(file));
    assertThrows(
        OutOfMemoryError.class,
        () ->
            AtomicFiles.write(
                folder.resolve("new"),
                channel -> {
                  throw new OutOfMemoryError("simulated");
                }));
    assertEquals(List.of(file), files());
  }

  @Test
  void theOldContentIsThereUntilTheNewIsWhole() throws IOException {
    Path file = folder.resolve("checkpoint");
    AtomicFiles.writeText(file, "old");
    AtomicFiles.writeStream(
        file,
        stream -> {
          stream.write("new".getBytes(StandardCharsets.UTF_8));
          stream.flush();
          assertEquals("old", Files.readString(file));
          assertEquals(2, files().size());
          assertTrue(
              files().stream().anyMatch(f -> f.toString().endsWith(AtomicFiles.TEMPORARY_SUFFIX)));
        });
    assertEquals("new", Files.readString(file));
  }

  @Test
  void aLongNameIsNoObstacle() throws IOException {
    Path file = folder.resolve("n".repeat(255));
    AtomicFiles.writeText(file, "x");
    assertEquals("x", Files.readString(file));
  }

  @Test
  void refusesAFolderAndAMissingFolder() throws IOException {
    assertTrue(
        assertThrows(IOException.class, () -> AtomicFiles.writeText(folder, "x"))
            .getMessage()
            .contains("is a folder"));
    assertThrows(
        IOException.class, () -> AtomicFiles.writeText(folder.resolve("missing/file"), "x"));
    assertEquals(List.of(), files());
  }

  @Test
  void checkWritableCreatesTheFolderAndLeavesNothing() throws IOException {
    Path deep = folder.resolve("a/b");
    AtomicFiles.checkWritable(deep);
    assertTrue(Files.isDirectory(deep));
    try (Stream<Path> all = Files.list(deep)) {
      assertEquals(0, all.count());
    }
  }

  @Test
  void checkWritableNamesTheFolderAndTheReason() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    IOException refused = assertThrows(IOException.class, () -> AtomicFiles.checkWritable(file));
    assertTrue(refused.getMessage().contains(file.toString()), refused.getMessage());
    assertTrue(refused.getMessage().contains("a file, not a folder"), refused.getMessage());
    Path below = file.resolve("below");
    IOException alsoRefused =
        assertThrows(IOException.class, () -> AtomicFiles.checkWritable(below));
    assertTrue(alsoRefused.getMessage().contains(below.toString()), alsoRefused.getMessage());
    assertTrue(alsoRefused.getMessage().contains("choose another"), alsoRefused.getMessage());
    assertEquals("x", Files.readString(file));
    assertFalse(Files.exists(below));
  }
}
