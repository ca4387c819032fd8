package io.github.bmr4j.models.io;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Reads a file of NumPy's {@code savez} or {@code savez_compressed}. All arrays are unpacked into
 * memory outside of the heap when it is opened. An array is refused whose size is not the one that
 * its shape asks for, or that is larger than what so many compressed bytes can hold, before memory
 * is taken for it.
 */
public final class NpzReader extends TensorReader {

  private static final String SUFFIX = ".npy";

  /** No deflated stream unpacks to more than this times its size. */
  private static final long MOST_EXPANSION = 1032;

  private static final int CHUNK_BYTES = 1 << 16;

  private final Arena arena;
  private final Map<String, MemorySegment> data;

  private NpzReader(
      String source, Arena arena, List<TensorEntry> tensors, Map<String, MemorySegment> data) {
    super(source, Map.of(), tensors);
    this.arena = arena;
    this.data = data;
  }

  /** Whether a file that begins with these bytes is a zip file. */
  static boolean isZip(byte[] first) {
    return first.length >= 4
        && first[0] == 'P'
        && first[1] == 'K'
        && ((first[2] == 3 && first[3] == 4) || (first[2] == 5 && first[3] == 6));
  }

  /**
   * Opens a file and unpacks it.
   *
   * @param path of the file
   * @throws InvalidFileException when it is no npz file without fault
   * @throws IOException when it cannot be read at all
   */
  public static NpzReader open(Path path) throws IOException {
    requireFile(path);
    Arena arena = Arena.ofShared();
    try (ZipFile zip = new ZipFile(path.toFile())) {
      List<TensorEntry> tensors = new ArrayList<>();
      Map<String, MemorySegment> data = new HashMap<>();
      for (ZipEntry entry : Collections.list(zip.entries())) {
        if (entry.getName().endsWith(SUFFIX)) {
          String name = entry.getName().substring(0, entry.getName().length() - SUFFIX.length());
          String source = path + ", array \"" + name + "\"";
          try (CheckedInputStream in =
              new CheckedInputStream(zip.getInputStream(entry), new CRC32())) {
            tensors.add(unpack(in, entry, name, source, arena, data));
          }
        }
      }
      return new NpzReader(path.toString(), arena, tensors, data);
    } catch (ZipException | EOFException broken) {
      arena.close();
      throw new InvalidFileException(
          path.toString(), -1, "is no zip file without fault: " + broken.getMessage(), broken);
    } catch (Throwable failure) {
      arena.close();
      throw failure;
    }
  }

  private static TensorEntry unpack(
      CheckedInputStream in,
      ZipEntry entry,
      String name,
      String source,
      Arena arena,
      Map<String, MemorySegment> data)
      throws IOException {
    byte[] start = in.readNBytes(NpyHeader.ENOUGH);
    byte[] bytes = new byte[NpyHeader.length(start, source)];
    System.arraycopy(start, 0, bytes, 0, start.length);
    if (in.readNBytes(bytes, start.length, bytes.length - start.length)
        < bytes.length - start.length) {
      throw new InvalidFileException(source, bytes.length, "ends within its header");
    }
    NpyHeader header = NpyHeader.parse(bytes, source);
    long size = header.dataBytes();
    if (size < 0 || size != entry.getSize() - header.length()) {
      throw new InvalidFileException(
          source,
          header.length(),
          "has "
              + (entry.getSize() - header.length())
              + " bytes of data, but "
              + header.type()
              + " of shape "
              + header.shape()
              + " needs "
              + (size < 0 ? "2^63 or more" : size));
    }
    if (size > MOST_EXPANSION * (entry.getCompressedSize() + 1)) {
      throw new InvalidFileException(
          source,
          -1,
          "claims to unpack "
              + entry.getCompressedSize()
              + " bytes to "
              + size
              + ", more than any zip file can");
    }
    MemorySegment segment = arena.allocate(Math.max(1, size), Long.BYTES).asSlice(0, size);
    fill(segment, in, source);
    if (in.getChecksum().getValue() != entry.getCrc()) {
      throw new InvalidFileException(source, -1, "is damaged: its checksum is not the file's");
    }
    if (header.bigEndian()) {
      swap(segment, header.type().bytes());
    }
    if (data.put(name, rowMajor(segment, header, arena)) != null) {
      throw new InvalidFileException(source, -1, "is there twice");
    }
    return new TensorEntry(name, header.type(), header.shape(), 0, size);
  }

  private static void fill(MemorySegment segment, InputStream in, String source)
      throws IOException {
    byte[] chunk = new byte[CHUNK_BYTES];
    long at = 0;
    for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
      if (read > segment.byteSize() - at) {
        throw new InvalidFileException(source, at, "has more data than its shape needs");
      }
      MemorySegment.copy(MemorySegment.ofArray(chunk), 0, segment, at, read);
      at += read;
    }
    if (at < segment.byteSize()) {
      throw new InvalidFileException(source, at, "ends before its shape's " + segment.byteSize());
    }
  }

  private static void swap(MemorySegment segment, int bytes) {
    for (long at = 0; at < segment.byteSize(); at += bytes) {
      segment.asSlice(at, bytes).copyFrom(reversed(segment.asSlice(at, bytes)));
    }
  }

  private static MemorySegment reversed(MemorySegment element) {
    byte[] bytes = element.toArray(ValueLayout.JAVA_BYTE);
    for (int i = 0; i < bytes.length / 2; i++) {
      byte other = bytes[bytes.length - 1 - i];
      bytes[bytes.length - 1 - i] = bytes[i];
      bytes[i] = other;
    }
    return MemorySegment.ofArray(bytes);
  }

  /** An array in which the last index runs fastest. */
  private static MemorySegment rowMajor(MemorySegment from, NpyHeader header, Arena arena) {
    int rank = header.shape().size();
    if (!header.fortranOrder() || rank < 2 || from.byteSize() == 0) {
      return from;
    }
    int bytes = header.type().bytes();
    MemorySegment to = arena.allocate(from.byteSize(), Long.BYTES);
    long[] index = new long[rank];
    long[] stride = new long[rank];
    stride[0] = 1;
    for (int d = 1; d < rank; d++) {
      stride[d] = stride[d - 1] * header.shape().get(d - 1);
    }
    for (long at = 0; at < to.byteSize(); at += bytes) {
      long source = 0;
      for (int d = 0; d < rank; d++) {
        source += index[d] * stride[d];
      }
      MemorySegment.copy(from, source * bytes, to, at, bytes);
      for (int d = rank - 1; d >= 0 && ++index[d] == header.shape().get(d); d--) {
        index[d] = 0;
      }
    }
    return to;
  }

  @Override
  MemorySegment bytes(TensorEntry tensor) {
    return data.get(tensor.name());
  }

  @Override
  long offset(TensorEntry tensor) {
    return -1;
  }

  /** Frees the arrays. */
  @Override
  public void close() {
    arena.close();
  }
}
