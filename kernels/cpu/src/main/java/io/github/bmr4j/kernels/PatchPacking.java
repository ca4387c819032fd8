package io.github.bmr4j.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Copies elements of patches from images into the packed panels that {@link MatrixTiles} reads; one
 * for each thread. What lies side by side in the image is copied by vectors; a vector may be longer
 * than the run that it copies, since the next store overwrites the rest, so a panel needs {@link
 * MatrixPacking#SLACK} elements of room behind it.
 */
final class PatchPacking {

  private static final VectorSpecies<Float> FLOAT = SimdSpecies.FLOAT;
  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;
  private static final int LANES = SimdSpecies.LANES;

  /** For each vector to be copied: where it comes from, and where it goes in a line of a panel. */
  private int[] sources = {};

  private int[] targets = {};
  private int count;
  private int lastSource;

  /** Lanes of the vectors: enough for the longest run, not many more. */
  private int lanes;

  private void start(int longestRun, int most) {
    count = 0;
    lastSource = 0;
    lanes = longestRun > 8 ? LANES : Math.min(LANES, longestRun > 4 ? 8 : 4);
    if (sources.length < most) {
      sources = new int[most];
      targets = new int[most];
    }
  }

  private void addRun(int source, int target, int length) {
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
    if (lastSource + lastOffset + lanes > source.length) {
      copyCarefully(source, offsets, k0, depth, columns, panel, at, width);
    } else if (lanes == LANES) {
      copyLines(source, offsets, k0, depth, panel, at, width);
    } else if (lanes == 8) {
      copyLinesOfEight(source, offsets, k0, depth, panel, at, width);
    } else {
      copyLinesOfFour(source, offsets, k0, depth, panel, at, width);
    }
  }

  private void copyLines(
      float[] source, int[] offsets, int k0, int depth, float[] panel, int at, int width) {
    int[] from = sources;
    int[] to = targets;
    int runs = count;
    for (int k = 0; k < depth; k++) {
      int offset = offsets[k0 + k];
      int line = at + k * width;
      for (int r = 0; r < runs; r++) {
        FloatVector.fromArray(FLOAT, source, from[r] + offset).intoArray(panel, line + to[r]);
      }
    }
  }

  private void copyLinesOfEight(
      float[] source, int[] offsets, int k0, int depth, float[] panel, int at, int width) {
    int[] from = sources;
    int[] to = targets;
    int runs = count;
    for (int k = 0; k < depth; k++) {
      int offset = offsets[k0 + k];
      int line = at + k * width;
      for (int r = 0; r < runs; r++) {
        FloatVector.fromArray(EIGHT, source, from[r] + offset).intoArray(panel, line + to[r]);
      }
    }
  }

  private void copyLinesOfFour(
      float[] source, int[] offsets, int k0, int depth, float[] panel, int at, int width) {
    int[] from = sources;
    int[] to = targets;
    int runs = count;
    for (int k = 0; k < depth; k++) {
      int offset = offsets[k0 + k];
      int line = at + k * width;
      for (int r = 0; r < runs; r++) {
        FloatVector.fromArray(FOUR, source, from[r] + offset).intoArray(panel, line + to[r]);
      }
    }
  }

  /** At the end of the array, where whole vectors would reach beyond it. */
  private void copyCarefully(
      float[] source,
      int[] offsets,
      int k0,
      int depth,
      int columns,
      float[] panel,
      int at,
      int width) {
    for (int k = 0; k < depth; k++) {
      for (int r = 0; r < count; r++) {
        int end = r + 1 < count ? targets[r + 1] : columns;
        int from = sources[r] + offsets[k0 + k];
        System.arraycopy(source, from, panel, at + k * width + targets[r], end - targets[r]);
      }
    }
  }

  /**
   * Packs a panel whose columns are elements of patches, and after them, if asked for, a constant 1
   * for the bias: element (q, j) is that at {@code offsets[k0 + j]} of the patch of pixel {@code
   * pixel + q}.
   *
   * @param source the images
   * @param start where the patch of pixel 0 begins
   * @param geometry how the images lie
   * @param imageStride distance of images
   * @param pixel the first one, counted on through the images
   * @param depth how many pixels
   * @param k0 the first element
   * @param columns how many elements, 0 to {@code width}
   * @param one whether the next column is the constant 1
   * @param panel takes them
   * @param at where the panel begins
   * @param width of the panel
   */
  void patches(
      float[] source,
      int start,
      PatchGeometry geometry,
      int imageStride,
      int pixel,
      int depth,
      int k0,
      int columns,
      boolean one,
      float[] panel,
      int at,
      int width) {
    findRunsOfPatch(geometry.offsets, k0, columns, width);
    int rowPixels = geometry.shape.outputWidth();
    int pixels = geometry.shape.outputPixels();
    int step = geometry.columnStep;
    for (int q = 0; q < depth; ) {
      int image = (pixel + q) / pixels;
      int inImage = (pixel + q) % pixels;
      int column = inImage % rowPixels;
      int length = Math.min(rowPixels - column, depth - q);
      int from =
          start + image * imageStride + inImage / rowPixels * geometry.rowStep + column * step;
      int to = at + q * width;
      if (from + (length - 1) * step + lastSource + lanes > source.length) {
        copyPatchesCarefully(source, from, step, length, columns, panel, to, width);
      } else if (lanes == LANES) {
        copyPatches(source, from, step, length, panel, to, width);
      } else if (lanes == 8) {
        copyPatchesByEight(source, from, step, length, panel, to, width);
      } else {
        copyPatchesByFour(source, from, step, length, panel, to, width);
      }
      q += length;
    }
    if (one) {
      for (int q = 0; q < depth; q++) {
        panel[at + q * width + columns] = 1;
      }
    }
  }

  private void findRunsOfPatch(int[] offsets, int k0, int columns, int width) {
    int longest = 0;
    for (int j = 0, length = 1; j < columns; j++, length++) {
      longest = Math.max(longest, length);
      if (j + 1 < columns && offsets[k0 + j + 1] != offsets[k0 + j] + 1) {
        length = 0;
      }
    }
    start(longest, width);
    int first = 0;
    for (int j = 0; j < columns; j++) {
      if (j + 1 == columns || offsets[k0 + j + 1] != offsets[k0 + j] + 1) {
        addRun(offsets[k0 + first], first, j + 1 - first);
        first = j + 1;
      }
    }
  }

  private void copyPatches(
      float[] source, int start, int step, int pixels, float[] panel, int at, int width) {
    int[] from = sources;
    int[] to = targets;
    int runs = count;
    for (int q = 0; q < pixels; q++) {
      int patch = start + q * step;
      int line = at + q * width;
      for (int r = 0; r < runs; r++) {
        FloatVector.fromArray(FLOAT, source, patch + from[r]).intoArray(panel, line + to[r]);
      }
    }
  }

  private void copyPatchesByEight(
      float[] source, int start, int step, int pixels, float[] panel, int at, int width) {
    int[] from = sources;
    int[] to = targets;
    int runs = count;
    for (int q = 0; q < pixels; q++) {
      int patch = start + q * step;
      int line = at + q * width;
      for (int r = 0; r < runs; r++) {
        FloatVector.fromArray(EIGHT, source, patch + from[r]).intoArray(panel, line + to[r]);
      }
    }
  }

  private void copyPatchesByFour(
      float[] source, int start, int step, int pixels, float[] panel, int at, int width) {
    int[] from = sources;
    int[] to = targets;
    int runs = count;
    for (int q = 0; q < pixels; q++) {
      int patch = start + q * step;
      int line = at + q * width;
      for (int r = 0; r < runs; r++) {
        FloatVector.fromArray(FOUR, source, patch + from[r]).intoArray(panel, line + to[r]);
      }
    }
  }

  private void copyPatchesCarefully(
      float[] source,
      int start,
      int step,
      int pixels,
      int columns,
      float[] panel,
      int at,
      int width) {
    for (int q = 0; q < pixels; q++) {
      for (int r = 0; r < count; r++) {
        int end = r + 1 < count ? targets[r + 1] : columns;
        int from = start + q * step + sources[r];
        System.arraycopy(source, from, panel, at + q * width + targets[r], end - targets[r]);
      }
    }
  }
}
