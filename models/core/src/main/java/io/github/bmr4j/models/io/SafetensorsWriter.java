package io.github.bmr4j.models.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Writes tensors as a safetensors file. Data is laid out by falling element size (within one size,
 * as added), so that every tensor is aligned; the header is padded to a multiple of eight with
 * blanks.
 */
public final class SafetensorsWriter extends TensorWriter<SafetensorsWriter> {

  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, Supplier<String>> digests = new LinkedHashMap<>();

  private boolean sealed;

  /** An empty file. */
  public SafetensorsWriter() {}

  /**
   * Puts a checksum of the whole file into its metadata; see {@link SafetensorsReader#requireSeal}.
   *
   * @return this
   */
  public SafetensorsWriter seal() {
    metadata(SafetensorsHeader.SEAL, SafetensorsHeader.NO_DIGEST);
    sealed = true;
    return this;
  }

  @Override
  SafetensorsWriter self() {
    return this;
  }

  @Override
  void checkName(String name) {
    if (SafetensorsHeader.METADATA.equals(name)) {
      throw new IllegalArgumentException("No tensor can have the name " + name);
    }
  }

  /**
   * Adds an entry of {@code __metadata__}.
   *
   * @param key not used before
   * @param value any text
   * @return this
   */
  public SafetensorsWriter metadata(String key, String value) {
    Objects.requireNonNull(value, key);
    if (metadata.putIfAbsent(key, value) != null) {
      throw new IllegalArgumentException("The metadata has the key \"" + key + "\" already");
    }
    return this;
  }

  /**
   * Adds an entry of {@code __metadata__} that is a digest and is asked for last, when everything
   * else is written, so that it can be computed meanwhile.
   *
   * @param key not used before, in ASCII
   * @param digest gives 64 hexadecimal digits
   * @return this
   */
  public SafetensorsWriter digest(String key, Supplier<String> digest) {
    metadata(key, SafetensorsHeader.NO_DIGEST);
    digests.put(key, digest);
    return this;
  }

  @Override
  public void write(Path path) throws IOException {
    List<Pending> ordered = pending();
    ordered.sort(Comparator.comparingInt((Pending tensor) -> tensor.type().bytes()).reversed());
    byte[] header = header(ordered);
    if (sealed) {
      putDigests(header);
      MessageDigest digest = Sha256.digest();
      digest.update(prefix(header));
      digest.update(header);
      forEachChunk(
          ordered,
          bytes -> {
            digest.update(bytes);
            return bytes;
          });
      SafetensorsHeader.putDigest(header, SafetensorsHeader.SEAL, Sha256.hexadecimal(digest));
    }
    AtomicFiles.write(
        path,
        channel -> {
          WriteBehind.writeAll(channel, prefix(header));
          WriteBehind.writeAll(channel, ByteBuffer.wrap(header));
          try (WriteBehind behind = new WriteBehind(channel, chunk())) {
            forEachChunk(ordered, behind);
          }
          if (!sealed && !digests.isEmpty()) {
            putDigests(header);
            WriteBehind.writeAll(
                channel.position(SafetensorsHeader.PREFIX), ByteBuffer.wrap(header));
          }
        });
  }

  private void putDigests(byte[] header) {
    digests.forEach((key, digest) -> SafetensorsHeader.putDigest(header, key, digest.get()));
  }

  private byte[] header(List<Pending> ordered) {
    Map<String, Object> members = new LinkedHashMap<>();
    if (!metadata.isEmpty()) {
      members.put(SafetensorsHeader.METADATA, metadata);
    }
    long begin = 0;
    for (Pending tensor : ordered) {
      long end = begin + tensor.type().bytes() * tensor.length();
      Map<String, Object> description = new LinkedHashMap<>();
      description.put("dtype", tensor.type().name());
      description.put("shape", tensor.shape());
      description.put("data_offsets", new long[] {begin, end});
      members.put(tensor.name(), description);
      begin = end;
    }
    byte[] json = Json.write(members).getBytes(StandardCharsets.UTF_8);
    int padded = Math.ceilDiv(json.length, Long.BYTES) * Long.BYTES;
    if (padded > SafetensorsHeader.MAX_LENGTH) {
      throw new IllegalArgumentException(
          "The header of "
              + ordered.size()
              + " tensors has "
              + padded
              + " bytes, more than the format's "
              + SafetensorsHeader.MAX_LENGTH);
    }
    byte[] header = new byte[padded];
    System.arraycopy(json, 0, header, 0, json.length);
    Arrays.fill(header, json.length, padded, (byte) ' ');
    return header;
  }

  private static ByteBuffer prefix(byte[] header) {
    return ByteBuffer.allocate(SafetensorsHeader.PREFIX)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .flip();
  }

  private static void forEachChunk(List<Pending> ordered, Sink sink) throws IOException {
    ByteBuffer chunk = chunk();
    for (Pending tensor : ordered) {
      chunk = forEachChunk(tensor, chunk, sink);
    }
  }
}
