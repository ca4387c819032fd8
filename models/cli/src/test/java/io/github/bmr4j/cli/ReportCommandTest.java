package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bmr report} and {@code bmr verify} on what {@code bmr prune} wrote. */
class ReportCommandTest {

  @TempDir private static Path folder;

  private static Path run;

  @BeforeAll
  static void prune() {
    run = folder.resolve("run");
    Console console =
        Console.run(
            "prune",
            "--hidden",
            "16,12",
            "--warm-up",
            "300",
            "--learning-rate",
            "1e-2",
            "--rounds",
            "3",
            "--iterations",
            "20",
            "--samples",
            "4",
            "--quiet",
            "--out",
            run.toString());
    assertEquals(0, console.code(), console.toString());
  }

  @Test
  void thePageHasAllPartsAndNeedsNothingElse() throws IOException {
    String html = Files.readString(run.resolve(ResultFiles.REPORT));
    for (String part :
        List.of(
            "Before and after pruning",
            "Accuracy against sparsity",
            "Calibration against sparsity",
            "Reliability before pruning",
            "Reliability after pruning",
            "Cumulative evidence",
            "Sparsity of each layer",
            "Training",
            "Evidence for removal",
            "Weights",
            "Signal to noise",
            "Masks",
            "Fields of the first layer",
            "microseconds, batch 128",
            "How it came to be")) {
      assertTrue(html.contains(">" + part + "<"), part);
    }
    assertFalse(html.contains("<script"), "no script");
    Matcher sources = Pattern.compile("(?:src|href)=\"([^\"]{0,30})").matcher(html);
    while (sources.find()) {
      assertTrue(sources.group(1).startsWith("data:image/png"), sources.group(1));
    }
    assertFalse(html.contains("NaN"), "no number is missing");
    requireWellFormed(html);
  }

  private static void requireWellFormed(String html) {
    Deque<String> open = new ArrayDeque<>();
    Matcher tags = Pattern.compile("<(/?)([a-zA-Z0-9]+)([^<>]*?)(/?)>").matcher(html);
    int elements = 0;
    while (tags.find()) {
      elements++;
      if (tags.group(1).equals("/")) {
        assertEquals(open.pop(), tags.group(2));
      } else if (tags.group(4).isEmpty()) {
        open.push(tags.group(2));
      }
    }
    assertTrue(open.isEmpty() && elements > 200, elements + " elements, open " + open);
  }

  @Test
  void theFilesGiveTheSamePageAgain() throws IOException {
    Path again = folder.resolve("again.html");
    Console console = Console.run("report", run.toString(), "--out", again.toString());
    assertEquals(0, console.code(), console.toString());
    assertEquals(Files.readString(run.resolve(ResultFiles.REPORT)), Files.readString(again));
  }

  @Test
  void aFolderWithoutResultsIsRefused() {
    Console console = Console.run("report", folder.resolve("nothing").toString());
    assertEquals(2, console.code());
    assertTrue(console.err().contains("result.json"), console.err());
  }

  @Test
  void theCertificateIsComputedAgain() {
    Console console = Console.run("verify", run.toString(), "--json");
    assertEquals(0, console.code(), console.toString());
    Map<?, ?> json = (Map<?, ?>) Json.parse(console.out(), "standard output");
    assertEquals(true, json.get("agrees"));
    assertTrue((Long) json.get("decisions") > 100, json.toString());
    assertTrue(json.get("data").toString().contains("have the checksum"), json.toString());
  }

  /** Moves a posterior mean by a tenth of a nat's worth: a thousandth would be found as well. */
  @Test
  void aChangedPosteriorIsFound() throws IOException {
    Path copy = Files.createDirectories(folder.resolve("changed"));
    byte[] bytes = Files.readAllBytes(run.resolve(ResultFiles.CERTIFICATE));
    int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    String json = new String(Arrays.copyOfRange(bytes, 8, 8 + header), StandardCharsets.UTF_8);
    Matcher place =
        Pattern.compile("\"layer2.weight.std\":\\{[^}]*\"data_offsets\":\\[(\\d+)").matcher(json);
    assertTrue(place.find(), json);
    int at = 8 + header + Integer.parseInt(place.group(1)) + 4 * 5;
    ByteBuffer values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    values.putFloat(at, values.getFloat(at) * 1.001f);
    Files.write(copy.resolve(ResultFiles.CERTIFICATE), bytes);
    Console console = Console.run("verify", copy.toString());
    assertEquals(1, console.code(), console.toString());
    assertTrue(console.out().startsWith("No. "), console.out());
    assertTrue(console.out().contains("layer2.weight[0, 5]"), console.out());
  }

  @Test
  void aPosteriorThatHasOtherWeightsIsFound() throws IOException {
    Path copy = Files.createDirectories(folder.resolve("mixed"));
    Files.copy(run.resolve(ResultFiles.CERTIFICATE), copy.resolve(ResultFiles.CERTIFICATE));
    Console other =
        Console.run(
            "prune",
            "--hidden",
            "16,12",
            "--warm-up",
            "20",
            "--rounds",
            "1",
            "--iterations",
            "1",
            "--samples",
            "2",
            "--quiet",
            "--out",
            folder.resolve("other").toString());
    assertEquals(0, other.code(), other.toString());
    Files.copy(
        folder.resolve("other").resolve(ResultFiles.POSTERIOR),
        copy.resolve(ResultFiles.POSTERIOR));
    Console console = Console.run("verify", copy.resolve(ResultFiles.CERTIFICATE).toString());
    assertEquals(1, console.code(), console.toString());
    assertTrue(console.out().contains("in the posterior beside it"), console.out());
  }

  @Test
  void aRuleThatRanksIsSaidNotToBeDecidedAgain() {
    String out = folder.resolve("ranked").toString();
    Console ranked =
        Console.run(
            ("prune --sparsity 0.5 --rank-by magnitude --hidden 8 --warm-up 20 --rounds 1"
                    + " --iterations 1 --samples 2 -q --out "
                    + out)
                .split(" ", -1));
    assertEquals(0, ranked.code(), ranked.toString());
    Console console = Console.run("verify", out);
    assertEquals(0, console.code(), console.toString());
    assertTrue(console.out().contains("was not decided again"), console.out());
  }

  @Test
  void aPosteriorFromElsewhereIsComputedAgain() throws IOException {
    Path out = folder.resolve("file");
    Path posterior = run.resolve(ResultFiles.POSTERIOR);
    Console pruned =
        Console.run("prune", posterior.toString(), "--target", "0.5", "--out", out.toString());
    assertEquals(0, pruned.code(), pruned.toString());
    Console console = Console.run("verify", out.toString());
    assertEquals(0, console.code(), console.toString());
    assertTrue(console.out().startsWith("Yes. "), console.out());

    Path certificate = out.resolve(PosteriorRun.CERTIFICATE);
    String json = Files.readString(certificate);
    Matcher threshold = Pattern.compile("\"threshold\": (-?[0-9.E-]+)").matcher(json);
    assertTrue(threshold.find(), json);
    Files.writeString(certificate, json.replace(threshold.group(), "\"threshold\": 1.0E9"));
    Console changed = Console.run("verify", certificate.toString());
    assertEquals(1, changed.code(), changed.toString());
    assertTrue(changed.out().contains("below the threshold"), changed.out());
  }
}
