package io.github.bmr4j.models.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FashionMnistTest {

  @TempDir Path folder;

  @Test
  void readsTheFourFiles() throws IOException {
    IdxBytes.writeMnist(folder);
    Split split = FashionMnist.load(folder);
    assertEquals(3, split.train().size());
    assertEquals(2, split.test().size());
    assertEquals(new InputShape(1, 2, 2), split.train().inputShape());
    assertArrayEquals(new int[] {0, 9, 5}, split.train().labels());
    assertEquals("Ankle boot", split.train().classNames().get(split.train().label(1)));
    assertEquals(37f / 255, split.train().features()[1]);
    assertEquals((7 * 37 & 0xff) / 255f, split.train().features()[7]);
    Provenance provenance = split.test().provenance();
    assertEquals("MIT", provenance.licence());
    assertTrue(provenance.source().contains(folder.toString()));
    // Compressed or not, the digest is of the content.
    assertEquals(
        Map.of(
            "t10k-images-idx3-ubyte", Sha256.of(IdxBytes.images(2, 2, 2)),
            "t10k-labels-idx1-ubyte", Sha256.of(IdxBytes.labels(1, 2))),
        provenance.sha256());
  }

  @Test
  void takesTheFirstFolderThatHasAllFour() throws IOException {
    Path half = folder.resolve("half");
    Path whole = folder.resolve("whole");
    IdxBytes.writeMnist(half);
    IdxBytes.writeMnist(whole);
    Files.delete(half.resolve("train-labels-idx1-ubyte"));
    Split split = FashionMnist.firstOf(List.of(folder.resolve("missing"), half, whole));
    assertTrue(split.train().provenance().source().contains(whole.toString()));
  }

  @Test
  void saysWhereItLookedAndHowToGetIt() throws IOException {
    Path half = folder.resolve("half");
    IdxBytes.writeMnist(half);
    Files.delete(half.resolve("train-labels-idx1-ubyte"));
    Path missing = folder.resolve("missing");
    DataNotFoundException notFound =
        assertThrows(
            DataNotFoundException.class, () -> FashionMnist.firstOf(List.of(missing, half)));
    for (String fact :
        List.of(
            missing.toString(),
            half + " (which lacks train-labels-idx1-ubyte)",
            "bmr data fetch fashion-mnist",
            "apt-get install dataset-fashion-mnist",
            "name the folder")) {
      assertTrue(notFound.getMessage().contains(fact), notFound.getMessage());
    }
    assertThrows(DataNotFoundException.class, () -> FashionMnist.load(missing));
    assertThrows(
        DataNotFoundException.class,
        () -> MnistFiles.read(missing, "mnist", List.of("0"), "made", "none"));
  }

  @Test
  void refusesFilesThatDoNotFitTogether() throws IOException {
    IdxBytes.writeMnist(folder);
    assertRefused("train-labels-idx1-ubyte", IdxBytes.labels(0, 9), "for each of the 3 images");
    assertRefused("train-labels-idx1-ubyte", IdxBytes.labels(0, 9, 10), "label 10 in row 2");
    assertRefused("train-labels-idx1-ubyte", IdxBytes.labels(0, 255, 1), "label 255 in row 1");
    assertRefused("train-labels-idx1-ubyte", IdxBytes.images(3, 1, 1), "one label for each");
    assertRefused("t10k-images-idx3-ubyte", IdxBytes.labels(1, 2), "[images, height, width]");
    assertRefused("t10k-images-idx3-ubyte", IdxBytes.images(2, 2, 3), "expected 1×2×2");
    assertRefused("t10k-images-idx3-ubyte", IdxBytes.images(2, 0, 3), "none of them 0");
    assertRefused("t10k-images-idx3-ubyte", new byte[7], "magic number");
  }

  private void assertRefused(String name, byte[] content, String problem) throws IOException {
    Path file = folder.resolve(name);
    byte[] good = Files.readAllBytes(file);
    Files.write(file, content);
    InvalidFileException refused =
        assertThrows(InvalidFileException.class, () -> FashionMnist.load(folder));
    assertEquals(file.toString(), refused.file());
    assertTrue(refused.getMessage().contains(problem), refused.getMessage());
    Files.write(file, good);
  }

  @Test
  void theCacheFolderFollowsTheEnvironment() {
    assertEquals(
        Path.of("/c"),
        DataFolders.cache(Map.of("BMR_CACHE", "/c", "XDG_CACHE_HOME", "/x"), "/home/u"));
    assertEquals(Path.of("/x/bmr4j"), DataFolders.cache(Map.of("XDG_CACHE_HOME", "/x"), "/home/u"));
    assertEquals(
        Path.of("/home/u/.cache/bmr4j"),
        DataFolders.cache(Map.of("XDG_CACHE_HOME", "relative"), "/home/u"));
    assertEquals(Path.of("/home/u/.cache/bmr4j"), DataFolders.cache(Map.of(), "/home/u"));
  }

  /** Only where Debian's package is installed: the real data, which is 55 MB. */
  @Test
  void readsThePublishedData() throws IOException {
    Path installed = DataFolders.SYSTEM.resolve(FashionMnist.NAME);
    assumeTrue(MnistFiles.missing(installed).isEmpty(), "dataset-fashion-mnist is not installed");
    Split split = FashionMnist.load(installed);
    assertEquals(60_000, split.train().size());
    assertEquals(10_000, split.test().size());
    assertEquals(new InputShape(1, 28, 28), split.test().inputShape());
    assertEquals(
        Map.of(
            "train-images-idx3-ubyte",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "train-labels-idx1-ubyte",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        split.train().provenance().sha256());
    // Mean and standard deviation that the literature gives for the training part.
    Standardization found = Standardization.perChannel(split.train());
    assertEquals(0.2860, found.mean()[0], 5e-5);
    assertEquals(0.3530, found.standardDeviation()[0], 5e-5);
  }
}
