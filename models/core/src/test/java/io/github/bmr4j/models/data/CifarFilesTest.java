package io.github.bmr4j.models.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.data.CifarFiles.Kind;
import io.github.bmr4j.models.io.InvalidFileException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarFilesTest {

  @TempDir private Path folder;

  /** Byte j of an image with seed s is s + 7 j, so that every place differs from its neighbours. */
  private static byte[] records(int labelBytes, int... labels) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int label : labels) {
      if (labelBytes == 2) {
        out.write(19);
      }
      out.write(label);
      for (int j = 0; j < 3072; j++) {
        out.write(label + 7 * j);
      }
    }
    return out.toByteArray();
  }

  private static String names(int classes) {
    return IntStream.range(0, classes).mapToObj(i -> "class" + i).collect(Collectors.joining("\n"));
  }

  private void writeTen() throws IOException {
    for (int i = 1; i <= 5; i++) {
      Files.write(folder.resolve("data_batch_" + i + ".bin"), records(1, i, 9 - i));
    }
    Files.write(folder.resolve("test_batch.bin"), records(1, 3));
    Files.writeString(folder.resolve("batches.meta.txt"), names(10) + "\n\n");
  }

  @Test
  void tenClassesComeFromFiveFilesInOrder() throws IOException {
    writeTen();
    Split split = CifarFiles.read(folder, Kind.CIFAR10);
    assertEquals(new InputShape(3, 32, 32), split.train().inputShape());
    assertArrayEquals(new int[] {1, 8, 2, 7, 3, 6, 4, 5, 5, 4}, split.train().labels());
    assertEquals("class9", split.train().classNames().get(9));
    float[] image = new float[3072];
    split.train().copyFeatures(3, 1, image, 0);
    for (int j : new int[] {0, 31, 1024, 3071}) {
      assertEquals(((7 + 7 * j) & 0xff) / 255f, image[j]);
    }
  }

  /** The paper's preparation: each channel by mean and deviation of the training part. */
  @Test
  void channelsAreStandardizedByTheTrainingPart() throws IOException {
    writeTen();
    Split split = CifarFiles.read(folder, Kind.CIFAR10);
    Standardization standardization = Standardization.perChannel(split.train());
    float[] train = standardization.apply(split.train()).features();
    float[] raw = split.test().features();
    float[] test = standardization.apply(split.test()).features();
    float[] rawTrain = split.train().features();
    for (int channel = 0; channel < 3; channel++) {
      double sum = 0;
      double squares = 0;
      double rawSum = 0;
      double rawSquares = 0;
      int count = 0;
      for (int i = 0; i < train.length; i++) {
        if (i / 1024 % 3 == channel) {
          sum += train[i];
          squares += train[i] * train[i];
          rawSum += rawTrain[i];
          rawSquares += rawTrain[i] * rawTrain[i];
          count++;
        }
      }
      assertEquals(0, sum / count, 1e-5);
      assertEquals(1, squares / count, 1e-4);
      double mean = rawSum / count;
      double deviation = Math.sqrt(rawSquares / count - mean * mean);
      int pixel = channel * 1024 + 77;
      assertEquals((raw[pixel] - mean) / deviation, test[pixel], 1e-4);
    }
  }

  @Test
  void aHundredClassesAreTheFineLabels() throws IOException {
    Files.write(folder.resolve("train.bin"), records(2, 99, 0, 41));
    Files.write(folder.resolve("test.bin"), records(2, 7));
    Files.writeString(folder.resolve("fine_label_names.txt"), names(100));
    Split split = CifarFiles.read(folder, Kind.CIFAR100);
    assertArrayEquals(new int[] {99, 0, 41}, split.train().labels());
    float[] image = new float[3072];
    split.test().copyFeatures(0, 1, image, 0);
    assertEquals(14 / 255f, image[1]);
  }

  @Test
  void brokenFilesAreRefusedWithTheirPlace() throws IOException {
    writeTen();
    Files.write(folder.resolve("test_batch.bin"), new byte[3074]);
    InvalidFileException torn =
        assertThrows(InvalidFileException.class, () -> CifarFiles.read(folder, Kind.CIFAR10));
    assertTrue(torn.getMessage().contains("3074") && torn.getMessage().contains("3073"));
    assertEquals(3073, torn.offset());

    Files.write(folder.resolve("test_batch.bin"), records(1, 3, 10));
    InvalidFileException label =
        assertThrows(InvalidFileException.class, () -> CifarFiles.read(folder, Kind.CIFAR10));
    assertEquals(3073, label.offset());

    Files.writeString(folder.resolve("batches.meta.txt"), names(9));
    assertTrue(
        assertThrows(InvalidFileException.class, () -> CifarFiles.read(folder, Kind.CIFAR10))
            .getMessage()
            .contains("9 names, expected 10"));
  }

  @Test
  void missingFilesAreNamed() throws IOException {
    writeTen();
    Files.delete(folder.resolve("data_batch_4.bin"));
    String message =
        assertThrows(DataNotFoundException.class, () -> CifarFiles.read(folder, Kind.CIFAR10))
            .getMessage();
    assertTrue(message.contains("data_batch_4.bin") && !message.contains("data_batch_3"), message);
  }
}
