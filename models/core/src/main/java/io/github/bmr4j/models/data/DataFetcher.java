package io.github.bmr4j.models.data;

import io.github.bmr4j.models.io.AtomicFiles;
import io.github.bmr4j.models.io.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Downloads the files of a data set over HTTP(S) and keeps them only when size and SHA-256 are the
 * published ones; so it does not matter how trustworthy the server or a mirror is. Each file
 * appears whole or not at all. A file that is there already and right is not downloaded again.
 */
public final class DataFetcher {

  private static final int BUFFER = 1 << 16;

  private final URI base;
  private final Duration patience;
  private final Progress progress;

  /**
   * A file to download.
   *
   * @param name of the file, on the server and here; no path
   * @param size in bytes
   * @param sha256 64 hexadecimal digits, in lower case
   */
  public record RemoteFile(String name, long size, String sha256) {

    /** Checks the domains. */
    public RemoteFile {
      if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*") || size < 0) {
        throw new IllegalArgumentException(
            "A file to download needs a plain name and a size, but has " + name + " and " + size);
      }
      if (!sha256.matches("[0-9a-f]{64}")) {
        throw new IllegalArgumentException(name + " has no SHA-256 of 64 digits: " + sha256);
      }
    }
  }

  /** Told how far a download is. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Told after each piece, by the thread that downloads.
     *
     * @param file under way
     * @param bytes of it that have come so far
     */
    void report(RemoteFile file, long bytes);
  }

  /**
   * A fetcher that gives up when nothing comes for half a minute.
   *
   * @param base address of the folder that has the files; with or without a slash at its end
   * @param progress told how far it is
   */
  public DataFetcher(URI base, Progress progress) {
    this(base, progress, Duration.ofSeconds(30));
  }

  /**
   * @param base address of the folder that has the files; with or without a slash at its end
   * @param progress told how far it is
   * @param patience how long nothing may come before it gives up
   */
  public DataFetcher(URI base, Progress progress, Duration patience) {
    String scheme = base.getScheme();
    if (!"https".equalsIgnoreCase(scheme) && !"http".equalsIgnoreCase(scheme)) {
      throw new IllegalArgumentException(
          "The address to download from must begin with https:// or http://, but is " + base);
    }
    this.base = base.toString().endsWith("/") ? base : URI.create(base + "/");
    this.patience = patience;
    this.progress = progress;
  }

  /**
   * Downloads what is missing or wrong.
   *
   * @param folder where to; created if need be
   * @param files what
   * @throws IOException naming the address or the folder and what is wrong: it cannot be written,
   *     the server does not answer or not with the file, or the content is not the published one.
   *     Files that were whole before the failure stay.
   */
  public void fetch(Path folder, List<RemoteFile> files) throws IOException {
    AtomicFiles.checkWritable(folder);
    try (HttpClient client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(patience)
            .build()) {
      for (RemoteFile file : files) {
        Path target = folder.resolve(file.name());
        if (isRight(target, file)) {
          progress.report(file, file.size());
        } else {
          AtomicFiles.write(target, channel -> download(client, file, channel));
        }
      }
    }
  }

  private static boolean isRight(Path target, RemoteFile file) throws IOException {
    if (!Files.isRegularFile(target) || Files.size(target) != file.size()) {
      return false;
    }
    MessageDigest digest = Sha256.digest();
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(target)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
    }
    return Sha256.hexadecimal(digest).equals(file.sha256());
  }

  private void download(HttpClient client, RemoteFile file, FileChannel target) throws IOException {
    URI address = base.resolve(file.name());
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .timeout(patience)
            .header("Accept-Encoding", "identity")
            .build();
    HttpResponse<InputStream> response;
    try {
      response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException interrupted) {
      throw interrupted(address, interrupted);
    } catch (IOException failure) {
      throw failed(address, failure);
    }
    try (InputStream body = response.body()) {
      if (response.statusCode() != 200) {
        throw new IOException(
            "Cannot download "
                + address
                + ": the server answered with status "
                + response.statusCode());
      }
      long announced = response.headers().firstValueAsLong("Content-Length").orElse(file.size());
      if (announced != file.size()) {
        throw wrong(address, announced + " bytes", file.size() + " bytes");
      }
      copy(body, file, address, target);
    }
  }

  private void copy(InputStream body, RemoteFile file, URI address, FileChannel target)
      throws IOException {
    MessageDigest digest = Sha256.digest();
    byte[] buffer = new byte[BUFFER];
    long size = 0;
    try (Watch watch = new Watch(body, patience)) {
      for (int count = read(body, buffer, address, watch);
          count >= 0;
          count = read(body, buffer, address, watch)) {
        size += count;
        if (size > file.size()) {
          throw wrong(address, "more than " + file.size() + " bytes", file.size() + " bytes");
        }
        digest.update(buffer, 0, count);
        for (ByteBuffer piece = ByteBuffer.wrap(buffer, 0, count); piece.hasRemaining(); ) {
          target.write(piece);
        }
        progress.report(file, size);
      }
    }
    if (size != file.size()) {
      throw wrong(address, size + " bytes", file.size() + " bytes");
    }
    String sha256 = Sha256.hexadecimal(digest);
    if (!sha256.equals(file.sha256())) {
      throw wrong(address, "the SHA-256 " + sha256, file.sha256());
    }
  }

  // Failures of reading are the network's, those of writing are not.
  private static int read(InputStream body, byte[] buffer, URI address, Watch watch)
      throws IOException {
    try {
      int count = body.read(buffer);
      watch.somethingCame();
      return count;
    } catch (IOException failure) {
      throw watch.gaveUp()
          ? new IOException(
              "Cannot download " + address + ": nothing came for " + watch.patience(), failure)
          : failed(address, failure);
    }
  }

  private static IOException failed(URI address, IOException failure) {
    String reason = failure.getMessage() == null ? "" : ": " + failure.getMessage();
    return new IOException(
        "Cannot download " + address + " (" + failure.getClass().getSimpleName() + reason + ")",
        failure);
  }

  private static InterruptedIOException interrupted(URI address, InterruptedException cause) {
    Thread.currentThread().interrupt();
    InterruptedIOException interrupted =
        new InterruptedIOException("The download of " + address + " was interrupted");
    interrupted.initCause(cause);
    return interrupted;
  }

  private static IOException wrong(URI address, String found, String expected) {
    return new IOException(
        "The download of "
            + address
            + " has "
            + found
            + ", expected "
            + expected
            + "; it was thrown away");
  }

  /** Closes a stream from which nothing has come for too long: its read has no time limit. */
  private static final class Watch implements AutoCloseable {

    private final Duration patience;
    private final AtomicLong lastNanos = new AtomicLong(System.nanoTime());
    private final AtomicBoolean gaveUp = new AtomicBoolean();
    private final Thread thread;

    Watch(InputStream body, Duration patience) {
      this.patience = patience;
      this.thread = Thread.ofVirtual().name("download-watch").start(() -> watch(body));
    }

    private void watch(InputStream body) {
      try {
        long left = patience.toNanos();
        while (left > 0) {
          Thread.sleep(Duration.ofNanos(left));
          left = lastNanos.get() + patience.toNanos() - System.nanoTime();
        }
        gaveUp.set(true);
        body.close();
      } catch (InterruptedException done) {
        Thread.currentThread().interrupt();
      } catch (IOException closing) {
        // Then the read fails by itself.
      }
    }

    void somethingCame() {
      lastNanos.set(System.nanoTime());
    }

    boolean gaveUp() {
      return gaveUp.get();
    }

    Duration patience() {
      return patience;
    }

    @Override
    public void close() {
      thread.interrupt();
    }
  }
}
