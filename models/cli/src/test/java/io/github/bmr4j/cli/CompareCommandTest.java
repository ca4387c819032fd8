package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompareCommandTest {

  @TempDir private Path folder;

  /** A linear relation in the form of the yacht data: six inputs, one target. */
  private Path data() throws IOException {
    Random random = new Random(4);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      double sum = 0;
      for (int j = 0; j < 6; j++) {
        double x = random.nextGaussian();
        sum += j < 2 ? x : 0;
        text.append(x).append(j % 2 == 0 ? " " : "  ");
      }
      text.append(sum).append('\n');
    }
    Path data = Files.createDirectories(folder.resolve("uci"));
    Files.writeString(data.resolve("yacht.csv"), text);
    return data;
  }

  private Console compare(String... more) throws IOException {
    String[] all = {
      "compare",
      "--study",
      "principled-pruning",
      "--data-dir",
      data().toString(),
      "--only",
      "data=yacht,scheme=vbp",
      "--length",
      "0.02",
      "--seeds",
      "2",
      "-o",
      folder.resolve("out").toString()
    };
    String[] arguments = Arrays.copyOf(all, all.length + more.length);
    System.arraycopy(more, 0, arguments, all.length, more.length);
    return Console.run(arguments);
  }

  @Test
  void doesAllRunsAndAveragesOverSeeds() throws IOException {
    Console console = compare();
    assertEquals(0, console.code(), console.toString());
    List<String> lines = console.out().lines().toList();
    assertTrue(lines.get(0).startsWith("protocol"), console.out());
    assertTrue(lines.get(1).matches("published +yacht +vbp +2 .*±.*"), console.out());
    assertTrue(console.out().contains("RMSE pruned"), console.out());
    assertTrue(console.err().contains("run 4 of 4"), console.err());
  }

  @Test
  void aStudyThatWasKilledGoesOnWhereItWas() throws IOException {
    assertEquals(0, compare("--quiet").code());
    Path log = folder.resolve("out").resolve("runs.jsonl");
    List<String> lines = Files.readAllLines(log);
    assertEquals(4, lines.size());
    // The last run is not done, and the one before it was being written.
    String rest = String.join("\n", lines.subList(0, 2)) + "\n";
    Files.writeString(log, rest + lines.get(2).substring(0, 30));
    Console again = compare();
    assertEquals(0, again.code(), again.toString());
    assertTrue(again.err().contains("run 3 of 4") && again.err().contains("run 4 of 4"));
    assertTrue(!again.err().contains("run 2 of 4"), again.err());
    assertEquals(4, Files.readAllLines(log).size());
    assertEquals(values(lines.get(3)), values(Files.readAllLines(log).get(3)));
  }

  /**
   * A result counts for the batch it was had with, and a log of before there was a choice for all.
   */
  @Test
  void anotherBatchIsAnotherRun() throws IOException {
    assertEquals(0, compare("--quiet").code());
    Path log = folder.resolve("out").resolve("runs.jsonl");
    List<String> own = Files.readAllLines(log);
    Files.writeString(log, String.join("\n", own).replace("\"batch\":0,", "") + "\n");
    Console other = compare("--batch", "5");
    assertTrue(other.err().contains("run 1 of 4") && other.err().contains("run 4 of 4"));
    List<String> all = Files.readAllLines(log);
    assertEquals(8, all.size());
    assertTrue(all.get(4).contains("\"batch\":5,"), all.get(4));
    assertNotEquals(values(own.get(0)), values(all.get(4)));
    assertEquals("", compare().err());
    assertEquals(0, compare("--batch", "1000000", "--quiet").code());
  }

  @Test
  void aRunThatDivergesDoesNotKeepOthersFromBeingDoneAndIsTriedAgain() throws Exception {
    Path file = folder.resolve("runs.jsonl");
    AtomicInteger tries = new AtomicInteger();
    List<Study.Run> runs = new ArrayList<>();
    for (long seed = 0; seed < 3; seed++) {
      double value = seed;
      Study.Work work =
          () -> {
            if (value == 1 && tries.incrementAndGet() < 3) {
              throw new DivergedException("the loss is NaN");
            }
            return Map.of("value", value);
          };
      runs.add(new Study.Run(Map.of("method", "m"), seed, work));
    }
    for (int again = 0; again < 3; again++) {
      StringWriter err = new StringWriter();
      List<StudyLog.Entry> results =
          CompareCommand.run(
              runs, new StudyLog(file), StudyScale.WHOLE, new PrintWriter(err), again == 1);
      List<Double> values = results.stream().map(entry -> entry.values().get("value")).toList();
      assertEquals(again < 2 ? List.of(0.0, 2.0) : List.of(0.0, 1.0, 2.0), values);
      boolean named = err.toString().contains("run 2 of 3 failed: m, seed 1: the loss is NaN");
      assertEquals(again < 2, named, err.toString());
      assertEquals(again < 2, err.toString().contains("1 of 3 runs failed"), err.toString());
      assertEquals(again == 0, err.toString().contains("run 3 of 3: m, seed 2"), err.toString());
    }
    assertEquals(3, tries.get());
    assertEquals(3, Files.readAllLines(file).size());
  }

  /** The numbers of a line but for times. */
  @SuppressWarnings("unchecked") // the test wrote it
  private static Object values(String line) {
    Map<String, Object> json = (Map<String, Object>) Json.parse(line, "line");
    Map<String, Object> values = new HashMap<>((Map<String, Object>) json.get("values"));
    values.remove("train s");
    return values;
  }

  @Test
  void jsonIsOneObject() throws IOException {
    Console console = compare("--json", "--quiet");
    assertEquals(0, console.code(), console.toString());
    Map<?, ?> json = (Map<?, ?>) Json.parse(console.out(), "standard output");
    assertEquals("compare", json.get("command"));
    assertEquals(4, ((List<?>) json.get("runs")).size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--study other                                   | no study \"other\" | principled-pruning",
        "--study principled-pruning --seeds -1           | --seeds | at least 0",
        "--study principled-pruning --batch -1           | --batch | at least 0",
        "--study principled-pruning --length 0           | --length | 0.0",
        "--study principled-pruning --only colour=red    | --only | protocol, data, scheme",
        "--study principled-pruning --only data=paris    | \"paris\" | yacht",
        "--study principled-pruning --only data=sine-lstm,scheme=local | --only | no run",
        "--study principled-pruning --only data=yacht -o OUT | yacht.csv | --data-dir",
      })
  void badUsageSaysWhatAndWhatToDo(String arguments, String what, String advice) {
    String[] words =
        ("compare " + arguments.strip().replace("OUT", folder.toString())).split("\\s+");
    Console console = Console.run(words);
    assertEquals(2, console.code(), console.toString());
    assertEquals("", console.out());
    assertTrue(console.err().contains(what) && console.err().contains(advice), console.err());
  }

  @Test
  void aLogThatIsNoneIsRefused() throws IOException {
    Path out = Files.createDirectories(folder.resolve("out"));
    Files.writeString(out.resolve("runs.jsonl"), "{\"a\":1}\n");
    Console console = compare();
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains("line 1 is no result"), console.err());
  }

  @Test
  void spreadsHaveTheDigitsThatSaySomething() {
    assertEquals("1,597.0 ± 1.4", StudyTable.spread(1596, 1598));
    assertEquals("0.500", StudyTable.spread(0.5));
    assertEquals("-", StudyTable.spread(Double.NaN, 1));
  }
}
