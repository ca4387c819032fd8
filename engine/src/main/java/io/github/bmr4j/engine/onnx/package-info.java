/** Networks as ONNX models: written, and read for prediction, without a library. */
package io.github.bmr4j.engine.onnx;
