package example;

import io.github.bmr4j.engine.onnx.OnnxModel;
import io.github.bmr4j.engine.onnx.OnnxPrediction;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** Predicts one example by an ONNX model; needs the engine and nothing else. */
public final class PredictFromOnnx {

  private PredictFromOnnx() {}

  /**
   * Prints every output.
   *
   * @param arguments the file, then the example's features
   */
  public static void main(String... arguments) throws IOException {
    OnnxModel model = OnnxModel.read(Path.of(arguments[0]));
    try (Backend backend = Backends.open()) {
      OnnxPrediction prediction = new OnnxPrediction(backend, model, 1);
      float[] features = new float[prediction.inputs()];
      for (int i = 0; i < features.length; i++) {
        features[i] = Float.parseFloat(arguments[1 + i]);
      }
      prediction
          .predict(features, 1)
          .forEach((name, values) -> System.out.println(name + " " + Arrays.toString(values)));
    }
  }
}
