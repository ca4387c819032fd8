package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.cli.ResultFolder.Result;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.network.Networks;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.Thread.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

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

  /** As on Ctrl-C when the last result is being written. */
  @Test
  void anInterruptWhileResultsArePutIntoPlaceSaysThatTheyAreThere() throws Exception {
    StringWriter err = new StringWriter();
    CommandLine command = Main.commandLine().setErr(new PrintWriter(err));
    command.parseArgs("doctor");
    try (Backend backend = Backends.open();
        ResultFolder results = ResultFolder.open(folder)) {
      Split digits = Digits.split(0);
      StochasticBmr run =
          new StochasticBmr(
              backend,
              Networks.mlp(Shape.of(64), new int[] {5}, 10, UnaryFunction.RELU),
              digits.train(),
              digits.test(),
              StochasticBmr.Config.PUBLISHED,
              StochasticBmr.Listener.NONE);
      Autosave.start(run, results, new CheckpointOptions(), command.getCommandSpec(), Map.of());
      Path checkpoint = folder.resolve("checkpoint.safetensors");
      assertTrue(Files.exists(checkpoint));
      Thread interrupt = new Thread(results::interrupted);
      results.commit(
          List.of(
              new Result(
                  "a",
                  file -> {
                    Files.delete(checkpoint);
                    interrupt.start();
                    while (!Files.exists(checkpoint) || interrupt.getState() != State.WAITING) {
                      Thread.onSpinWait();
                    }
                    Files.writeString(file, "new a");
                  })));
      interrupt.join();
    }
    assertEquals(List.of("a"), names());
    assertTrue(err.toString().contains("the results are in " + folder), err.toString());
    assertFalse(err.toString().contains("To go on"), err.toString());
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
