package io.github.bmr4j.models.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Digests of what was read. */
public final class Sha256 {

  private static final int CHUNK_BYTES = 1 << 20;

  private Sha256() {}

  /** A digest to be fed. */
  public static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("Every Java platform has SHA-256", impossible);
    }
  }

  /**
   * The digest of bytes in hexadecimal digits.
   *
   * @param parts in their order
   */
  public static String of(byte[]... parts) {
    MessageDigest digest = digest();
    for (byte[] part : parts) {
      digest.update(part);
    }
    return hexadecimal(digest);
  }

  /**
   * The digest of a file's content in hexadecimal digits.
   *
   * @param file of any size
   * @throws IOException when it cannot be read
   */
  public static String of(Path file) throws IOException {
    MessageDigest digest = digest();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
      while (channel.read(chunk) >= 0) {
        digest.update(chunk.flip());
        chunk.clear();
      }
    }
    return hexadecimal(digest);
  }

  /**
   * The result of a digest in hexadecimal digits.
   *
   * @param digest that was fed; empty afterwards
   */
  public static String hexadecimal(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
