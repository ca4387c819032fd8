package io.github.bmr4j.cli.picture;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * A small picture of values in [−1, 1], a pixel each: 0 is transparent, so that the page shows
 * through; positive ones are blue, negative ones red. Written as PNG with a palette.
 */
public final class Raster {

  private static final byte[] SIGNATURE = {(byte) 137, 'P', 'N', 'G', 13, 10, 26, 10};

  /** Steps of each colour; index {@code STEPS} is transparent. */
  private static final int STEPS = 120;

  private static final int[] POSITIVE = {0x2b, 0x6c, 0xb0};
  private static final int[] NEGATIVE = {0xc0, 0x39, 0x2b};

  private final int width;
  private final int height;

  /** Rows of palette indices. */
  private final byte[] pixels;

  /**
   * All transparent.
   *
   * @param width in pixels, at least 1
   * @param height in pixels, at least 1
   */
  public Raster(int width, int height) {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "A picture has at least 1 pixel each way, but was asked for " + width + " by " + height);
    }
    this.width = width;
    this.height = height;
    pixels = new byte[Math.multiplyExact(width, height)];
    Arrays.fill(pixels, (byte) STEPS);
  }

  /** Columns. */
  public int width() {
    return width;
  }

  /** Rows. */
  public int height() {
    return height;
  }

  /**
   * Sets a pixel.
   *
   * @param x column, from the left
   * @param y row, from the top
   * @param value in [−1, 1]; beyond it, and NaN, count as the nearest and as 0
   */
  public void set(int x, int y, double value) {
    double v = Double.isNaN(value) ? 0 : Math.clamp(value, -1, 1);
    pixels[y * width + x] = (byte) (STEPS + Math.round(v * STEPS));
  }

  /** The picture as the {@code src} of an {@code img} element. */
  public String dataUrl() {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(png());
  }

  /** The picture as a PNG file (ISO/IEC 15948). */
  public byte[] png() {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    png.writeBytes(SIGNATURE);
    ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
    // 8 bits a pixel, palette, deflate, adaptive filters, not interlaced.
    header.put((byte) 8).put((byte) 3).put((byte) 0).put((byte) 0).put((byte) 0);
    chunk(png, "IHDR", header.array());
    byte[] colours = new byte[3 * (2 * STEPS + 1)];
    byte[] opacity = new byte[2 * STEPS + 1];
    for (int i = 0; i < opacity.length; i++) {
      int[] colour = i < STEPS ? NEGATIVE : POSITIVE;
      for (int c = 0; c < 3; c++) {
        colours[3 * i + c] = (byte) colour[c];
      }
      opacity[i] = (byte) Math.round(255.0 * Math.abs(i - STEPS) / STEPS);
    }
    chunk(png, "PLTE", colours);
    chunk(png, "tRNS", opacity);
    chunk(png, "IDAT", compressed());
    chunk(png, "IEND", new byte[0]);
    return png.toByteArray();
  }

  private byte[] compressed() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes, deflater)) {
      for (int y = 0; y < height; y++) {
        // Filter type 0: the row as it is.
        out.write(0);
        out.write(pixels, y * width, width);
      }
    } catch (IOException inMemory) {
      throw new UncheckedIOException(inMemory);
    } finally {
      deflater.end();
    }
    return bytes.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream png, String type, byte[] data) {
    ByteBuffer chunk = ByteBuffer.allocate(12 + data.length).putInt(data.length);
    chunk.put(type.getBytes(StandardCharsets.US_ASCII)).put(data);
    CRC32 crc = new CRC32();
    crc.update(chunk.array(), 4, 4 + data.length);
    png.writeBytes(chunk.putInt((int) crc.getValue()).array());
  }
}
