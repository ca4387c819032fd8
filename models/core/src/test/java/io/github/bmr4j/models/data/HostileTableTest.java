package io.github.bmr4j.models.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.InvalidFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables that nobody meant to be read as they were. */
class HostileTableTest {

  private static final Provenance NONE = new Provenance("computed", "none needed", Map.of());

  @TempDir private Path folder;

  private static Table table(String text) {
    return TableFile.parse("t.csv", text, TableFile.Format.CSV, NONE);
  }

  /** A Java number may end in f or d, and be hexadecimal; a cell of a table is none then. */
  @Test
  void whatOnlyJavaCallsANumberIsText() {
    List<String> texts = List.of("1f", "2d", "0x1p3", "1_000", "1e", ".", "+", "--1", "1.2.3", "٣");
    for (String text : texts) {
      Table.Named named =
          table("a,y\n" + text + ",1\n" + text + ",2\n").regression(List.of("y"), Set.of());
      assertEquals(List.of("a=" + text), named.features());
    }
    for (String text : List.of("1", "+1.5", "-.5", "2.", "3e-4", "1E+2", "007")) {
      Table.Named named = table("a,y\n" + text + ",1\n2,2\n").regression(List.of("y"), Set.of());
      assertEquals(List.of("a"), named.features(), text);
    }
  }

  @Test
  void bytesThatAreNoTextAreRefusedWithTheirPlace() throws IOException {
    byte[] bytes = "name,y\nM\u00fcller,1\n".getBytes(StandardCharsets.ISO_8859_1);
    Path file = Files.write(folder.resolve("latin.csv"), bytes);
    InvalidFileException refused =
        assertThrows(InvalidFileException.class, () -> TableFile.read(file, TableFile.Format.CSV));
    assertEquals(8, refused.offset());
    assertTrue(refused.getMessage().contains("not UTF-8"), refused.getMessage());
  }

  /** An indicator for each of 50,000 identifiers would take ten gigabytes. */
  @Test
  void aColumnOfIdentifiersIsRefusedBeforeMemoryIsTaken() {
    String rows =
        IntStream.range(0, 50_000).mapToObj(i -> "id" + i + ",1").collect(Collectors.joining("\n"));
    Table table = table("id,y\n" + rows);
    String message =
        assertThrows(IllegalArgumentException.class, () -> table.regression(List.of("y"), Set.of()))
            .getMessage();
    assertTrue(message.contains("different values in column 'id'"), message);
    assertThrows(IllegalArgumentException.class, () -> table.classification("id", Set.of()));
  }

  /** Names are looked up, not searched for: a million columns are no hang. */
  @Test
  void aMillionColumnsAreReadInTime() {
    String names =
        IntStream.range(0, 1_000_000).mapToObj(i -> "c" + i).collect(Collectors.joining(","));
    String cells = "1,".repeat(999_999) + "1";
    int columns =
        assertTimeoutPreemptively(
            Duration.ofMinutes(2), () -> table(names + "\n" + cells + "\n").columns().size());
    assertEquals(1_000_000, columns);
  }
}
