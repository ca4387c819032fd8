package io.github.bmr4j.kernels.opencl.kernel;

/** A convolution's channels. */
abstract class Convolutions extends Images {

  int channels;
  int filters;
  int groupChannels;
  int groupFilters;
}
