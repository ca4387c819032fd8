/**
 * JMH benchmarks: one class a subject, each operation as a pair {@code …Scalar} and {@code …Simd}.
 * What each measures and how to read it stands in {@code docs/benchmarks.md}.
 */
package io.github.bmr4j.bench;
