/** Trained networks as ONNX models. */
package io.github.bmr4j.cli.onnx;
