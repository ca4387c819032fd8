package io.github.bmr4j.models.data;

import static io.github.bmr4j.models.data.DatasetTest.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.data.DataFetcher.RemoteFile;
import io.github.bmr4j.models.io.Sha256;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFetcherTest {

  private static final byte[] CONTENT = content();
  private static final RemoteFile FILE = new RemoteFile("a.gz", CONTENT.length, Sha256.of(CONTENT));

  @TempDir Path folder;

  private LoopbackServer server;

  private static byte[] content() {
    byte[] bytes = new byte[300_000];
    new Random(4).nextBytes(bytes);
    return bytes;
  }

  @BeforeEach
  void start() throws IOException {
    server = new LoopbackServer();
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private void fetch(RemoteFile... files) throws IOException {
    new DataFetcher(server.base(), (file, bytes) -> {}, Duration.ofSeconds(20))
        .fetch(folder, List.of(files));
  }

  private void assertFails(String... facts) throws IOException {
    IOException failure = assertThrows(IOException.class, () -> fetch(FILE));
    assertTrue(failure.getMessage().contains(server.base() + "a.gz"), failure.getMessage());
    for (String fact : facts) {
      assertTrue(failure.getMessage().contains(fact), failure.getMessage());
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(), left.toList(), "something was left behind");
    }
  }

  @Test
  void keepsAFileWhoseDigestIsRight() throws IOException {
    server.answer("/data/a.gz", LoopbackServer.ok(CONTENT));
    List<Long> progress = new ArrayList<>();
    new DataFetcher(server.base(), (file, bytes) -> progress.add(bytes))
        .fetch(folder.resolve("new/folder"), List.of(FILE));
    assertArrayEquals(CONTENT, Files.readAllBytes(folder.resolve("new/folder/a.gz")));
    assertEquals(CONTENT.length, progress.getLast());
    for (int i = 1; i < progress.size(); i++) {
      assertTrue(progress.get(i) > progress.get(i - 1));
    }
  }

  @Test
  void doesNotDownloadAgainWhatIsRightButReplacesWhatIsWrong() throws IOException {
    server.answer("/data/a.gz", LoopbackServer.ok(CONTENT));
    Path file = folder.resolve("a.gz");
    byte[] damaged = CONTENT.clone();
    damaged[7] ^= 1;
    Files.write(file, damaged);
    fetch(FILE);
    assertArrayEquals(CONTENT, Files.readAllBytes(file));
    assertEquals(1, server.requests());
    fetch(FILE);
    assertEquals(1, server.requests());
  }

  @Test
  void throwsAwayADamagedFile() throws IOException {
    byte[] damaged = CONTENT.clone();
    damaged[100_000] ^= 1;
    server.answer("/data/a.gz", LoopbackServer.ok(damaged));
    assertFails("SHA-256 " + Sha256.of(damaged), "expected " + FILE.sha256());
  }

  @Test
  void throwsAwayATruncatedFile() throws IOException {
    byte[] whole = LoopbackServer.ok(CONTENT);
    server.answer("/data/a.gz", Arrays.copyOf(whole, whole.length - 1000));
    assertFails("Cannot download");
  }

  @Test
  void throwsAwayAFileOfAnotherLength() throws IOException {
    byte[] shorter = Arrays.copyOf(CONTENT, CONTENT.length - 1);
    server.answer("/data/a.gz", LoopbackServer.ok(shorter));
    assertFails("299999 bytes", "expected 300000 bytes");
    // Without an announced length.
    server.answer("/data/a.gz", LoopbackServer.withoutLength(shorter));
    assertFails("299999 bytes", "expected 300000 bytes");
    server.answer(
        "/data/a.gz", LoopbackServer.withoutLength(Arrays.copyOf(CONTENT, CONTENT.length + 1)));
    assertFails("more than 300000 bytes");
  }

  @Test
  void saysWhatTheServerAnswered() throws IOException {
    assertFails("status 404");
    server.answer("/data/a.gz", LoopbackServer.status("503 Service Unavailable"));
    assertFails("status 503");
    server.answer("/data/a.gz", "no HTTP at all\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    assertFails("Cannot download");
    server.answer("/data/a.gz", new byte[0]);
    assertFails("Cannot download");
  }

  @Test
  void followsARedirect() throws IOException {
    server.answer("/data/a.gz", LoopbackServer.redirect("/elsewhere"));
    server.answer("/elsewhere", LoopbackServer.ok(CONTENT));
    fetch(FILE);
    assertArrayEquals(CONTENT, Files.readAllBytes(folder.resolve("a.gz")));
  }

  @Test
  void aRedirectInACircleEnds() throws IOException {
    server.answer("/data/a.gz", LoopbackServer.redirect("/data/a.gz"));
    assertFails();
  }

  @Test
  void givesUpWhenNothingComes() throws IOException {
    server.answer("/data/a.gz", Arrays.copyOf(LoopbackServer.ok(CONTENT), 100_000));
    server.stallAfterAnswering();
    DataFetcher fetcher =
        new DataFetcher(server.base(), (file, bytes) -> {}, Duration.ofMillis(300));
    IOException failure =
        assertThrows(IOException.class, () -> fetcher.fetch(folder, List.of(FILE)));
    assertTrue(failure.getMessage().contains("nothing came for PT0.3S"), failure.getMessage());
    assertFalse(Files.exists(folder.resolve("a.gz")));
  }

  @Test
  void whatWasWholeBeforeAFailureStays() throws IOException {
    server.answer("/data/a.gz", LoopbackServer.ok(CONTENT));
    RemoteFile missing = new RemoteFile("b.gz", 1, FILE.sha256());
    IOException failure = assertThrows(IOException.class, () -> fetch(FILE, missing));
    assertTrue(failure.getMessage().contains("b.gz"), failure.getMessage());
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(folder.resolve("a.gz")), left.toList());
    }
  }

  @Test
  void nobodyListens() throws IOException {
    server.close();
    assertFails("Cannot download", "ConnectException");
  }

  @Test
  void anUnwritableFolderIsFoundBeforeAnythingIsAsked() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    DataFetcher fetcher = new DataFetcher(server.base(), (f, bytes) -> {});
    IOException failure = assertThrows(IOException.class, () -> fetcher.fetch(file, List.of(FILE)));
    assertTrue(failure.getMessage().contains("a file, not a folder"), failure.getMessage());
    assertEquals(0, server.requests());
  }

  @Test
  void refusesNamesAndAddressesThatLeadElsewhere() {
    assertRefused(() -> new RemoteFile("../a", 1, FILE.sha256()), "plain name");
    assertRefused(() -> new RemoteFile("a", 1, "abc"), "64 digits");
    assertRefused(
        () -> new DataFetcher(URI.create("file:///etc/"), (file, bytes) -> {}), "https://");
  }

  @Test
  void theFilesOfFashionMnistAreThePublishedOnes() {
    assertEquals(4, FashionMnist.FILES.size());
    assertEquals("https", FashionMnist.PUBLISHED.getScheme());
    assertEquals(30_878_645, FashionMnist.FILES.stream().mapToLong(RemoteFile::size).sum());
  }
}
