/**
 * OpenCL through the JDK's foreign-function interface: what a back end needs of it and no more.
 * Handles are {@code long}s, so that launching a kernel allocates nothing.
 */
package io.github.bmr4j.kernels.opencl.host;
