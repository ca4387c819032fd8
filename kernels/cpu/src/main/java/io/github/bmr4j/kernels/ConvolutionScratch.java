package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.MatrixTiles.COLUMNS;
import static io.github.bmr4j.kernels.MatrixTiles.ROWS;

import java.util.Arrays;

/**
 * What one thread has for itself while it works on a convolution. Grows to what the largest one
 * needed and stays.
 */
final class ConvolutionScratch {

  /** Columns of the product that are computed at a time: a multiple of every tile's. */
  static final int GROUP = 256;

  /** Distance of the rows of {@link #strip}: not a power of two, as caches like it. */
  static final int PITCH = GROUP + 16;

  final PatchPacking packing = new PatchPacking();

  /** Panels of the left factor. */
  float[] left = {};

  /** For which call, and which part of it, they were packed. */
  private long leftCall;

  private int leftPart;

  /** Panels of a group of columns of the right factor. */
  float[] right = {};

  /** Products of a row of tiles. */
  final float[] strip = new float[ROWS * PITCH];

  /** Images of a block. */
  float[] staged = {};

  private long stagedCall;

  /** Elements of a panel of the left factor. */
  static int leftPitch(int depth) {
    return depth * ROWS + MatrixPacking.SLACK;
  }

  /** Elements of a panel of the right factor. */
  static int rightPitch(int depth) {
    return depth * COLUMNS + MatrixPacking.SLACK;
  }

  /** Whether the left factor must be packed, since what is there is for another call or part. */
  boolean needsLeft(long call, int part, int rows, int depth) {
    int size = Math.ceilDiv(rows, ROWS) * leftPitch(depth);
    if (left.length < size) {
      left = new float[size];
    } else if (leftCall == call && leftPart == part) {
      return false;
    }
    leftCall = call;
    leftPart = part;
    return true;
  }

  /** Makes room for the panels of a group of columns. */
  void useRight(int depth) {
    int size = GROUP / COLUMNS * rightPitch(depth);
    if (right.length < size) {
      right = new float[size];
    }
  }

  /** Makes room for the images of a block; zeros when a call begins. */
  void useStaged(long call, PatchGeometry geometry) {
    int size = geometry.blockImages * geometry.imageStride + MatrixPacking.SLACK;
    if (staged.length < size) {
      staged = new float[size];
    } else if (stagedCall != call) {
      Arrays.fill(staged, 0, size, 0f);
    }
    stagedCall = call;
  }

  /** As {@link #useStaged}, all zeros each time. */
  void clearStaged(PatchGeometry geometry) {
    useStaged(0, geometry);
    Arrays.fill(staged, 0, geometry.blockImages * geometry.imageStride, 0f);
  }

  /** Stages the images from one to before another; does nothing for images read where they are. */
  void stage(long call, PatchGeometry geometry, Slice x, int from, int to, int group) {
    if (!geometry.direct) {
      useStaged(call, geometry);
      for (int image = from; image < to; image++) {
        int start = x.offset() + geometry.imageStart(image, group);
        geometry.stage(x.array(), start, staged, (image - from) * geometry.imageStride);
      }
    }
  }

  /** Computes a row of tiles: up to {@link #GROUP} columns of {@link #strip}. */
  void multiply(int leftPanel, int depth, int columns) {
    for (int j = 0; j < columns; j += COLUMNS) {
      MatrixTiles.multiply(
          left,
          leftPanel * leftPitch(depth),
          right,
          j / COLUMNS * rightPitch(depth),
          depth,
          Math.min(COLUMNS, columns - j),
          strip,
          j,
          PITCH);
    }
  }
}
