package io.github.bmr4j.models.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/**
 * Reads a safetensors file, mapped into memory: files and tensors may be larger than 2 GiB as long
 * as each array asked for is not. The file must not be truncated while it is open (no reader of
 * mapped memory survives that); {@link AtomicFiles} never does.
 */
public final class SafetensorsReader extends TensorReader {

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final long CHUNK_BYTES = 1 << 20;

  private final Arena arena;
  private final MemorySegment file;
  private final long dataOffset;

  private SafetensorsReader(
      Arena arena, MemorySegment file, String source, SafetensorsHeader header) {
    super(source, header.metadata(), header.tensors());
    this.arena = arena;
    this.file = file;
    dataOffset = header.dataOffset();
  }

  private static SafetensorsReader of(Arena arena, MemorySegment file, String source) {
    if (file.byteSize() < SafetensorsHeader.PREFIX) {
      throw new InvalidFileException(
          source,
          0,
          "found "
              + file.byteSize()
              + " bytes, expected at least the "
              + SafetensorsHeader.PREFIX
              + " of the header's length");
    }
    int length = SafetensorsHeader.checkLength(file.get(LONG, 0), file.byteSize(), source);
    byte[] json = file.asSlice(SafetensorsHeader.PREFIX, length).toArray(ValueLayout.JAVA_BYTE);
    SafetensorsHeader header = SafetensorsHeader.parse(json, file.byteSize(), source);
    return new SafetensorsReader(arena, file, source, header);
  }

  /**
   * Opens a file and checks its header.
   *
   * @param path of the file
   * @throws InvalidFileException when it is not a safetensors file without fault
   * @throws IOException when it cannot be read at all
   */
  public static SafetensorsReader open(Path path) throws IOException {
    requireFile(path);
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return of(arena, mapped, path.toString());
    } catch (Throwable failure) {
      arena.close();
      throw failure;
    }
  }

  /** Reads bytes that are in memory already. */
  static SafetensorsReader of(byte[] bytes, String source) {
    return of(Arena.ofShared(), MemorySegment.ofArray(bytes).asReadOnly(), source);
  }

  @Override
  MemorySegment bytes(TensorEntry tensor) {
    return file.asSlice(dataOffset + tensor.begin(), tensor.end() - tensor.begin());
  }

  @Override
  long offset(TensorEntry tensor) {
    return dataOffset + tensor.begin();
  }

  /**
   * Makes sure that the file is, to the last bit, what {@link SafetensorsWriter#seal} wrote.
   *
   * @throws InvalidFileException if it is not, or has no checksum
   */
  public void requireSeal() {
    String claimed = metadata().get(SafetensorsHeader.SEAL);
    if (claimed == null || claimed.length() != SafetensorsHeader.NO_DIGEST.length()) {
      throw new InvalidFileException(
          source(), -1, "has no checksum, but one was written with every file of its kind");
    }
    byte[] header = file.asSlice(0, dataOffset).toArray(ValueLayout.JAVA_BYTE);
    SafetensorsHeader.putDigest(header, SafetensorsHeader.SEAL, SafetensorsHeader.NO_DIGEST);
    MessageDigest digest = Sha256.digest();
    digest.update(header);
    for (long from = dataOffset; from < file.byteSize(); from += CHUNK_BYTES) {
      long count = Math.min(CHUNK_BYTES, file.byteSize() - from);
      digest.update(file.asSlice(from, count).asByteBuffer());
    }
    String found = Sha256.hexadecimal(digest);
    if (!found.equals(claimed)) {
      throw new InvalidFileException(
          source(),
          -1,
          "has the checksum " + found + ", but was written with " + claimed + " (it is damaged)");
    }
  }

  /** Unmaps the file. */
  @Override
  public void close() {
    arena.close();
  }
}
