package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCommandTest {

  @TempDir private Path folder;

  @Test
  void listSaysWhatThereIsAndWhere() {
    Console console = Console.run("data", "list");
    assertEquals(0, console.code());
    assertTrue(console.out().contains("digits"), console.out());
    assertTrue(console.out().contains("bundled"), console.out());
    assertTrue(console.out().contains("fashion-mnist"), console.out());
    Map<?, ?> json = (Map<?, ?>) Json.parse(Console.run("data", "list", "--json").out(), "list");
    List<?> data = (List<?>) json.get("data");
    assertEquals(2, data.size());
    assertEquals(true, ((Map<?, ?>) data.get(0)).get("bundled"));
    assertFalse(((List<?>) ((Map<?, ?>) data.get(1)).get("looked_for_in")).isEmpty());
  }

  @Test
  void checkCountsTheExamplesOfEachClass() {
    Console console = Console.run("data", "check", "digits");
    assertEquals(0, console.code(), console.toString());
    assertTrue(console.out().matches("(?s).*[0-9a-f]{64}  digits\\.csv\\R.*"), console.out());
    Console json = Console.run("data", "check", "digits", "--json");
    Map<?, ?> dataset = (Map<?, ?>) ((Map<?, ?>) Json.parse(json.out(), "check")).get("dataset");
    assertEquals(1797L, (Long) dataset.get("train_examples") + (Long) dataset.get("test_examples"));
  }

  @Test
  void checkReadsAFolder() throws IOException {
    Path data = SmallFashion.write(folder.resolve("data"));
    Console console = Console.run("data", "check", "fashion-mnist", "--data-dir", data.toString());
    assertEquals(0, console.code(), console.toString());
    assertTrue(console.out().contains("40 training examples and 20 for testing"), console.out());
    assertTrue(console.out().contains("Ankle boot"), console.out());
  }

  @Test
  void checkOfWhatIsMissingIsBadInput() {
    Console console =
        Console.run("data", "check", "fashion-mnist", "--data-dir", folder.resolve("x").toString());
    assertEquals(2, console.code(), console.toString());
    assertEquals("", console.out());
    assertTrue(console.err().contains("bmr data fetch fashion-mnist"), console.err());
  }

  @Test
  void fetchOfWhatIsBundledHasNothingToDo() {
    assertEquals(0, Console.run("data", "fetch", "digits").code());
    assertEquals(2, Console.run("data", "fetch", "digits", "--to", "somewhere").code());
    assertFalse(Files.exists(Path.of("somewhere")));
  }

  @Test
  void fetchWithoutAnAnswerIsAFailedRun() throws IOException {
    int unused;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      unused = socket.getLocalPort();
    }
    Path to = folder.resolve("to");
    Console console =
        Console.run(
            "data",
            "fetch",
            "fashion-mnist",
            "--to",
            to.toString(),
            "--from",
            "http://127.0.0.1:" + unused + "/");
    assertEquals(1, console.code(), console.toString());
    assertEquals("", console.out());
    assertTrue(console.err().contains("127.0.0.1:" + unused), console.err());
    assertFalse(console.err().contains("\tat "), console.err());
    try (var files = Files.list(to)) {
      assertEquals(List.of(), files.toList(), "no partial file");
    }
  }

  @Test
  void fetchFromNoAddressIsBadUsage() {
    Console console = Console.run("data", "fetch", "fashion-mnist", "--from", "ftp://example.org/");
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains("--from"), console.err());
    assertEquals(2, Console.run("data", "fetch", "mnist").code());
    assertEquals(2, Console.run("data", "fetch").code());
  }
}
