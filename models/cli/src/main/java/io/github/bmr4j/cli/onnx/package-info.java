/** Networks as ONNX models, written without a library. */
package io.github.bmr4j.cli.onnx;
