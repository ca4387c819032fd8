package io.github.bmr4j.kernels;

import java.util.Arrays;

/**
 * Pooling by several threads, plane by plane: {@link PoolingTiles} for squares of two by two that
 * lie side by side, as nearly all networks have them, plain loops for all others.
 *
 * <p>Used while the pool's monitor is held.
 */
final class SimdPooling {

  /** Elements of a part: some microseconds. */
  private static final int PART_SIZE = 1 << 14;

  private final WorkerPool pool;
  private final WorkerPool.Task computing = this::computePart;
  private final PlaneTask maximum = this::maximumOfPlane;
  private final PlaneTask maximumPullback = this::maximumPullbackOfPlane;
  private final PlaneTask average = this::averageOfPlane;
  private final PlaneTask averagePullback = this::averagePullbackOfPlane;

  private PlaneTask task;
  private PoolingShape shape;
  private Window window;
  private float[] x;
  private int xStart;
  private float[] y;
  private int yStart;
  private float[] dy;
  private int dyStart;
  private float[] dx;
  private int dxStart;
  private boolean accumulate;
  private int height;
  private int width;
  private int partPlanes;

  SimdPooling(WorkerPool pool) {
    this.pool = pool;
  }

  void maximum(PoolingShape shape, Slice x, Slice y) {
    forward(shape, x, y);
    run(maximum);
  }

  void maximumPullback(
      PoolingShape shape, Slice x, Slice y, Slice dy, Slice dx, boolean accumulate) {
    forward(shape, x, y);
    backward(shape, dy, dx, accumulate);
    run(maximumPullback);
  }

  void average(PoolingShape shape, Slice x, Slice y) {
    forward(shape, x, y);
    run(average);
  }

  void averagePullback(PoolingShape shape, Slice dy, Slice dx, boolean accumulate) {
    backward(shape, dy, dx, accumulate);
    run(averagePullback);
  }

  private void forward(PoolingShape shape, Slice x, Slice y) {
    this.shape = shape;
    this.x = x.array();
    this.xStart = x.offset();
    this.y = y.array();
    this.yStart = y.offset();
  }

  private void backward(PoolingShape shape, Slice dy, Slice dx, boolean accumulate) {
    this.shape = shape;
    this.dy = dy.array();
    this.dyStart = dy.offset();
    this.dx = dx.array();
    this.dxStart = dx.offset();
    this.accumulate = accumulate;
  }

  private void run(PlaneTask planeTask) {
    task = planeTask;
    window = shape.window();
    height = shape.outputHeight();
    width = shape.outputWidth();
    partPlanes = Math.max(1, PART_SIZE / (shape.height() * shape.width()));
    try {
      pool.run(Math.ceilDiv(shape.planes(), partPlanes), computing);
    } finally {
      x = null;
      y = null;
      dy = null;
      dx = null;
    }
  }

  /** What is done with one plane. */
  private interface PlaneTask {
    void run(int plane);
  }

  private void computePart(int part) {
    int end = Math.min(shape.planes(), (part + 1) * partPlanes);
    for (int plane = part * partPlanes; plane < end; plane++) {
      task.run(plane);
    }
  }

  private int input(int plane) {
    return plane * shape.height() * shape.width();
  }

  private int output(int plane) {
    return plane * height * width;
  }

  /** First row of a window inside the plane. */
  private int top(int i) {
    return Math.max(0, i * window.verticalStride() - window.verticalPadding());
  }

  /** The row after the last one of a window inside the plane. */
  private int bottom(int i) {
    int end = i * window.verticalStride() - window.verticalPadding() + window.height();
    return Math.min(shape.height(), end);
  }

  private int left(int j) {
    return Math.max(0, j * window.horizontalStride() - window.horizontalPadding());
  }

  private int right(int j) {
    int end = j * window.horizontalStride() - window.horizontalPadding() + window.width();
    return Math.min(shape.width(), end);
  }

  private void maximumOfPlane(int plane) {
    int from = xStart + input(plane);
    int to = yStart + output(plane);
    if (PoolingTiles.fit(shape)) {
      PoolingTiles.maximum(x, from, shape.width(), y, to, height, width);
      return;
    }
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j++) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int u = top(i); u < bottom(i); u++) {
          for (int v = left(j); v < right(j); v++) {
            largest = Math.max(largest, x[from + u * shape.width() + v]);
          }
        }
        y[to + i * width + j] = largest;
      }
    }
  }

  private void maximumPullbackOfPlane(int plane) {
    int to = dxStart + input(plane);
    int from = xStart + input(plane);
    int results = yStart + output(plane);
    int gradients = dyStart + output(plane);
    boolean tiles = canStoreTiles(y, results) && canStoreTiles(dy, gradients);
    clear(to, tiles);
    if (tiles) {
      PoolingTiles.maximumPullback(
          x, from, shape.width(), y, results, dy, gradients, dx, to, height, width);
      return;
    }
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j++) {
        int o = i * width + j;
        int at = firstOfValue(from, i, j, y[results + o]);
        if (at >= 0) {
          dx[to + at] += dy[gradients + o];
        }
      }
    }
  }

  private int firstOfValue(int from, int i, int j, float value) {
    for (int u = top(i); u < bottom(i); u++) {
      for (int v = left(j); v < right(j); v++) {
        if (x[from + u * shape.width() + v] == value) {
          return u * shape.width() + v;
        }
      }
    }
    return -1;
  }

  private void averageOfPlane(int plane) {
    int from = xStart + input(plane);
    int to = yStart + output(plane);
    if (PoolingTiles.fit(shape)) {
      PoolingTiles.average(x, from, shape.width(), y, to, height, width);
      return;
    }
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j++) {
        float sum = 0;
        for (int v = left(j); v < right(j); v++) {
          for (int u = top(i); u < bottom(i); u++) {
            sum += x[from + u * shape.width() + v];
          }
        }
        y[to + i * width + j] = sum / window.size();
      }
    }
  }

  private void averagePullbackOfPlane(int plane) {
    int to = dxStart + input(plane);
    int from = dyStart + output(plane);
    boolean tiles = canStoreTiles(dy, from);
    clear(to, tiles);
    if (tiles) {
      PoolingTiles.averagePullback(dy, from, dx, to, shape.width(), height, width);
      return;
    }
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j++) {
        float share = dy[from + i * width + j] / window.size();
        for (int u = top(i); u < bottom(i); u++) {
          for (int v = left(j); v < right(j); v++) {
            dx[to + u * shape.width() + v] += share;
          }
        }
      }
    }
  }

  /** Whether a plane's gradient is one of tiles, which store it and read a little too far. */
  private boolean canStoreTiles(float[] results, int start) {
    int end = start + height * width + PoolingTiles.SLACK;
    return PoolingTiles.fit(shape) && !accumulate && end <= results.length;
  }

  /** Zeros, unless the gradient is added to or tiles store all of it. */
  private void clear(int to, boolean tiles) {
    boolean covered = tiles && 2 * height == shape.height() && 2 * width == shape.width();
    if (!accumulate && !covered) {
      Arrays.fill(dx, to, to + shape.height() * shape.width(), 0f);
    }
  }
}
