package io.github.bmr4j.kernels;

/**
 * The packed panels of one factor that one thread works with. A thread packs a panel when it first
 * needs it, into memory of its own: to read what another core has just written costs more than to
 * pack it again, by a factor of two and more where the cores share no cache.
 */
final class PackedPanels {

  private final int width;

  private float[] panels = {};

  /** For each panel the block it was packed for. */
  private long[] packedFor = {};

  private long block;
  private int pitch;

  /**
   * @param width elements of a panel for one step of k
   */
  PackedPanels(int width) {
    this.width = width;
  }

  /**
   * Says which block of the factor is at hand; what was packed for another is worthless then.
   *
   * @param block its number, never used for another block
   * @param count number of panels
   * @param depth steps of k
   */
  void use(long block, int count, int depth) {
    if (this.block == block) {
      return;
    }
    this.block = block;
    // Packing may spill over the end of a panel.
    pitch = depth * width + MatrixPacking.SLACK;
    if (panels.length < count * pitch) {
      panels = new float[count * pitch];
    }
    if (packedFor.length < count) {
      packedFor = new long[count];
    }
  }

  /** The memory of all panels. */
  float[] array() {
    return panels;
  }

  /**
   * Index of the first element of a panel, packed by now.
   *
   * @param panel which one, from 0
   * @param x the factor
   * @param origin of its first element in its array
   * @param alongRows whether k runs along its rows
   * @param line first row (if {@code alongRows}) or column of this panel in the matrix
   * @param count how many rows or columns of the panel exist
   * @param k0 first step of k
   * @param depth steps of k
   */
  int at(
      int panel,
      MatrixView x,
      int origin,
      boolean alongRows,
      int line,
      int count,
      int k0,
      int depth) {
    int at = panel * pitch;
    if (packedFor[panel] != block) {
      packedFor[panel] = block;
      int stride = x.stride();
      if (alongRows) {
        int start = origin + line * stride + k0;
        MatrixPacking.rows(x.array(), start, stride, count, depth, panels, at, width);
      } else {
        int start = origin + k0 * stride + line;
        MatrixPacking.columns(x.array(), start, stride, count, depth, panels, at, width);
      }
    }
    return at;
  }
}
