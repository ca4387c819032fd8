package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.data.Table;
import io.github.bmr4j.models.io.InvalidFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/**
 * Files of options, the options of tables, results and logs of studies that were damaged at random
 * are taken or refused with a message, and nothing else. {@code -Dbmr4j.fuzz=1000000} tries so many
 * of each; {@code bmr4j.fuzzFrom}, {@code bmr4j.fuzzOnly} and {@code bmr4j.fuzzSeed} are as for the
 * readers of the library.
 */
class HostileOptionsTest {

  private static final int INPUTS = Integer.getInteger("bmr4j.fuzz", 300);
  private static final int FROM = Integer.getInteger("bmr4j.fuzzFrom", 0);
  private static final long SEED = Long.getLong("bmr4j.fuzzSeed", 1);
  private static final String ONLY = System.getProperty("bmr4j.fuzzOnly", "");
  private static final long MOST_SECONDS = 20;

  /** Between the seeds of inputs, since the first draws from seeds in a row are nearly the same. */
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  /** How often a long run says how far it is. */
  private static final int TOLD = 100_000;

  private static final String[] TOKENS = {
    "=",
    "-",
    "--",
    ":",
    "\\",
    "\\u00",
    "\\u0000",
    "\n",
    "\r",
    "#",
    "!",
    ",",
    ",,",
    " ",
    "\t",
    "\"",
    "'",
    "@",
    "@file",
    "${x}",
    "${sys:user.home}",
    "%s",
    "%n",
    "0",
    "-1",
    "1e999",
    "NaN",
    "Infinity",
    "9223372036854775808",
    "true",
    "null",
    "[",
    "]",
    "{",
    "}",
    "../",
    "\uffff",
    "é",
    "\0",
    "config"
  };

  /** What is read. */
  enum Kind {
    /** {@code --config FILE} of {@code bmr prune}; an eighth up to the options of the command. */
    CONFIG,
    /** As for {@code bmr select}, with its method's settings. */
    CONFIG_SELECT,
    /** Options of a table on the command line, and the table read by them. */
    TABLE_OPTIONS,
    /** {@code result.json}, up to the page that is made of it. */
    RESULT,
    /** Results of a study that was stopped. */
    STUDY
  }

  @TempDir private static Path folder;
  private static Path table;
  private static String result;
  private final CommandLine bmr = Main.commandLine();
  private final TableOptionsAlone alone = new TableOptionsAlone();
  private final CommandLine tables = new CommandLine(alone);

  /** A command that has the options of tables only. */
  @Command(name = "table")
  private static final class TableOptionsAlone {
    @ArgGroup(validate = false)
    private TableOptions options = new TableOptions();
  }

  @BeforeAll
  static void files() throws IOException {
    table = Files.writeString(folder.resolve("t.csv"), "a,b,kind,y\n1,2,x,3\n4,5,y,6\n7,8,x,9\n");
    Path run = folder.resolve("run");
    Console console =
        Console.run(
            ("prune --hidden 6 --warm-up 20 --rounds 1 --iterations 5 --samples 2 --quiet --out "
                    + run)
                .split(" ", -1));
    assertEquals(0, console.code(), console.toString());
    result = Files.readString(run.resolve(ResultFiles.RESULT));
  }

  private static List<Kind> kinds() {
    return ONLY.isEmpty()
        ? List.of(Kind.values())
        : Arrays.stream(ONLY.split(",", -1)).map(Kind::valueOf).toList();
  }

  private static String whole(Kind kind) {
    return switch (kind) {
      case CONFIG ->
          """
          # bmr prune
          hidden = 12,8
          warm-up=30
          rounds : 2
          activation = tanh
          quiet = true
          seed = 5
          learning-rate = 1e-2
          rule = spike-and-slab
          classes = false
          target-column = y
          sparsity = 0.5
          data = digits
          method stochastic-bmr
          """;
      case CONFIG_SELECT ->
          """
          data = friedman
          examples = 100
          features = 10
          fdr = 0.1
          cycles = 2
          level = nodes
          separator = comma
          test-share = 0.2
          steps = 10
          slab = 1
          spike = 0.01
          """;
      case TABLE_OPTIONS ->
          "--target-column=y\n--ignore=a\n--categorical=b,kind\n--separator=comma\n--test-share=0.5";
      case RESULT -> result;
      case STUDY ->
          "{\"labels\":{\"method\":\"a\"},\"seed\":1,\"length\":1.0,\"values\":{\"x\":0.5,"
              + "\"y\":null},\"seconds\":2.5}\n{\"labels\":{},\"seed\":2,\"length\":0.1,"
              + "\"values\":{},\"seconds\":1}\n";
    };
  }

  /** One to four changes of characters, runs, lines or bytes. */
  private static byte[] damaged(String whole, long seed) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder(whole);
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes && !text.isEmpty(); i++) {
      int at = random.nextInt(text.length());
      int to = Math.min(text.length(), at + 1 + random.nextInt(20));
      String token = TOKENS[random.nextInt(TOKENS.length)];
      switch (random.nextInt(7)) {
        case 0 -> text.setCharAt(at, (char) random.nextInt(random.nextBoolean() ? 128 : 65_536));
        case 1 -> text.insert(at, token);
        case 2 -> text.replace(at, to, token);
        case 3 -> text.delete(at, to);
        case 4 -> text.insert(random.nextInt(text.length()), text.substring(at, to));
        case 5 -> text.setLength(at);
        default -> {
          int colon = text.indexOf(random.nextBoolean() ? "=" : ":", at);
          text.insert(colon < 0 ? at : colon + 1, token);
        }
      }
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 0 && random.nextInt(10) == 0) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  private void read(Kind kind, byte[] input) throws IOException {
    switch (kind) {
      case CONFIG, CONFIG_SELECT -> {
        Path file = Files.write(folder.resolve("options"), input);
        String command = kind == Kind.CONFIG ? "prune" : "select";
        String[] options =
            ConfigFile.expand(bmr.getCommandSpec(), command, "--config", file.toString());
        assertTrue(options.length >= 3, "the command line itself is kept");
        // Most of the time would go into the parser, which is another project's.
        if (input.length % 8 == 0) {
          bmr.parseArgs(options);
        }
      }
      case TABLE_OPTIONS -> {
        tables.parseArgs(new String(input, StandardCharsets.UTF_8).split("\n", -1));
        Table.Named read = alone.options.read(table);
        assertEquals(3, read.dataset().size());
        assertNotEquals(List.of(), read.features());
      }
      case RESULT -> {
        Path file = Files.write(folder.resolve("result"), input);
        String page = RunReport.html(JsonFields.read(file), folder.resolve("none"));
        assertTrue(page.contains("</html>"), "the page has its end");
      }
      case STUDY -> {
        Path file = Files.write(folder.resolve("study"), input);
        assertTrue(new StudyLog(file).entries().size() <= input.length, "entries");
      }
    }
  }

  /** What a command says in place of a stack trace. */
  private static boolean isRefusal(RuntimeException failure) {
    return failure instanceof InputException
        || failure instanceof InvalidFileException
        || failure instanceof ParameterException
        // Of a table's columns; commands pass its message on.
        || failure.getClass() == IllegalArgumentException.class;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void damagedInputIsTakenOrRefusedAndNothingElse(Kind kind) {
    String whole = whole(kind);
    long seeds = SEED * 31 + kind.name().hashCode();
    int refused = 0;
    long slowest = 0;
    for (int i = FROM; i < FROM + INPUTS; i++) {
      byte[] input = damaged(whole, seeds + i * SPREAD);
      long start = System.nanoTime();
      try {
        read(kind, input);
      } catch (IOException failure) {
        throw new UncheckedIOException(kind + ", input " + i + ": " + text(input), failure);
      } catch (RuntimeException | Error failure) {
        if (!(failure instanceof RuntimeException exception) || !isRefusal(exception)) {
          throw new AssertionError(kind + ", input " + i + ": " + text(input), failure);
        }
        assertTrue(failure.getMessage().length() > 10, failure.getMessage());
        refused++;
      }
      slowest = Math.max(slowest, System.nanoTime() - start);
      if ((i + 1) % TOLD == 0) {
        System.out.printf("%s: %,d inputs so far%n", kind, i + 1);
      }
    }
    assertTrue(slowest < MOST_SECONDS * 1_000_000_000L, slowest + " ns");
    assertTrue(refused > INPUTS / 10 && refused < INPUTS, refused + " were refused");
    System.out.printf(
        "%s: inputs %,d to %,d, %,d refused, the slowest took %.1f ms%n",
        kind, FROM, FROM + INPUTS - 1, refused, slowest * 1e-6);
  }

  private static String text(byte[] input) {
    return new String(input, StandardCharsets.UTF_8);
  }
}
