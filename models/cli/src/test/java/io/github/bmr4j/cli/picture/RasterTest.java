package io.github.bmr4j.cli.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.Test;

/** The picture is read back by the rules of the PNG specification. */
class RasterTest {

  private static Map<String, byte[]> chunks(byte[] png) {
    ByteBuffer in = ByteBuffer.wrap(png);
    assertEquals(0x89504E470D0A1A0AL, in.getLong(), "signature");
    Map<String, byte[]> chunks = new LinkedHashMap<>();
    while (in.hasRemaining()) {
      byte[] data = new byte[in.getInt()];
      byte[] type = new byte[4];
      in.get(type).get(data);
      CRC32 crc = new CRC32();
      crc.update(type);
      crc.update(data);
      assertEquals((int) crc.getValue(), in.getInt(), "checksum");
      chunks.put(new String(type, StandardCharsets.US_ASCII), data);
    }
    return chunks;
  }

  @Test
  void pixelsKeepSignAndStrength() throws IOException {
    Raster raster = new Raster(3, 2);
    raster.set(0, 0, 1);
    raster.set(1, 0, -1);
    raster.set(2, 1, 0.5);
    raster.set(0, 1, -7);
    raster.set(1, 1, Double.NaN);
    Map<String, byte[]> chunks = chunks(raster.png());
    assertEquals("[IHDR, PLTE, tRNS, IDAT, IEND]", chunks.keySet().toString());
    ByteBuffer header = ByteBuffer.wrap(chunks.get("IHDR"));
    assertEquals(3, header.getInt());
    assertEquals(2, header.getInt());
    byte[] rows =
        new InflaterInputStream(new ByteArrayInputStream(chunks.get("IDAT"))).readAllBytes();
    assertEquals(2 * (1 + 3), rows.length);
    byte[] opacity = chunks.get("tRNS");
    byte[] colours = chunks.get("PLTE");
    int[][] expected = {{255, 255, 0}, {255, 0, 128}};
    for (int y = 0; y < 2; y++) {
      assertEquals(0, rows[4 * y], "no filter");
      for (int x = 0; x < 3; x++) {
        int index = rows[4 * y + 1 + x] & 0xff;
        assertEquals(expected[y][x], opacity[index] & 0xff, 1, x + ", " + y);
      }
    }
    int blue = rows[1] & 0xff;
    int red = rows[2] & 0xff;
    assertTrue((colours[3 * blue + 2] & 0xff) > (colours[3 * blue] & 0xff), "1 is blue");
    assertTrue((colours[3 * red] & 0xff) > (colours[3 * red + 2] & 0xff), "-1 is red");
  }

  @Test
  void aPictureHasPixels() {
    assertThrows(IllegalArgumentException.class, () -> new Raster(0, 3));
    assertTrue(new Raster(1, 1).dataUrl().startsWith("data:image/png;base64,iVBORw0KGgo"));
  }
}
