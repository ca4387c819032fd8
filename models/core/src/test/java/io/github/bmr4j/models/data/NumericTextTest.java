package io.github.bmr4j.models.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumericTextTest {

  @TempDir private Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("some.csv"), text);
  }

  @Test
  void commasAndBlanksAndNoLastLineEnd() throws IOException {
    Dataset data = NumericText.read(file(" 1.5 2   3e1\n\n4, 5,\t6\n7 8 9"), -1);
    assertEquals("some", data.name());
    assertEquals(3, data.size());
    assertArrayEquals(new float[] {1.5f, 2, 4, 5, 7, 8}, data.features());
    assertArrayEquals(new float[] {30, 6, 9}, data.targets());
  }

  @Test
  void severalTargetsInTheOrderAskedFor() throws IOException {
    Dataset data = NumericText.read(file("1,2,3,4\n5,6,7,8\n"), 3, 0);
    assertArrayEquals(new float[] {2, 3, 6, 7}, data.features());
    assertArrayEquals(new float[] {4, 1, 8, 5}, data.targets());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'1 2;3'     | -1 | line 2 | 2 columns",
        "'1 2;3 x'   | -1 | line 2 | \"x\"",
        "'1 2;3 NaN' | -1 | line 2 | \"NaN\"",
        "'1 2;3 1e99'| -1 | line 2 | \"1e99\"",
        "';  ;'      | -1 | rows   | none",
        "'1 2'       |  2 | 2 columns | [2]",
        "'1 2'       | -3 | 2 columns | [-3]",
      })
  void badFilesAreRefusedWithTheLine(String text, int target, String what, String more)
      throws IOException {
    Path file = file(text.replace(';', '\n'));
    String message =
        assertThrows(InvalidFileException.class, () -> NumericText.read(file, target)).getMessage();
    assertTrue(
        message.contains("some.csv") && message.contains(what) && message.contains(more), message);
  }

  @Test
  void targetScalesRestoreUnits() throws IOException {
    Dataset data = NumericText.read(file("1 10\n2 14\n3 18\n"), -1);
    TargetScale scale = TargetScale.of(data);
    assertEquals(14, scale.mean()[0], 1e-12);
    assertEquals(Math.sqrt(32 / 3.0), scale.standardDeviation()[0], 1e-12);
    float[] standardised = scale.apply(data).targets();
    assertEquals(0, standardised[1]);
    assertEquals(-standardised[0], standardised[2]);
  }

  @Test
  void toySequencesAreWindowsWithTheNextValue() {
    Dataset sine = ToySequences.SINE.dataset();
    assertEquals(792, sine.size());
    assertEquals(8, sine.inputShape().size());
    assertEquals(Math.sin(Math.PI * 0.01 * 8), sine.targets()[0], 1e-6);
    assertEquals(Math.sin(Math.PI * 0.01 * 108), sine.targets()[100], 1e-6);
    assertEquals(sine.features()[8 + 7], sine.targets()[0]);
    Dataset square = ToySequences.SQUARE.dataset();
    // At x = π/4.
    assertEquals(
        Math.sqrt(0.5) * (1 + 1 / 3.0 - 1 / 5.0 - 1 / 7.0), square.features()[8 * 25], 1e-6);
  }

  @Test
  void epochsAreOrdersOfAllExamples() {
    Epochs epochs = new Epochs(100, true, 5);
    int[] first = epochs.order(0).clone();
    int[] second = epochs.order(1).clone();
    assertTrue(!Arrays.equals(first, second));
    assertArrayEquals(first, new Epochs(100, true, 5).order(0));
    Arrays.sort(first);
    for (int i = 0; i < 100; i++) {
      assertEquals(i, first[i]);
      assertEquals(i, new Epochs(100, false, 5).order(3)[i]);
    }
  }
}
