package io.github.bmr4j.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.tests.CommandProcess.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The command, killed with SIGKILL at random instants, goes on and ends with the bits of a run that
 * was not, for every method and for {@code bmr select}. {@code -Dbmr4j.kills=100} kills that often
 * in all; the build kills once each of the methods that differ most.
 */
class KilledRunTest {

  private static final int KILLS = Integer.getInteger("bmr4j.kills", 4);

  /** A method, and the options of a run of a few seconds. */
  enum Method {
    STOCHASTIC_BMR("--warm-up 600 --rounds 12 --iterations 60 --hidden 40,30 --samples 10"),
    BMRS("--hidden 40,30 --epochs 12 --fine-tune 4 --rule bmrs-u-4"),
    PRINCIPLED_PRUNING("--hidden 12 --epochs 120 --fine-tune 30"),
    /** {@code bmr select}, which has no other. */
    SELECT("--features 8 --examples 300 --steps 400 --replicates 2 --restarts 2 --samples 10"),
    BMR_RHS("--warm-up 600 --rounds 4 --iterations 60 --hidden 40,30 --samples 10"),
    TIERED_FF("--epochs 20 --hidden 40,30 --samples 10"),
    FLAT_FF("--epochs 30 --hidden 40,30 --samples 10"),
    FLAT_MAP("--epochs 30 --hidden 40,30 --samples 10");

    private final String options;

    Method(String options) {
      this.options = options;
    }

    /** Its share of all kills, whose first ones go to the first methods. */
    private int kills() {
      List<Method> methods = List.of(values());
      return KILLS / methods.size() + (methods.indexOf(this) < KILLS % methods.size() ? 1 : 0);
    }
  }

  @TempDir private Path folder;

  private static List<Method> methods() {
    return Arrays.stream(Method.values()).filter(method -> method.kills() > 0).toList();
  }

  private String[] prune(Method method, Path out, String... more) throws IOException {
    String name = method.name().toLowerCase(Locale.ROOT).replace('_', '-');
    List<String> arguments =
        new ArrayList<>(
            method == Method.SELECT ? List.of("select") : List.of("prune", "--method", name));
    arguments.add("--json");
    arguments.addAll(List.of(method.options.split(" ", -1)));
    if (method == Method.PRINCIPLED_PRUNING) {
      arguments.addAll(List.of("--data", table().toString()));
    }
    arguments.addAll(List.of("--checkpoint-every", "0.1", "--threads", "1"));
    arguments.addAll(List.of("--out", out.toString()));
    arguments.addAll(Arrays.asList(more));
    return arguments.toArray(String[]::new);
  }

  /** A regression, of which half the features do not matter. */
  private Path table() throws IOException {
    Random random = new Random(1);
    StringBuilder csv = new StringBuilder("a,b,c,d,y\n");
    for (int i = 0; i < 400; i++) {
      double a = random.nextGaussian();
      double b = random.nextGaussian();
      csv.append(a).append(',').append(b).append(',').append(random.nextGaussian()).append(',');
      csv.append(random.nextGaussian()).append(',').append(Math.sin(a) + b).append('\n');
    }
    return Files.writeString(folder.resolve("table.csv"), csv);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aRunThatIsKilledGoesOnToTheSameBits(Method method) throws Exception {
    Path whole = folder.resolve("whole");
    long start = System.nanoTime();
    Ended expected = CommandProcess.onModulePath(List.of(), prune(method, whole)).end();
    int seconds = (int) Math.ceilDiv(System.nanoTime() - start, 1_000_000_000);
    assertEquals(0, expected.code(), expected.toString());
    Random random = new Random(31L * KILLS + method.options.hashCode());
    int kills = 0;
    int finished = 0;
    int resumed = 0;
    boolean killed = true;
    while (killed || kills < method.kills()) {
      Path out = folder.resolve("killed" + finished);
      // From before the first step to after the last; after the last kill as long as it likes.
      long life = kills < method.kills() ? random.nextInt(1_000 * seconds) : Long.MAX_VALUE / 2;
      CommandProcess process =
          CommandProcess.onModulePath(List.of(), prune(method, out, "--resume"));
      killed = process.killAfter(life);
      Ended ended = process.end();
      resumed += ended.err().contains("Going on after step") ? 1 : 0;
      if (killed) {
        kills++;
      } else {
        assertEquals(0, ended.code(), ended.toString());
        assertSameResults(whole, out);
        finished++;
      }
    }
    assertTrue(resumed > 0 || kills < 10, "no run went on from a checkpoint");
    System.out.printf(
        "%s: %d kills in 0 to %d s, %d runs went on from a checkpoint, %d ended, all alike%n",
        method, kills, seconds, resumed, finished);
  }

  private static void assertSameResults(Path whole, Path out) throws IOException {
    try (Stream<Path> files = Files.list(whole)) {
      for (String name : files.map(file -> file.getFileName().toString()).toList()) {
        if (name.matches(".*\\.(safetensors|csv|svg)")) {
          assertArrayEquals(
              Files.readAllBytes(whole.resolve(name)), Files.readAllBytes(out.resolve(name)), name);
        }
      }
    }
    assertEquals(numbers(whole), numbers(out));
    try (Stream<Path> files = Files.list(out)) {
      assertEquals(List.of(), files.filter(KilledRunTest::isLeftOver).toList());
    }
  }

  private static boolean isLeftOver(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith(".") || name.startsWith("checkpoint");
  }

  private static Map<String, Object> numbers(Path out) throws IOException {
    Path file = out.resolve("result.json");
    Map<?, ?> json = (Map<?, ?>) Json.parse(Files.readString(file), file.toString());
    Map<String, Object> numbers = new HashMap<>();
    for (String key :
        List.of(
            "before",
            "after",
            "rounds",
            "delta_f_predicted",
            "delta_f_realised",
            "features",
            "layers",
            // What the report's curves are drawn from.
            "loss",
            "trajectory",
            "epochs")) {
      numbers.put(key, json.get(key));
    }
    return numbers;
  }
}
