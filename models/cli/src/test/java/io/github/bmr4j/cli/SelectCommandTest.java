package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.data.SimulatedData;
import io.github.bmr4j.models.data.SimulatedData.Kind;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectCommandTest {

  @TempDir private Path folder;

  private Console select(String... arguments) {
    List<String> all = new ArrayList<>(List.of("select", "--out", folder.resolve("o").toString()));
    all.addAll(Arrays.asList(arguments));
    return Console.run(all.toArray(String[]::new));
  }

  @Test
  void ranksTheFeaturesThatMatterBeforeAllOthers() throws IOException {
    Console console = select("--features", "8", "--steps", "1500", "--replicates", "2", "--json");
    assertEquals(0, console.code(), console.toString());
    assertEquals(1, console.out().lines().count());
    Map<?, ?> json = (Map<?, ?>) Json.parse(console.out(), "standard output");
    assertEquals("select", json.get("command"));
    assertEquals(2, ((List<?>) json.get("replicates")).size());
    List<?> features = (List<?>) json.get("features");
    assertEquals(8, features.size());
    assertEquals(
        Set.of("x1", "x2", "x3", "x4", "x5"),
        new HashSet<>(
            features.subList(0, 5).stream().map(f -> ((Map<?, ?>) f).get("name")).toList()));
    assertAll(
        () ->
            assertEquals(9, Files.readAllLines(folder.resolve("o").resolve("features.csv")).size()),
        () ->
            assertEquals(
                json, Json.parse(Files.readString(folder.resolve("o/result.json")), "result")),
        () -> {
          String svg = Files.readString(folder.resolve("o").resolve("inclusion.svg"));
          assertTrue(svg.startsWith("<svg") && svg.endsWith("</svg>\n"), svg);
          assertEquals(9, svg.split("<rect", -1).length - 1);
        });
  }

  @Test
  void aTableWithNamesAndCategories() throws IOException {
    Split split = SimulatedData.draw(Kind.BAI, 300, 1, 5, 2);
    StringBuilder csv = new StringBuilder("id,height,weight,colour,price\n");
    float[] x = split.train().features();
    for (int i = 0; i < 300; i++) {
      String colour = x[5 * i + 2] > 0 ? "red" : "blue";
      float price = 3 * x[5 * i] + (x[5 * i + 2] > 0 ? 2 : -2) + 0.1f * x[5 * i + 4];
      csv.append(i)
          .append(',')
          .append(x[5 * i])
          .append(',')
          .append(x[5 * i + 1])
          .append(',')
          .append(colour)
          .append(',')
          .append(price)
          .append('\n');
    }
    Path file = Files.writeString(folder.resolve("houses.csv"), csv);
    Console console =
        select(
            "--data",
            file.toString(),
            "--target-column",
            "price",
            "--ignore",
            "id",
            "--steps",
            "1500");
    assertEquals(0, console.code(), console.toString());
    assertTrue(console.out().contains("colour=red"), console.out());
    assertFalse(console.out().contains("id "), console.out());
    String height =
        console.out().lines().filter(line -> line.startsWith("height")).findFirst().orElse("");
    String weight =
        console.out().lines().filter(line -> line.startsWith("weight")).findFirst().orElse("");
    assertTrue(height.endsWith("yes"), console.out());
    assertTrue(weight.endsWith("no"), console.out());
    assertTrue(console.out().contains("Pruned at least as good as full in"), console.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--data no-such                    | no data set 'no-such' | friedman1, bai",
        "--features 3                      | at least 5 features | 3",
        "--replicates 0                    | --replicates | 0",
        "--spike 2                         | narrower than its slab | 2.0",
        "--indicators none-such            | form of indicators | collapsed",
        "--fdr 2                           | false discovery rate | 2.0",
        "--steps 0                         | steps | 0",
        "--test-share 1 --data digits      | share | 1.0",
      })
  void badInputIsRefused(String arguments, String first, String second) {
    Console console = select(arguments.strip().split(" +"));
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains(first.strip()), console.toString());
    assertTrue(console.err().contains(second.strip()), console.toString());
    assertTrue(Files.notExists(folder.resolve("o")));
  }

  @Test
  void aMissingValueIsRefusedWithItsPlace() throws IOException {
    Path file = Files.writeString(folder.resolve("gap.csv"), "a,b\n1,2\n,3\n");
    Console console = select("--data", file.toString());
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains("line 3, column 'a'"), console.err());
  }

  @Test
  void barsKeepWithinTheirPicture() {
    String svg = new BarPlot("A < B", "p").bar("x & y", 1, true, "note").svg();
    assertTrue(svg.contains("A &lt; B") && svg.contains("x &amp; y"), svg);
    assertThrows(
        IllegalArgumentException.class, () -> new BarPlot("", "").bar("x", 1.1, false, ""));
  }
}
