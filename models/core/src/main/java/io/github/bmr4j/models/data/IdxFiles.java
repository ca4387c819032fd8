package io.github.bmr4j.models.data;

import io.github.bmr4j.models.io.InvalidFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Reads IDX files, the format of MNIST and its relatives: two zero bytes, the element type (8:
 * unsigned bytes, the only one read here), the number of dimensions, each dimension as a big-endian
 * 32-bit number, then the elements; plain or compressed by gzip, which is told by the content and
 * not by the file's name. Every size is checked before anything of that size is allocated.
 */
public final class IdxFiles {

  /** No file of this format is larger; an array could not hold it. */
  private static final long MAX_FILE = 1L << 30;

  private static final int UNSIGNED_BYTES = 8;
  private static final int MAX_DIMENSIONS = 8;

  /** No deflate stream is longer than this times its compressed form. */
  private static final long MAX_INFLATION = 1032;

  private static final int GZIP_HEADER = 10;
  private static final int GZIP_TRAILER = 8;

  private IdxFiles() {}

  /**
   * The array of an IDX file.
   *
   * @param dimensions each at least 0
   * @param elements unsigned bytes, row-major; as many as the product of the dimensions
   */
  public record IdxArray(int[] dimensions, byte[] elements) {}

  /**
   * Reads a file.
   *
   * @param file plain or compressed
   * @throws InvalidFileException when it is not an IDX file of unsigned bytes without fault
   * @throws IOException when it cannot be read at all
   */
  public static IdxArray read(Path file) throws IOException {
    long size = Files.size(file);
    if (size > MAX_FILE) {
      throw new InvalidFileException(
          file.toString(),
          -1,
          "has " + size + " bytes, expected an IDX file of at most " + MAX_FILE);
    }
    return parse(Files.readAllBytes(file), file.toString());
  }

  /** Reads a file's content. */
  static IdxArray parse(byte[] file, String name) {
    byte[] plain = isGzip(file) ? inflate(file, name) : file;
    int[] dimensions = dimensions(plain, plain.length, name, "");
    int header = Integer.BYTES * (1 + dimensions.length);
    return new IdxArray(dimensions, Arrays.copyOfRange(plain, header, plain.length));
  }

  private static boolean isGzip(byte[] file) {
    return file.length >= 2 && file[0] == 0x1f && (file[1] & 0xff) == 0x8b;
  }

  /**
   * Reads the dimensions and checks that the elements fill the rest of the file exactly.
   *
   * @param start at least the header, as far as there is one
   * @param size of the whole content
   * @param where the content is, if not simply in the file
   */
  private static int[] dimensions(byte[] start, long size, String name, String where) {
    if (start.length < Integer.BYTES) {
      throw new InvalidFileException(
          name, start.length, where + "found the end, expected the 4 bytes that begin an IDX file");
    }
    int magic = ByteBuffer.wrap(start).getInt();
    int rank = magic & 0xff;
    if (magic >>> 8 != UNSIGNED_BYTES || rank < 1 || rank > MAX_DIMENSIONS) {
      throw new InvalidFileException(
          name,
          0,
          where
              + String.format(
                  "found the magic number 0x%08x, expected 0x000008 and 1 … %d dimensions"
                      + " (an IDX file of unsigned bytes)",
                  magic, MAX_DIMENSIONS));
    }
    int header = Integer.BYTES * (1 + rank);
    if (start.length < header) {
      throw new InvalidFileException(
          name,
          start.length,
          where + "found the end, expected " + rank + " dimensions up to " + header);
    }
    int[] dimensions = new int[rank];
    long elements = 1;
    for (int axis = 0; axis < rank; axis++) {
      int offset = Integer.BYTES * (1 + axis);
      dimensions[axis] = ByteBuffer.wrap(start).getInt(offset);
      // Both factors are below 2^31, so the product cannot overflow.
      elements = dimensions[axis] < 0 ? -1 : elements * dimensions[axis];
      if (elements < 0 || elements > Integer.MAX_VALUE - 64) {
        throw new InvalidFileException(
            name,
            offset,
            where
                + "found the dimension "
                + Integer.toUnsignedString(dimensions[axis])
                + ", which makes more elements than an array can hold");
      }
    }
    if (header + elements != size) {
      throw new InvalidFileException(
          name,
          Math.min(size, header + elements),
          where
              + "found "
              + (size - header)
              + " bytes of elements, expected "
              + elements
              + " for the dimensions "
              + Arrays.toString(dimensions)
              + (size < header + elements ? " (is the file truncated?)" : " (trailing bytes)"));
    }
    return dimensions;
  }

  /**
   * Decompresses a gzip file of one member (RFC 1952). Its trailer tells the length of the content,
   * which must agree with the IDX dimensions at its start before room for the whole is allocated.
   */
  private static byte[] inflate(byte[] file, String name) {
    int start = gzipHeader(file, name);
    int end = file.length - GZIP_TRAILER;
    if (end < start) {
      throw new InvalidFileException(name, file.length, "found the end inside a gzip file");
    }
    ByteBuffer trailer = littleEndian(file);
    long length = trailer.getInt(end + 4) & 0xffff_ffffL;
    if (length > (end - start) * MAX_INFLATION) {
      throw new InvalidFileException(
          name,
          end + 4,
          "found the length "
              + length
              + ", more than "
              + (end - start)
              + " compressed bytes can hold (is the file truncated, or are there trailing bytes?)");
    }
    try (Inflater inflater = new Inflater(true)) {
      inflater.setInput(file, start, end - start);
      int peek = (int) Math.min(length, Integer.BYTES * (1L + MAX_DIMENSIONS));
      byte[] first = new byte[peek];
      inflateFully(inflater, first, 0, start, name);
      dimensions(first, length, name, "in the decompressed content, ");
      byte[] content = Arrays.copyOf(first, (int) length);
      inflateFully(inflater, content, peek, start, name);
      byte[] more = new byte[1];
      if (inflater.inflate(more) != 0 || !inflater.finished() || inflater.getRemaining() != 0) {
        throw new InvalidFileException(
            name,
            start + inflater.getBytesRead(),
            "found compressed data that goes on, or trailing bytes, behind the "
                + length
                + " bytes that the file says it holds");
      }
      CRC32 checksum = new CRC32();
      checksum.update(content);
      if ((int) checksum.getValue() != trailer.getInt(end)) {
        throw new InvalidFileException(
            name,
            end,
            String.format(
                "found the check sum %08x, expected %08x (the content is damaged)",
                trailer.getInt(end), checksum.getValue()));
      }
      return content;
    } catch (DataFormatException broken) {
      throw new InvalidFileException(
          name, start, "found broken compressed data: " + broken.getMessage(), broken);
    }
  }

  private static void inflateFully(
      Inflater inflater, byte[] target, int from, int start, String name)
      throws DataFormatException {
    int at = from;
    while (at < target.length) {
      int count = inflater.inflate(target, at, target.length - at);
      at += count;
      if (count == 0
          && (inflater.finished() || inflater.needsInput() || inflater.needsDictionary())) {
        throw new InvalidFileException(
            name,
            start + inflater.getBytesRead(),
            "found the end of the compressed data after "
                + at
                + " bytes of content, expected "
                + target.length
                + " (is the file truncated?)");
      }
    }
  }

  /** Length of the gzip header with its optional fields. */
  private static int gzipHeader(byte[] file, String name) {
    if (file.length < GZIP_HEADER) {
      throw new InvalidFileException(name, file.length, "found the end inside a gzip header");
    }
    int flags = file[3];
    if (file[2] != 8 || (flags & 0xe0) != 0) {
      throw new InvalidFileException(
          name, 2, "found a gzip header of method " + file[2] + " and flags " + (flags & 0xff));
    }
    int at = GZIP_HEADER;
    if ((flags & 4) != 0 && at + 2 <= file.length) {
      at += 2 + (littleEndian(file).getShort(at) & 0xffff);
    }
    for (int field = 8; field <= 16; field *= 2) {
      if ((flags & field) != 0) {
        while (at < file.length && file[at] != 0) {
          at++;
        }
        at++;
      }
    }
    return (flags & 2) != 0 ? at + 2 : at;
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
