/**
 * The kernels, as Aparapi classes. The build translates each to OpenCL C ({@code NAME.cl} beside
 * the class); at run time only that text is used.
 *
 * <p>What Aparapi cannot translate or translates to something else, and so must not stand here: a
 * negated comparison of floats (it turns {@code !(a <= b)} into {@code a > b}, which differs for
 * NaN), {@code Math.max} and {@code Math.min} of floats (which pass NaN over in C), {@code switch},
 * {@code break}, {@code >>>}, int arithmetic that overflows (undefined in C), writing scalar
 * fields, chained assignments, overloaded methods, and local names that OpenCL C reserves ({@code
 * half}, {@code local}, {@code global}, {@code kernel}).
 *
 * <p>Names: {@code x} is a buffer, {@code xAt} the index of the first element, {@code xStride} the
 * distance of rows. A flag is an int of 0 or 1.
 */
package io.github.bmr4j.kernels.opencl.kernel;
