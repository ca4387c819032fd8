package io.github.bmr4j.models.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.data.TableFile.Format;
import io.github.bmr4j.models.data.TableFile.Separator;
import io.github.bmr4j.models.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableTest {

  private static final Provenance HERE = new Provenance("test", "none", Map.of());

  private static Table csv(String text) {
    return TableFile.parse("t.csv", text, Format.CSV, HERE);
  }

  private static String refusal(Class<? extends RuntimeException> kind, Runnable call) {
    return assertThrows(kind, call::run).getMessage();
  }

  @Test
  void numbersAndCategories() {
    Table.Named named =
        csv("size,colour,y\n1,red,0.5\n-2e1,blue,1\n3,red,1.5\n")
            .regression(List.of("y"), Set.of());
    assertEquals(List.of("size", "colour=blue", "colour=red"), named.features());
    assertArrayEquals(new float[] {1, 0, 1, -20, 1, 0, 3, 0, 1}, named.dataset().features());
    assertArrayEquals(new float[] {0.5f, 1, 1.5f}, named.dataset().targets());
  }

  @Test
  void numbersThatAreNames() {
    Table.Named named = csv("k,y\n10,a\n9,b\n10,a\n").classification("y", Set.of("k"));
    assertEquals(List.of("k=9", "k=10"), named.features());
    assertEquals(List.of("a", "b"), named.dataset().classNames());
    assertArrayEquals(new int[] {0, 1, 0}, named.dataset().labels());
    assertEquals(
        List.of("9", "10"),
        csv("k,y\n10,a\n9,b\n").classification("k", Set.of()).dataset().classNames());
  }

  @Test
  void quotesLineEndsAndByteOrderMark() {
    Table table = csv("\uFEFF\"a, \"\"b\"\"\",y\r\n\"1\",2\r\n\r\n 3 ,4");
    assertEquals(List.of("a, \"b\"", "y"), table.columns());
    assertArrayEquals(
        new float[] {1, 3}, table.regression(List.of("y"), Set.of()).dataset().features());
  }

  @Test
  void withoutHeaderAndWithBlanks(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("h.data"), "  1.0   2  3\n4\t5 6 \n\n");
    Table table = TableFile.read(file, new Format(Separator.BLANKS, false));
    assertEquals(List.of("x1", "x2", "x3"), table.columns());
    Table.Named named = table.without(Set.of("x2")).regression(List.of("x3"), Set.of());
    assertEquals(List.of("x1"), named.features());
    assertArrayEquals(new float[] {1, 4}, named.dataset().features());
    assertArrayEquals(new float[] {3, 6}, named.dataset().targets());
    assertEquals(64, named.dataset().provenance().sha256().get("h.data").length());
  }

  @Test
  void commasOrBlanksAndSeveralTargetsInTheOrderAskedFor() {
    Table table =
        TableFile.parse(
            "t.csv",
            " 1.5 2   3e1\n\n4, 5,\t6\n7 8 9",
            new Format(Separator.COMMAS_OR_BLANKS, false),
            HERE);
    Dataset data = table.regression(List.of("x3", "x1"), Set.of()).dataset();
    assertArrayEquals(new float[] {2, 5, 8}, data.features());
    assertArrayEquals(new float[] {30, 1.5f, 6, 4, 9, 7}, data.targets());
    assertTrue(
        refusal(
                IllegalArgumentException.class,
                () -> table.regression(List.of("x1", "x2", "x3"), Set.of()))
            .contains("3 are targets"));
  }

  @Test
  void missingValuesAreRefusedWithTheirPlace() {
    for (String nothing : List.of("", "NA", "?", "NaN")) {
      String message =
          refusal(
              IllegalArgumentException.class,
              () -> csv("a,b,y\n1,2,3\n1," + nothing + ",3\n").regression(List.of("y"), Set.of()));
      assertTrue(message.contains("line 3") && message.contains("'b'"), message);
    }
  }

  @Test
  void aTypingErrorAmongNumbersIsNoCategory() {
    String message =
        refusal(
            IllegalArgumentException.class,
            () -> csv("a,y\n1,2\n1o,3\n").regression(List.of("y"), Set.of()));
    assertTrue(message.contains("'1o' in line 3, column 'a'"), message);
    assertTrue(
        refusal(
                IllegalArgumentException.class,
                () -> csv("a,y\n1,2\nInfinity,3\n").regression(List.of("y"), Set.of()))
            .contains("Infinity"));
  }

  @Test
  void brokenTablesAreRefused() {
    Class<InvalidFileException> invalid = InvalidFileException.class;
    assertTrue(refusal(invalid, () -> csv("a,y\n1,2\n1,2,3\n")).contains("line 3 has 3 cells"));
    assertTrue(refusal(invalid, () -> csv("a,a\n1,2\n")).contains("'a': 1 and 2"));
    assertTrue(refusal(invalid, () -> csv("a,\n1,2\n")).contains("column 2 has no name"));
    assertTrue(refusal(invalid, () -> csv("a,y\n")).contains("no row"));
    assertTrue(refusal(invalid, () -> csv("a,y\n1,\"2\n3,4\n")).contains("line 2 is not closed"));
    assertTrue(refusal(invalid, () -> csv("a,y\n1,\"2\"3\n")).contains("after a closing quote"));
    assertTrue(
        refusal(
                IllegalArgumentException.class,
                () -> csv("a,y\n1,2\n").regression(List.of("z"), Set.of()))
            .contains("its columns are a, y"));
    assertTrue(
        refusal(
                IllegalArgumentException.class,
                () -> csv("a;y\n1;2\n").regression(List.of("a;y"), Set.of()))
            .contains("separator"));
    assertThrows(
        DataNotFoundException.class, () -> TableFile.read(Path.of("no-such.csv"), Format.CSV));
  }
}
