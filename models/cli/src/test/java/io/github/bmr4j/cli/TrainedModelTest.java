package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code bmr train}, then what can be done with the posterior, on a table with three classes. */
class TrainedModelTest {

  @TempDir private static Path folder;

  private static Path table;
  private static Path trained;
  private static Map<?, ?> result;

  /** The class is the sector of (a, b); of d only one value matters: "blue" is "calm". */
  private static String rows(int n, long seed, boolean reordered) {
    Random random = new Random(seed);
    StringBuilder csv = new StringBuilder(reordered ? "d,b,note,a\n" : "a,b,d,sector\n");
    for (int i = 0; i < n; i++) {
      double a = random.nextGaussian();
      double b = random.nextGaussian();
      String d = List.of("red", "green", "blue", "green").get(random.nextInt(4));
      String sector = d.equals("blue") ? "calm" : a > b ? "east" : "west";
      csv.append(
          reordered
              ? String.format(Locale.ROOT, "%s,%f,x,%f%n", d, b, a)
              : String.format(Locale.ROOT, "%f,%f,%s,%s%n", a, b, d, sector));
    }
    return csv.toString();
  }

  @BeforeAll
  static void train() throws IOException {
    table = Files.writeString(folder.resolve("t.csv"), rows(600, 1, false));
    Console console =
        bmr(
            "train --data %s --hidden 12 --steps 600 --learning-rate 1e-2 --samples 10"
                + " --json -q --out %s",
            table, folder.resolve("trained"));
    result = (Map<?, ?>) Json.parse(console.out(), "standard output");
    trained = folder.resolve("trained").resolve(ResultFiles.POSTERIOR);
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
  private static Console bmr(String line, Object... arguments) {
    Console console = Console.run(String.format(line, arguments).split(" ", -1));
    assertEquals(0, console.code(), console.toString());
    return console;
  }

  @SuppressWarnings("AnnotateFormatMethod") // the same
  private static Map<?, ?> json(String line, Object... arguments) {
    return (Map<?, ?>) Json.parse(bmr(line, arguments).out(), "standard output");
  }

  private static double number(Map<?, ?> json, String key) {
    return ((Number) json.get(key)).doubleValue();
  }

  @Test
  void trainingPrunesNothing() {
    assertEquals("train", result.get("command"));
    assertEquals(0.0, number(result, "pruned_fraction"));
    assertEquals(600L, ((Map<?, ?>) result.get("config")).get("warm_up"));
    assertFalse(Files.exists(trained.resolveSibling(ResultFiles.CERTIFICATE)));
    assertTrue(Files.exists(trained.resolveSibling(ResultFiles.REPORT)));
    assertTrue(number((Map<?, ?>) result.get("after"), "accuracy") > 0.85);
  }

  @Test
  void evaluationOnTheSameTableIsThatOfTheRun() {
    Map<?, ?> evaluated = json("evaluate %s --samples 10 --json", trained);
    Map<?, ?> after = (Map<?, ?>) result.get("after");
    assertEquals(60L, evaluated.get("examples"), "the rows that it was not trained with");
    for (String key : List.of("accuracy", "nll", "ece", "brier")) {
      assertEquals(number(after, key), number(evaluated, key), 1e-6, key);
    }
    assertEquals(600L, json("evaluate %s --samples 2 --all --json", trained).get("examples"));
  }

  @Test
  void predictionsTakeColumnsByNameAndAgreeBetweenPosteriorAndCompactNetwork() throws IOException {
    Path fresh = Files.writeString(folder.resolve("new.csv"), rows(300, 9, true));
    Path labelled = Files.writeString(folder.resolve("labelled.csv"), rows(300, 9, false));
    Path out = folder.resolve("predictions.csv");
    bmr("predict %s --data %s --out %s", trained, fresh, out);
    List<String> lines = Files.readAllLines(out);
    assertEquals("prediction,p(calm),p(east),p(west)", lines.getFirst());
    List<String> truth = Files.readAllLines(labelled);
    int right = 0;
    for (int i = 1; i <= 300; i++) {
      String[] cells = lines.get(i).split(",", -1);
      right += truth.get(i).endsWith("," + cells[0]) ? 1 : 0;
      double sum = 0;
      for (int c = 1; c < cells.length; c++) {
        sum += Double.parseDouble(cells[c]);
      }
      assertEquals(1, sum, 1e-4);
    }
    double accuracy = number(json("evaluate %s --data %s --json", trained, labelled), "accuracy");
    assertEquals(accuracy, right / 300.0, 1e-12);
    assertTrue(accuracy > 0.9, "accuracy " + accuracy);
    Path compact = trained.resolveSibling(ResultFiles.COMPACT);
    assertEquals(
        accuracy,
        number(json("evaluate %s --data %s --json", compact, labelled), "accuracy"),
        0.03);
  }

  @Test
  void pruningGoesOnFromThePosterior() {
    Map<?, ?> pruned =
        json(
            "prune --data %s --classes --from %s --rounds 2 --iterations 30 --samples 10"
                + " --learning-rate 1e-2 --json -q --out %s",
            table, trained, folder.resolve("pruned"));
    Map<?, ?> before = (Map<?, ?>) pruned.get("before");
    Map<?, ?> after = (Map<?, ?>) result.get("after");
    assertEquals(0L, ((Map<?, ?>) pruned.get("config")).get("warm_up"));
    assertEquals(number(after, "nll"), number(before, "nll"), 1e-6, "it starts where it ended");
    assertTrue(number(pruned, "pruned_fraction") > 0.03, "something leaves");
    Path gone = folder.resolve("pruned").resolve(ResultFiles.POSTERIOR);
    Console again =
        Console.run("prune", "--data", table.toString(), "--classes", "--from", gone.toString());
    assertEquals(2, again.code());
    assertTrue(again.err().contains("weights have left"), again.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "verify TRAINED_FOLDER|pruned nothing",
        "train --rounds 3|--rounds is about pruning",
        "train --steps 5 --epochs 1|--steps and --epochs",
        "train --steps 0|at least 1, but is 0",
        "train TRAINED|takes no file",
        "train --steps 5 --kl-warm-up 9|divergenceWarmUp must be at most warmUp",
        "prune --method bmrs --from TRAINED|--from is a posterior of --method stochastic-bmr",
        "prune --data TABLE --classes --from TRAINED --hidden 7|has hidden layers of [12]",
        "prune --network lenet --from TRAINED|--network mlp, but --network is lenet",
        "prune --from COMPACT|compact network",
        "evaluate TRAINED --samples 0|--samples must be at least 1",
        "evaluate nothing.safetensors|no such file",
        "evaluate TRAINED --data digits|knows the classes calm, east, west",
        "predict TRAINED --data WRONG|no column 'a'",
        "predict TRAINED --data STRANGE|'pink' in line 2, column 'd', but known are",
      })
  void mistakesSayWhatToDo(String line, String expected) throws IOException {
    Path wrong = Files.writeString(folder.resolve("wrong.csv"), "b,d\n1,red\n");
    Path strange = Files.writeString(folder.resolve("strange.csv"), "a,b,d\n0,1,pink\n");
    Console console =
        Console.run(
            line.replace("TRAINED_FOLDER", trained.getParent().toString())
                .replace("TABLE", table.toString())
                .replace("TRAINED", trained.toString())
                .replace("COMPACT", trained.resolveSibling(ResultFiles.COMPACT).toString())
                .replace("WRONG", wrong.toString())
                .replace("STRANGE", strange.toString())
                .split(" ", -1));
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains(expected), console.err());
    assertEquals("", console.out());
  }
}
