package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The methods and rules beside stochastic BMR, from the command on the bundled data. */
class ComparedMethodsTest {

  @TempDir private Path folder;

  private Console prune(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("prune", "--json", "--quiet", "--hidden", "16,12", "--out", "" + folder));
    arguments.addAll(Arrays.asList(more));
    return Console.run(arguments.toArray(String[]::new));
  }

  @SuppressWarnings("unchecked") // what is no object fails the test
  private static Map<String, Object> object(Object value) {
    return (Map<String, Object>) value;
  }

  @ParameterizedTest
  @ValueSource(strings = {"flat-map", "flat-ff", "tiered-ff"})
  void methodsWithoutPruningKeepAllWeights(String method) {
    Console console = prune("--method", method, "--warm-up", "400", "--samples", "2");
    assertEquals(0, console.code(), console.toString());
    Map<String, Object> json = object(Json.parse(console.out(), "standard output"));
    assertEquals(method, json.get("method"));
    assertEquals(0.0, ((Number) json.get("pruned_fraction")).doubleValue());
    assertEquals(json.get("before"), json.get("after"));
    assertTrue(Files.isRegularFile(folder.resolve(ResultFiles.POSTERIOR)));
  }

  @Test
  void unitsShrinkTowardsAHorseshoe() {
    Console console =
        prune("--method", "bmr-rhs", "--warm-up", "300", "--rounds", "1", "--iterations", "50");
    assertEquals(0, console.code(), console.toString());
    Map<String, Object> json = object(Json.parse(console.out(), "standard output"));
    assertEquals("bmr-rhs", json.get("method"));
    assertEquals("horseshoe", object(json.get("config")).get("rule"));
  }

  @ParameterizedTest
  @CsvSource({
    "--sparsity 0.8, 0.8",
    "--sparsity 0.8 --rank-by saliency --growth at-once, 0.8",
    "--sparsity 0.5 --rank-by magnitude --scope layer --distribution erk, 0.5",
    "--sparsity 0.5 --pattern units --rank-by signal-to-noise --growth every-round, 0.5",
    "--sparsity 0.75 --pattern 2x2 --rank-by random --reduced-posterior, 0.75",
    "--pattern 2:4, 0.5"
  })
  void aShareOfTheWeightsLeaves(String options, double share) {
    List<String> arguments =
        new ArrayList<>(
            List.of("--warm-up", "300", "--rounds", "4", "--iterations", "20", "--samples", "2"));
    arguments.addAll(Arrays.asList(options.split(" ")));
    Console console = prune(arguments.toArray(String[]::new));
    assertEquals(0, console.code(), console.toString());
    Map<String, Object> json = object(Json.parse(console.out(), "standard output"));
    // The last layer stays, biases stay, and units that are dead then leave, too.
    double pruned = ((Number) json.get("pruned_fraction")).doubleValue();
    assertEquals(share, pruned, 0.2, () -> options + " pruned " + pruned);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--sparsity 2 | --sparsity must lie in [0, 1], but is 2.0",
        "--rank-by magnitude | --rank-by goes with --sparsity; add it",
        "--sparsity 0.5 --rule evidence | leave one of them out",
        "--sparsity 0.5 --pattern 2:4 | says itself how sparse",
        "--pattern 5:4 | at most so many can stay, but got 5",
        "--pattern wild | is no pattern",
        "--sparsity 0.5 --distribution erk | goes with --scope layer",
        "--method flat-ff --sparsity 0.5 | the method does not prune",
        "--method flat-ff --rounds 3 | --rounds belongs to --method stochastic-bmr",
        "--method bmr-rhs --rule evidence | --rule belongs to --method stochastic-bmr",
        "--local-scales weights | --local-scales belongs to --method tiered-ff",
        "--method tiered-ff --posterior full-row | --posterior belongs to --method stochastic-bmr",
        "--posterior point | there is no form of the posterior",
        "--posterior full-row --optimizer ivon | does not go with the optimizer ivon",
        "--posterior matrix-normal --reparameterization local --kl analytic | the local",
        "--posterior full-row --sparsity 0.5 --reduced-posterior | the reduced posterior",
        "--posterior full-row --hidden 9000x2 | covariances need",
      })
  void whatDoesNotGoTogetherIsRefused(String options, String message) {
    Console console = prune(options.trim().split(" "));
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains(message.trim()), console.err());
  }
}
