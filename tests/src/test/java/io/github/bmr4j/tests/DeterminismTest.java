package io.github.bmr4j.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.tests.CommandProcess.Ended;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The whole command gives the same bits for any number of threads and any vector width; between
 * back ends it agrees as far as roundings that training carries on allow.
 */
class DeterminismTest {

  /** Between back ends, of the accuracy and of the ELBO's size: see docs/reliability.md. */
  private static final double BACKEND_TOLERANCE = 0.05;

  @TempDir private Path folder;

  private record Outcome(byte[] posterior, byte[] certificate, Map<?, ?> result) {}

  private Outcome run(String name, List<String> jvmOptions, String backend, int threads)
      throws Exception {
    Path out = folder.resolve(name);
    List<String> arguments =
        new ArrayList<>(
            List.of("prune", "--hidden", "33,21", "--warm-up", "300", "--rounds", "4", "--json"));
    arguments.addAll(List.of("--iterations", "25", "--samples", "6", "--quiet"));
    arguments.addAll(List.of("--backend", backend, "--threads", Integer.toString(threads)));
    arguments.addAll(List.of("--learning-rate", "1e-2", "--out", out.toString()));
    Ended ended = CommandProcess.onModulePath(jvmOptions, arguments.toArray(String[]::new)).end();
    assertEquals(0, ended.code(), ended.toString());
    return new Outcome(
        Files.readAllBytes(out.resolve("posterior.safetensors")),
        Files.readAllBytes(out.resolve("certificate.safetensors")),
        (Map<?, ?>) Json.parse(ended.out(), "standard output"));
  }

  private static void assertSame(Outcome expected, Outcome found, String how) {
    assertArrayEquals(expected.posterior(), found.posterior(), how);
    assertArrayEquals(expected.certificate(), found.certificate(), how);
    assertEquals(expected.result().get("before"), found.result().get("before"), how);
    assertEquals(expected.result().get("after"), found.result().get("after"), how);
  }

  @Test
  void threadsAndVectorWidthsChangeNoBit() throws Exception {
    String backend = System.getProperty("bmr4j.expectBackend", "simd");
    Outcome expected = run("one", List.of(), backend, 1);
    int widths = 0;
    for (int threads : new int[] {2, 4, 8}) {
      assertSame(expected, run("t" + threads, List.of(), backend, threads), threads + " threads");
    }
    for (int bits : new int[] {128, 256, 512}) {
      List<String> option = List.of("-Dbmr4j.vectorBits=" + bits);
      Ended doctor = CommandProcess.onModulePath(option, "doctor", "--json").end();
      Map<?, ?> said = (Map<?, ?>) Json.parse(doctor.out(), "standard output");
      // Else this machine has no vectors of that width.
      if (backend.equals("simd") && said.get("backend").equals("simd")) {
        assertSame(expected, run("w" + bits, option, backend, 2), bits + " bits");
        widths++;
      }
    }
    assertTrue(widths >= 1 || !backend.equals("simd"), "no width could be tried");
  }

  /** Vectors of 128 bits on one thread, and the widest there are on four. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--method bmrs --hidden 33,21 --epochs 3 --fine-tune 1 --rule bmrs-u-4",
        "--method principled-pruning --hidden 9 --epochs 30 --fine-tune 6 --data TABLE",
        "--method bmr-rhs --hidden 33,21 --warm-up 100 --rounds 2 --iterations 25 --samples 6",
        "--method tiered-ff --hidden 33,21 --epochs 5 --samples 6",
        "--method flat-ff --hidden 33,21 --epochs 5 --samples 6",
        "--method flat-map --hidden 33,21 --epochs 5 --samples 6"
      })
  void noMethodDependsOnThreadsAndVectorWidth(String options) throws Exception {
    String backend = System.getProperty("bmr4j.expectBackend", "simd");
    Path table = Files.writeString(folder.resolve("table.csv"), table());
    List<Path> outs = List.of(folder.resolve("narrow"), folder.resolve("wide"));
    for (Path out : outs) {
      boolean narrow = out.equals(outs.getFirst());
      String line =
          "prune "
              + options.replace("TABLE", table.toString())
              + " --quiet --backend "
              + backend
              + (narrow ? " --threads 1 --out " : " --threads 4 --out ")
              + out;
      List<String> width = narrow ? List.of("-Dbmr4j.vectorBits=128") : List.of();
      Ended ended = CommandProcess.onModulePath(width, line.split(" ", -1)).end();
      assertEquals(0, ended.code(), ended.toString());
    }
    int compared = 0;
    try (Stream<Path> files = Files.list(outs.getFirst())) {
      for (Path file : files.filter(each -> each.toString().endsWith(".safetensors")).toList()) {
        Path other = outs.getLast().resolve(file.getFileName());
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(other), file.toString());
        compared++;
      }
    }
    assertTrue(compared >= 1, "no posterior");
  }

  private static String table() {
    Random random = new Random(1);
    StringBuilder csv = new StringBuilder("a,b,c,y\n");
    for (int i = 0; i < 200; i++) {
      double a = random.nextGaussian();
      double b = random.nextGaussian();
      csv.append(a).append(',').append(b).append(',').append(random.nextGaussian());
      csv.append(',').append(Math.sin(a) + b).append('\n');
    }
    return csv.toString();
  }

  @Test
  void backEndsAgreeToTheDocumentedTolerance() throws Exception {
    Map<?, ?> scalar = run("scalar", List.of(), "scalar", 2).result();
    Map<?, ?> other =
        run("other", List.of(), System.getProperty("bmr4j.expectBackend", "simd"), 2).result();
    for (String when : List.of("before", "after")) {
      for (String metric : List.of("accuracy", "elbo")) {
        double expected = number(scalar, when, metric);
        double found = number(other, when, metric);
        assertTrue(
            Math.abs(found - expected) <= BACKEND_TOLERANCE * Math.abs(expected),
            when + " " + metric + ": " + expected + " and " + found);
      }
    }
  }

  private static double number(Map<?, ?> result, String when, String metric) {
    return ((Number) ((Map<?, ?>) result.get(when)).get(metric)).doubleValue();
  }
}
