package io.github.bmr4j.kernels;

/**
 * Where a back end's arrays live. On a CPU they are the Java arrays themselves and {@link #push}
 * and {@link #pull} do nothing. On a device each allocated array stands for a buffer there; kernels
 * see only the buffer, and the host must push what it wrote and pull what it wants to read; arrays
 * from elsewhere are refused there unless they were adopted, save where {@link EvidenceKernels}
 * takes them.
 */
public interface Memory {

  /** A zeroed array of {@code length} floats, known to the back end until it is closed. */
  float[] allocate(int length);

  /** Makes what the host wrote into the slice visible to kernels. */
  void push(Slice slice);

  /** Makes what kernels wrote into the slice visible to the host, waiting for them if need be. */
  void pull(Slice slice);

  /**
   * Lets kernels read arrays that the host made and does not change any more, the data of a
   * training say, for as long as the back end is open; those that they can read already are not
   * taken in again.
   *
   * @return whether they can; not, of any of them, if on a device they would take more than half of
   *     the memory that is free there, or one more than a buffer may
   */
  boolean adopt(float[]... arrays);

  /** The memory of back ends that compute on the Java arrays themselves. */
  Memory HOST =
      new Memory() {
        @Override
        public float[] allocate(int length) {
          return new float[length];
        }

        @Override
        public void push(Slice slice) {}

        @Override
        public void pull(Slice slice) {}

        @Override
        public boolean adopt(float[]... arrays) {
          return true;
        }
      };
}
