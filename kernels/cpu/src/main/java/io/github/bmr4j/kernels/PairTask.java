package io.github.bmr4j.kernels;

/** Pairs of matrices in runs, a few for each thread: what belongs to one pair stays on one. */
abstract class PairTask implements WorkerPool.Task {

  private final WorkerPool pool;
  private int pairs;
  private int parts;

  PairTask(WorkerPool pool) {
    this.pool = pool;
  }

  /**
   * Does all pairs.
   *
   * @param pairs how many
   * @param multiplications of all of them; few are not worth waking other threads
   */
  final void run(int pairs, long multiplications) {
    this.pairs = pairs;
    boolean alone = multiplications < PackedProduct.SMALL;
    parts = alone ? 1 : Math.min(pairs, 4 * pool.threads());
    pool.run(parts, this);
  }

  @Override
  public final void run(int part) {
    int from = (int) ((long) part * pairs / parts);
    int to = (int) ((part + 1L) * pairs / parts);
    run(pool.worker(), from, to);
  }

  /**
   * Does a run of pairs.
   *
   * @param worker number of the thread, for its scratch memory
   * @param from the first pair
   * @param to behind the last
   */
  abstract void run(int worker, int from, int to);
}
