package io.github.bmr4j.models.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes tensors as a file that {@code numpy.load} reads, like {@code numpy.savez_compressed}:
 * pruned weights and masks become small.
 */
public final class NpzWriter extends TensorWriter<NpzWriter> {

  /** The earliest that a zip file can have, so that the same tensors give the same bytes. */
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  /** An empty file. */
  public NpzWriter() {}

  @Override
  NpzWriter self() {
    return this;
  }

  @Override
  void checkName(String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("An array of an npz file needs a name");
    }
  }

  @Override
  public void write(Path path) throws IOException {
    AtomicFiles.writeStream(
        path,
        stream -> {
          ZipOutputStream zip = new ZipOutputStream(stream);
          zip.setLevel(Deflater.BEST_SPEED);
          ByteBuffer chunk = chunk();
          byte[] bytes = new byte[chunk.capacity()];
          for (Pending tensor : pending()) {
            ZipEntry entry = new ZipEntry(tensor.name() + ".npy");
            entry.setTimeLocal(TIME);
            zip.putNextEntry(entry);
            zip.write(NpyHeader.write(tensor.type(), tensor.shape()));
            forEachChunk(
                tensor,
                chunk,
                part -> {
                  int count = part.remaining();
                  part.get(bytes, 0, count);
                  zip.write(bytes, 0, count);
                  return part;
                });
            zip.closeEntry();
          }
          zip.finish();
        });
  }
}
