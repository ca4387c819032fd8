package io.github.bmr4j.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Copies elements of patches from images into the packed panels that {@link MatrixTiles} reads; one
 * for each thread. Every line of a panel is the same set of runs, moved to another place of the
 * image. A run is copied by vectors, which may be longer than it, since the next store overwrites
 * the rest; so a panel needs {@link MatrixPacking#SLACK} elements of room behind it.
 */
final class PatchPacking {

  private static final VectorSpecies<Float> FLOAT = SimdSpecies.FLOAT;
  private static final int LANES = SimdSpecies.LANES;

  /** For short runs: copies across the ends of cache lines are dear. */
  private static final VectorSpecies<Float> SHORT =
      LANES >= 8 ? FloatVector.SPECIES_256 : FloatVector.SPECIES_128;

  /** For each vector of a line: where it comes from, and where it goes. */
  private int[] sources = {};

  private int[] targets = {};
  private int count;
  private int lastSource;
  private boolean isShort;

  /** Where the patches of a block of pixels begin. */
  private int[] patches = {};

  private void start(int longestRun, int columns) {
    count = 0;
    lastSource = 0;
    isShort = longestRun <= SHORT.length();
    if (sources.length < columns + 12) {
      sources = new int[columns + 12];
      targets = new int[columns + 12];
    }
  }

  private void addRun(int source, int target, int length) {
    int lanes = isShort ? SHORT.length() : LANES;
    for (int i = 0; i < length; i += lanes) {
      sources[count] = source + i;
      targets[count] = target + i;
      count++;
      lastSource = Math.max(lastSource, source + i);
    }
  }

  /**
   * Packs a panel whose columns are pixels of the output: element (k, j) is that at {@code
   * offsets[k0 + k]} of the patch of pixel {@code pixel + j}. The pixels of a row lie side by side.
   *
   * @param source the images
   * @param start where the patch of pixel 0 begins
   * @param imageStride distance of images
   * @param rowStep distance of the patches of rows
   * @param pixels of one image of the output
   * @param rowPixels of one row of the output
   * @param pixel the first one, counted on through the images
   * @param columns how many pixels, 1 to {@code width}
   * @param offsets of the elements of a patch
   * @param lastOffset the largest of them
   * @param k0 first element
   * @param depth how many elements
   * @param panel takes them
   * @param at where the panel begins
   * @param width of the panel
   */
  void pixels(
      float[] source,
      int start,
      int imageStride,
      int rowStep,
      int pixels,
      int rowPixels,
      int pixel,
      int columns,
      int[] offsets,
      int lastOffset,
      int k0,
      int depth,
      float[] panel,
      int at,
      int width) {
    int line = rowStep == rowPixels ? pixels : rowPixels;
    start(line, width);
    for (int j = 0; j < columns; ) {
      int image = (pixel + j) / pixels;
      int inImage = (pixel + j) % pixels;
      int inLine = inImage % line;
      int length = Math.min(line - inLine, columns - j);
      addRun(start + image * imageStride + inImage / line * rowStep + inLine, j, length);
      j += length;
    }
    copy(source, offsets, lastOffset, k0, depth, columns, panel, at, width);
  }

  /**
   * Says which pixels the panels of {@link #patches} are for.
   *
   * @param geometry how the images lie
   * @param start where the patch of pixel 0 begins
   * @param pixel the first one, counted on through the images
   * @param depth how many pixels
   */
  void usePixels(PatchGeometry geometry, int start, int pixel, int depth) {
    int rowPixels = geometry.shape.outputWidth();
    int pixels = geometry.shape.outputPixels();
    if (patches.length < depth) {
      patches = new int[depth];
    }
    for (int q = 0; q < depth; ) {
      int inImage = (pixel + q) % pixels;
      int column = inImage % rowPixels;
      int row = start + (pixel + q) / pixels * geometry.imageStride;
      row += inImage / rowPixels * geometry.rowStep;
      int length = Math.min(rowPixels - column, depth - q);
      for (int j = 0; j < length; j++) {
        patches[q + j] = row + (column + j) * geometry.columnStep;
      }
      q += length;
    }
  }

  /**
   * Packs a panel whose columns are elements of patches, and after them, if asked for, a constant 1
   * for the bias: element (q, j) is that at {@code offsets[k0 + j]} of the patch of the q-th pixel
   * of {@link #usePixels}.
   *
   * @param source the images
   * @param depth how many pixels
   * @param offsets of the elements of a patch
   * @param k0 the first element
   * @param columns how many elements, 0 to {@code width}
   * @param one whether the next column is the constant 1
   * @param panel takes them
   * @param at where the panel begins
   * @param width of the panel
   */
  void patches(
      float[] source,
      int depth,
      int[] offsets,
      int k0,
      int columns,
      boolean one,
      float[] panel,
      int at,
      int width) {
    if (columns > 0) {
      findRunsOfPatch(offsets, k0, columns, width);
      copy(source, patches, patches[depth - 1], 0, depth, columns, panel, at, width);
    }
    if (one) {
      for (int q = 0; q < depth; q++) {
        panel[at + q * width + columns] = 1;
      }
    }
  }

  private void findRunsOfPatch(int[] offsets, int k0, int columns, int width) {
    int longest = 1;
    for (int j = 1, length = 1; j < columns; j++) {
      length = offsets[k0 + j] == offsets[k0 + j - 1] + 1 ? length + 1 : 1;
      longest = Math.max(longest, length);
    }
    start(longest, width);
    int first = 0;
    for (int j = 1; j <= columns; j++) {
      if (j == columns || offsets[k0 + j] != offsets[k0 + j - 1] + 1) {
        addRun(offsets[k0 + first], first, j - first);
        first = j;
      }
    }
  }

  /** Lines first to first + depth − 1: the runs, each moved by {@code lines[line]}. */
  private void copy(
      float[] source,
      int[] lines,
      int lastLine,
      int first,
      int depth,
      int columns,
      float[] panel,
      int at,
      int width) {
    int reach = lastSource + (isShort ? SHORT.length() : LANES);
    int safe = depth;
    if (reach + lastLine > source.length) {
      safe = 0;
      while (safe < depth && reach + lines[first + safe] <= source.length) {
        safe++;
      }
    }
    copyVectors(source, lines, first, safe, panel, at, width);
    for (int k = safe; k < depth; k++) {
      for (int r = 0; r < count; r++) {
        int end = r + 1 < count ? targets[r + 1] : columns;
        int from = sources[r] + lines[first + k];
        System.arraycopy(source, from, panel, at + k * width + targets[r], end - targets[r]);
      }
    }
  }

  /** The fewer the vectors of a line, the more it matters that no loop runs over them. */
  private void copyVectors(
      float[] source, int[] lines, int first, int depth, float[] panel, int at, int width) {
    // To repeat the last vector does no harm.
    for (int r = count; r < 12; r++) {
      sources[r] = sources[count - 1];
      targets[r] = targets[count - 1];
    }
    if (isShort && count <= 4) {
      copyFourShort(source, lines, first, depth, panel, at, width);
    } else if (isShort && count <= 8) {
      copyEightShort(source, lines, first, depth, panel, at, width);
    } else if (isShort && count <= 12) {
      copyTwelveShort(source, lines, first, depth, panel, at, width);
    } else if (isShort) {
      copyManyShort(source, lines, first, depth, panel, at, width);
    } else if (count <= 2) {
      copyTwo(source, lines, first, depth, panel, at, width);
    } else if (count <= 4) {
      copyFour(source, lines, first, depth, panel, at, width);
    } else {
      copyMany(source, lines, first, depth, panel, at, width);
    }
  }

  private void copyTwo(
      float[] source, int[] lines, int first, int depth, float[] panel, int at, int width) {
    int from0 = sources[0];
    int from1 = sources[1];
    int to0 = at + targets[0];
    int to1 = at + targets[1];
    for (int k = 0; k < depth; k++) {
      int line = lines[first + k];
      int to = k * width;
      FloatVector.fromArray(FLOAT, source, from0 + line).intoArray(panel, to0 + to);
      FloatVector.fromArray(FLOAT, source, from1 + line).intoArray(panel, to1 + to);
    }
  }

  private void copyFour(
      float[] source, int[] lines, int first, int depth, float[] panel, int at, int width) {
    int from0 = sources[0];
    int from1 = sources[1];
    int from2 = sources[2];
    int from3 = sources[3];
    int to0 = at + targets[0];
    int to1 = at + targets[1];
    int to2 = at + targets[2];
    int to3 = at + targets[3];
    for (int k = 0; k < depth; k++) {
      int line = lines[first + k];
      int to = k * width;
      FloatVector.fromArray(FLOAT, source, from0 + line).intoArray(panel, to0 + to);
      FloatVector.fromArray(FLOAT, source, from1 + line).intoArray(panel, to1 + to);
      FloatVector.fromArray(FLOAT, source, from2 + line).intoArray(panel, to2 + to);
      FloatVector.fromArray(FLOAT, source, from3 + line).intoArray(panel, to3 + to);
    }
  }

  private void copyMany(
      float[] source, int[] lines, int first, int depth, float[] panel, int at, int width) {
    int[] from = sources;
    int[] to = targets;
    int runs = count;
    for (int k = 0; k < depth; k++) {
      int line = lines[first + k];
      int start = at + k * width;
      for (int r = 0; r < runs; r++) {
        FloatVector.fromArray(FLOAT, source, from[r] + line).intoArray(panel, start + to[r]);
      }
    }
  }

  private void copyFourShort(
      float[] source, int[] lines, int first, int depth, float[] panel, int at, int width) {
    int from0 = sources[0];
    int from1 = sources[1];
    int from2 = sources[2];
    int from3 = sources[3];
    int to0 = at + targets[0];
    int to1 = at + targets[1];
    int to2 = at + targets[2];
    int to3 = at + targets[3];
    for (int k = 0; k < depth; k++) {
      int line = lines[first + k];
      int to = k * width;
      FloatVector.fromArray(SHORT, source, from0 + line).intoArray(panel, to0 + to);
      FloatVector.fromArray(SHORT, source, from1 + line).intoArray(panel, to1 + to);
      FloatVector.fromArray(SHORT, source, from2 + line).intoArray(panel, to2 + to);
      FloatVector.fromArray(SHORT, source, from3 + line).intoArray(panel, to3 + to);
    }
  }

  private void copyEightShort(
      float[] source, int[] lines, int first, int depth, float[] panel, int at, int width) {
    int from0 = sources[0];
    int from1 = sources[1];
    int from2 = sources[2];
    int from3 = sources[3];
    int from4 = sources[4];
    int from5 = sources[5];
    int from6 = sources[6];
    int from7 = sources[7];
    int to0 = at + targets[0];
    int to1 = at + targets[1];
    int to2 = at + targets[2];
    int to3 = at + targets[3];
    int to4 = at + targets[4];
    int to5 = at + targets[5];
    int to6 = at + targets[6];
    int to7 = at + targets[7];
    for (int k = 0; k < depth; k++) {
      int line = lines[first + k];
      int to = k * width;
      FloatVector.fromArray(SHORT, source, from0 + line).intoArray(panel, to0 + to);
      FloatVector.fromArray(SHORT, source, from1 + line).intoArray(panel, to1 + to);
      FloatVector.fromArray(SHORT, source, from2 + line).intoArray(panel, to2 + to);
      FloatVector.fromArray(SHORT, source, from3 + line).intoArray(panel, to3 + to);
      FloatVector.fromArray(SHORT, source, from4 + line).intoArray(panel, to4 + to);
      FloatVector.fromArray(SHORT, source, from5 + line).intoArray(panel, to5 + to);
      FloatVector.fromArray(SHORT, source, from6 + line).intoArray(panel, to6 + to);
      FloatVector.fromArray(SHORT, source, from7 + line).intoArray(panel, to7 + to);
    }
  }

  private void copyTwelveShort(
      float[] source, int[] lines, int first, int depth, float[] panel, int at, int width) {
    int from0 = sources[0];
    int from1 = sources[1];
    int from2 = sources[2];
    int from3 = sources[3];
    int from4 = sources[4];
    int from5 = sources[5];
    int from6 = sources[6];
    int from7 = sources[7];
    int from8 = sources[8];
    int from9 = sources[9];
    int from10 = sources[10];
    int from11 = sources[11];
    int to0 = at + targets[0];
    int to1 = at + targets[1];
    int to2 = at + targets[2];
    int to3 = at + targets[3];
    int to4 = at + targets[4];
    int to5 = at + targets[5];
    int to6 = at + targets[6];
    int to7 = at + targets[7];
    int to8 = at + targets[8];
    int to9 = at + targets[9];
    int to10 = at + targets[10];
    int to11 = at + targets[11];
    for (int k = 0; k < depth; k++) {
      int line = lines[first + k];
      int to = k * width;
      FloatVector.fromArray(SHORT, source, from0 + line).intoArray(panel, to0 + to);
      FloatVector.fromArray(SHORT, source, from1 + line).intoArray(panel, to1 + to);
      FloatVector.fromArray(SHORT, source, from2 + line).intoArray(panel, to2 + to);
      FloatVector.fromArray(SHORT, source, from3 + line).intoArray(panel, to3 + to);
      FloatVector.fromArray(SHORT, source, from4 + line).intoArray(panel, to4 + to);
      FloatVector.fromArray(SHORT, source, from5 + line).intoArray(panel, to5 + to);
      FloatVector.fromArray(SHORT, source, from6 + line).intoArray(panel, to6 + to);
      FloatVector.fromArray(SHORT, source, from7 + line).intoArray(panel, to7 + to);
      FloatVector.fromArray(SHORT, source, from8 + line).intoArray(panel, to8 + to);
      FloatVector.fromArray(SHORT, source, from9 + line).intoArray(panel, to9 + to);
      FloatVector.fromArray(SHORT, source, from10 + line).intoArray(panel, to10 + to);
      FloatVector.fromArray(SHORT, source, from11 + line).intoArray(panel, to11 + to);
    }
  }

  private void copyManyShort(
      float[] source, int[] lines, int first, int depth, float[] panel, int at, int width) {
    int[] from = sources;
    int[] to = targets;
    int runs = count;
    for (int k = 0; k < depth; k++) {
      int line = lines[first + k];
      int start = at + k * width;
      for (int r = 0; r < runs; r++) {
        FloatVector.fromArray(SHORT, source, from[r] + line).intoArray(panel, start + to[r]);
      }
    }
  }
}
