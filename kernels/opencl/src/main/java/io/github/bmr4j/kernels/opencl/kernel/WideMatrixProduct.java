package io.github.bmr4j.kernels.opencl.kernel;

/**
 * Matrix products by tiles of 64 × 64, sixteen columns of a and rows of b at a time in local
 * memory, one item for 4 × 4 elements of c in registers: eight reads for sixteen multiply-adds.
 */
final class WideMatrixProduct extends Products {

  /** Side of a tile. */
  static final int TILE = 64;

  /** Columns of a and rows of b that are in local memory. */
  static final int DEPTH = 16;

  /** Work items of a group. */
  static final int ITEMS = 256;

  /** [DEPTH, TILE], so that the items of a group read neighbours. */
  @Local float[] aTile = new float[DEPTH * TILE];

  @Local float[] bTile = new float[DEPTH * TILE];

  @Override
  public void run() {
    int l = getLocalId(0);
    int y = l / 16;
    int x = l % 16;
    int pair = getGroupId(0) / tiles;
    int tile = getGroupId(0) % tiles;
    int top = tile / tilesAcross * TILE;
    int left = tile % tilesAcross * TILE;
    int aFrom = aAt + pair * aPair;
    int bFrom = bAt + pair * bPair;
    float[] sums = new float[16];
    for (int s = 0; s < 16; s++) {
      sums[s] = 0f;
    }
    for (int k = 0; k < inner; k = k + DEPTH) {
      // Neighbouring items read neighbouring elements, whichever way the operand lies.
      for (int e = l; e < DEPTH * TILE; e = e + ITEMS) {
        int depth = aColumn == 1 ? e % DEPTH : e / TILE;
        int i = aColumn == 1 ? e / DEPTH : e % TILE;
        float fromA = 0f;
        if (top + i < rows && k + depth < inner) {
          fromA = a[aFrom + (top + i) * aRow + (k + depth) * aColumn];
        }
        aTile[depth * TILE + i] = fromA;
      }
      for (int e = l; e < DEPTH * TILE; e = e + ITEMS) {
        int depth = bRow == 1 ? e % DEPTH : e / TILE;
        int j = bRow == 1 ? e / DEPTH : e % TILE;
        float fromB = 0f;
        if (k + depth < inner && left + j < columns) {
          fromB = b[bFrom + (k + depth) * bRow + (left + j) * bColumn];
        }
        bTile[depth * TILE + j] = fromB;
      }
      localBarrier();
      for (int s = 0; s < DEPTH; s++) {
        for (int p = 0; p < 4; p++) {
          float fromA = aTile[s * TILE + y + 16 * p];
          for (int q = 0; q < 4; q++) {
            sums[4 * p + q] = fma(fromA, bTile[s * TILE + x + 16 * q], sums[4 * p + q]);
          }
        }
      }
      localBarrier();
    }
    for (int p = 0; p < 4; p++) {
      for (int q = 0; q < 4; q++) {
        store(pair, top + y + 16 * p, left + x + 16 * q, sums[4 * p + q]);
      }
    }
  }
}
