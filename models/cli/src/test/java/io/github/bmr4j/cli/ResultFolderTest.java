package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.cli.ResultFolder.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultFolderTest {

  @TempDir private Path folder;

  private static Result text(String name, String text) {
    return new Result(name, file -> Files.writeString(file, text));
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aWriterThatFailsLeavesEveryOldFileAsItWas() throws IOException {
    Files.writeString(folder.resolve("a"), "old a");
    Files.writeString(folder.resolve("b"), "old b");
    Result failing =
        new Result(
            "b",
            file -> {
              Files.writeString(file, "half");
              throw new IOException("disk full");
            });
    try (ResultFolder results = ResultFolder.open(folder)) {
      List<Result> both = List.of(text("a", "new a"), failing);
      assertThrows(IOException.class, () -> results.commit(both));
    }
    assertEquals("old a", Files.readString(folder.resolve("a")));
    assertEquals("old b", Files.readString(folder.resolve("b")));
    assertEquals(List.of("a", "b"), names());
  }

  @Test
  void allAreReplacedAtTheEnd() throws IOException {
    Files.writeString(folder.resolve("a"), "old a");
    try (ResultFolder results = ResultFolder.open(folder)) {
      results.commit(List.of(text("a", "new a"), text("b", "new b")));
    }
    assertEquals("new a", Files.readString(folder.resolve("a")));
    assertEquals("new b", Files.readString(folder.resolve("b")));
    assertEquals(List.of("a", "b"), names());
  }

  @Test
  void foldersMadeForNothingAreRemoved() {
    Path deep = folder.resolve("x/y/z");
    ResultFolder results = ResultFolder.open(deep);
    assertTrue(Files.isDirectory(deep));
    results.close();
    assertFalse(Files.exists(folder.resolve("x")));
    assertTrue(Files.isDirectory(folder));
  }

  @Test
  void foldersThatSomebodyElseUsesStay() throws IOException {
    Path deep = folder.resolve("x/y");
    try (ResultFolder results = ResultFolder.open(deep)) {
      Files.writeString(results.file("../note"), "mine");
    }
    assertFalse(Files.exists(deep));
    assertEquals("mine", Files.readString(folder.resolve("x/note")));
  }
}
