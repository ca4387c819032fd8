package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigFileTest {

  @TempDir private Path folder;

  private Path table() throws IOException {
    Random random = new Random(1);
    StringBuilder csv = new StringBuilder("a,b,y\n");
    for (int i = 0; i < 150; i++) {
      double a = random.nextGaussian();
      csv.append(String.format(Locale.ROOT, "%f,%f,%f%n", a, random.nextGaussian(), 2 * a));
    }
    return Files.writeString(folder.resolve("t.csv"), csv);
  }

  private Console bmr(String line) throws IOException {
    String[] arguments =
        line.replace("DIR", folder.toString()).replace("TABLE", table().toString()).split(" ", -1);
    Console console = Console.run(arguments);
    assertEquals(0, console.code(), console.toString());
    return console;
  }

  /** What a run kept of its options gives the same bits again, whatever the defaults are. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "prune --hidden 12,8 --epochs 20 --rounds 2 --samples 3 --seed 5 --optimizer ivon",
        "prune --method bmrs --hidden 12 --epochs 4 --fine-tune 1 --rule bmrs-u-4",
        "prune --method principled-pruning --data TABLE --ignore b --hidden 4 --epochs 20"
            + " --fine-tune 5",
        "train --hidden 9 --activation tanh --steps 40 --samples 2 --kl sampled",
      })
  void theOptionsOfARunGiveItAgain(String line) throws IOException {
    bmr(line + " -q --out DIR/first");
    String command = line.split(" ", 2)[0];
    bmr(command + " --config DIR/first/config.properties -q --out DIR/second");
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("first").resolve(ResultFiles.POSTERIOR)),
        Files.readAllBytes(folder.resolve("second").resolve(ResultFiles.POSTERIOR)));
    assertEquals(
        Files.readString(folder.resolve("first").resolve(ResultFiles.CONFIG)),
        Files.readString(folder.resolve("second").resolve(ResultFiles.CONFIG)));
  }

  @Test
  void whatIsTypedComesFirst() throws IOException {
    Files.writeString(
        folder.resolve("c"),
        "# quick\nhidden = 6\nseed = 1\nsteps=10\nsamples = 2\nquiet = true\njson = false\n");
    Console console = bmr("train --seed 2 --config DIR/c --out DIR/run");
    assertEquals("", console.err());
    String kept = Files.readString(folder.resolve("run").resolve(ResultFiles.CONFIG));
    assertTrue(kept.contains("\nseed = 2\n"), kept);
    assertTrue(kept.contains("\nhidden = 6\n"), kept);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "colour = red | has colour, but 'bmr prune' has no option --colour",
        "quiet = perhaps | has quiet = perhaps, expected true or false",
        "rounds = many | 'many'",
        "seed = \\u12 | cannot be read",
      })
  void mistakesInTheFileSayWhatAndWhere(String text) throws IOException {
    String[] parts = text.split(" \\| ", 2);
    Path file = Files.writeString(folder.resolve("c"), parts[0] + "\n");
    Console console = Console.run("prune", "--config", file.toString());
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains(parts[1]), console.err());
    Console missing = Console.run("prune", "--config", folder.resolve("none").toString());
    assertEquals(2, missing.code());
    assertTrue(missing.err().contains("there is no such file"), missing.err());
  }

  @Test
  void completionKnowsCommandsAndNames() {
    Console console = Console.run("completion");
    assertEquals(0, console.code());
    for (String word : new String[] {"evaluate", "--learning-rate", "fashion-mnist", "lenet"}) {
      assertTrue(console.out().contains(word), word);
    }
    // Options with the same placeholder keep their own values.
    int network = console.out().indexOf("    '--network')");
    String values = "local network_option_args=(\"mlp\" \"lenet\" \"vit\" \"mixer\") #";
    assertTrue(console.out().contains(values), console.out());
    assertTrue(console.out().indexOf("\"${network_option_args[@]}\"", network) < network + 120);
  }
}
