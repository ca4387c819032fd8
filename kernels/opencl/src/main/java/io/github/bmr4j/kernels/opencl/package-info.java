/**
 * The back end {@code opencl}: all kernels on an OpenCL device, with arrays that stay there. See
 * {@link io.github.bmr4j.kernels.Memory} for when the host may look at them.
 */
package io.github.bmr4j.kernels.opencl;
