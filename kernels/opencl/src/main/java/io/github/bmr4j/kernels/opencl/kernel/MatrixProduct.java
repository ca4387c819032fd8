package io.github.bmr4j.kernels.opencl.kernel;

/** Matrix products by tiles of 16 × 16 in local memory, one item an element of c. */
final class MatrixProduct extends Products {

  /** Side of a tile; a group is one tile. */
  static final int TILE = 16;

  @Local float[] aTile = new float[TILE * TILE];

  @Local float[] bTile = new float[TILE * TILE];

  @Override
  public void run() {
    int l = getLocalId(0);
    int y = l / TILE;
    int x = l % TILE;
    int pair = getGroupId(0) / tiles;
    int tile = getGroupId(0) % tiles;
    int top = tile / tilesAcross * TILE;
    int left = tile % tilesAcross * TILE;
    int aFrom = aAt + pair * aPair;
    int bFrom = bAt + pair * bPair;
    float sum = 0f;
    for (int k = 0; k < inner; k = k + TILE) {
      float fromA = 0f;
      if (top + y < rows && k + x < inner) {
        fromA = a[aFrom + (top + y) * aRow + (k + x) * aColumn];
      }
      float fromB = 0f;
      if (k + y < inner && left + x < columns) {
        fromB = b[bFrom + (k + y) * bRow + (left + x) * bColumn];
      }
      aTile[l] = fromA;
      bTile[l] = fromB;
      localBarrier();
      for (int s = 0; s < TILE; s++) {
        sum = fma(aTile[y * TILE + s], bTile[s * TILE + x], sum);
      }
      localBarrier();
    }
    store(pair, top + y, left + x, sum);
  }
}
