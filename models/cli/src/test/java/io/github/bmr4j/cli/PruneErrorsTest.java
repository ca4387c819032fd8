package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.kernels.DeviceException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each failure: its exit code, a line or two that say what and what to do, and nothing left. */
class PruneErrorsTest {

  @TempDir private Path folder;

  private Console prune(String... arguments) {
    List<String> all = new ArrayList<>(List.of("prune", "--out", out().toString()));
    all.addAll(Arrays.asList(arguments));
    return Console.run(all.toArray(String[]::new));
  }

  private Path out() {
    return folder.resolve("new/results");
  }

  private void assertRefused(int code, Console console, String... facts) {
    assertAll(
        console.toString(),
        () -> assertEquals(code, console.code()),
        () -> assertEquals("", console.out()),
        () -> assertTrue(console.err().startsWith("bmr: "), "says who complains"),
        () -> assertFalse(console.err().contains("\tat "), "no stack trace"),
        () -> assertFalse(console.err().contains("Exception"), "no class names"),
        () -> assertFalse(console.err().contains("defect"), "not taken for a defect"),
        () -> assertTrue(Files.notExists(folder.resolve("new")), "leaves no folder"));
    for (String fact : facts) {
      assertTrue(console.err().contains(fact), "\"" + fact + "\" in " + console);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--data nope                        | no data set \"nope\" | digits, fashion-mnist",
        "--network cnn                      | no network \"cnn\" | mlp, lenet",
        "--network lenet --hidden 5         | --hidden | lenet",
        "--network lenet --activation relu  | --activation | lenet",
        "--rounds 2 --seed 1 --rounds 3     | --rounds | only once",
        "--hidden 0                         | --hidden | at least 1 unit",
        "--hidden 5,x                       | --hidden | 500x4",
        "--activation sine                  | no activation \"sine\" | swish, relu",
        "--kl both                          | --kl | analytic, sampled",
        "--rule magnitude                   | --rule | adaptive, evidence",
        "--optimizer sgd                    | --optimizer | adam, adabelief, ivon",
        "--batch 0                          | --batch must be at least 1 | 0",
        "--batch 1000000                    | 1000000 | training set has",
        "--samples 0                        | --samples must be at least 1 | 0",
        "--learning-rate 0                  | --learning-rate must be a positive | 0.0",
        "--learning-rate NaN                | --learning-rate must be a positive | NaN",
        "--epochs -1                        | --epochs must be a positive | -1.0",
        "--epochs 1 --warm-up 5             | --epochs | --warm-up",
        "--epochs 1e300                     | training steps | --epochs",
        "--rounds -1                        | --rounds must be at least 0 | -1",
        "--warm-up 0 --rounds 0             | --warm-up | --iterations",
        "--kl-warm-up 9 --warm-up 8         | --kl-warm-up is 9 | 8 steps",
        "--reparameterization local --kl sampled | --reparameterization | --kl analytic",
        "--seed many                        | --seed | many",
        "--threads 0                        | --threads must be at least 1 | 0",
        "--backend abacus                   | \"abacus\" | simd, scalar",
        "--data-dir somewhere               | digits is bundled | --data-dir",
        "--hidden 900000000                 | --hidden | 2^31",
        "--quiet --verbose                  | --quiet | --verbose",
        "--xyzzy                            | --xyzzy | bmr prune",
        "stray                              | stray | bmr prune",
      })
  void badUsageSaysWhatAndWhatToDo(String arguments, String what, String advice) {
    assertRefused(2, prune(arguments.strip().split("\\s+")), what, advice);
  }

  @Test
  void missingDataFolder() {
    Path nowhere = folder.resolve("nowhere");
    assertRefused(
        2,
        prune("--data", "fashion-mnist", "--data-dir", nowhere.toString()),
        nowhere.toString(),
        "bmr data fetch");
  }

  @Test
  void truncatedFile() throws IOException {
    Path data = SmallFashion.write(folder.resolve("data"));
    Path images = data.resolve(SmallFashion.TRAIN_IMAGES);
    Files.write(images, Arrays.copyOf(Files.readAllBytes(images), 100));
    assertRefused(
        2,
        prune("--data", "fashion-mnist", "--data-dir", data.toString()),
        images.toString(),
        "expected");
  }

  @Test
  void wrongMagic() throws IOException {
    Path data = SmallFashion.write(folder.resolve("data"));
    Path images = data.resolve(SmallFashion.TRAIN_IMAGES);
    byte[] bytes = Files.readAllBytes(images);
    bytes[2] = 0x0d;
    Files.write(images, bytes);
    assertRefused(
        2,
        prune("--data", "fashion-mnist", "--data-dir", data.toString()),
        images.toString(),
        "expected");
  }

  @Test
  void labelOutOfRange() throws IOException {
    Path data = SmallFashion.write(folder.resolve("data"));
    Path labels = data.resolve(SmallFashion.TRAIN_LABELS);
    byte[] bytes = Files.readAllBytes(labels);
    bytes[8 + 7] = 11;
    Files.write(labels, bytes);
    assertRefused(
        2,
        prune("--data", "fashion-mnist", "--data-dir", data.toString()),
        labels.toString(),
        "label 11",
        "row 7");
  }

  @Test
  void resultFolderThatIsAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "precious");
    assertRefused(2, prune("--out", file.toString()), "--out", file.toString());
    assertRefused(2, prune("--out", file.resolve("below").toString()), "--out", file.toString());
    assertEquals("precious", Files.readString(file));
  }

  @Test
  void divergenceIsAFailedRunAndKeepsOldResults() throws IOException {
    Files.createDirectories(out());
    Path old = Files.writeString(out().resolve(ResultFiles.RESULT), "old");
    Console console = prune("--hidden", "8", "--warm-up", "20", "--learning-rate", "1e30");
    assertEquals(1, console.code(), console.toString());
    assertEquals("", console.out());
    assertTrue(console.err().contains("bmr: "), console.err());
    assertTrue(console.err().contains("learning rate"), console.err());
    assertFalse(console.err().contains("\tat "), console.err());
    assertEquals("old", Files.readString(old));
    try (var files = Files.list(out())) {
      assertEquals(List.of(old), files.toList(), "nothing else is left");
    }
  }

  @Test
  void divergenceLeavesNoFolderThatWasNotThere() {
    assertRefused(
        1, prune("--quiet", "--hidden", "8", "--warm-up", "20", "--learning-rate", "1e30"), "step");
  }

  @Test
  void verboseShowsTheStackTrace() {
    Console console =
        prune("--verbose", "--hidden", "8", "--warm-up", "20", "--learning-rate", "1e30");
    assertEquals(1, console.code());
    assertTrue(console.err().contains("\tat io.github.bmr4j"), console.err());
  }

  @Test
  void noMemoryIsAFailedRunThatSaysWhatToDo() {
    String message = Failures.message(new OutOfMemoryError("Java heap space"));
    assertTrue(message.contains("-Xmx"), message);
    assertTrue(message.contains("MiB"), message);
    assertEquals(1, Failures.exitCode(new OutOfMemoryError()));
  }

  /** A device's failure is none of bmr: its own words, without a word of a defect. */
  @Test
  void aDeviceThatFailsIsNamed() {
    StringWriter err = new StringWriter();
    Throwable failure = new DeviceException("clFinish failed with CL_OUT_OF_RESOURCES: on a card");
    assertEquals(1, Failures.report(failure, new PrintWriter(err), false));
    assertEquals("bmr: " + failure.getMessage(), err.toString().strip());
  }
}
