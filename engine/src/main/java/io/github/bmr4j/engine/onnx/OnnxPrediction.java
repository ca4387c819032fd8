package io.github.bmr4j.engine.onnx;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Runs an ONNX model on the engine, over batches of a fixed size. Read are the operators that
 * {@code bmr export} writes and those that PyTorch writes for perceptrons, convolutional networks
 * and transformers (operator sets 13 to 22); numbers are float32. Not thread-safe.
 */
public final class OnnxPrediction {

  private final Backend backend;
  private final int batch;
  private final Tensor features;
  private final Graph graph;
  private final Map<String, Node> outputs = new LinkedHashMap<>();

  /**
   * For a fixed batch; no value may take more than half of the memory that Java may have.
   *
   * @param backend does the work
   * @param model what is computed
   * @param batch examples at a time, at least 1
   * @throws OnnxException as the constructor with a limit
   */
  public OnnxPrediction(Backend backend, OnnxModel model, int batch) {
    this(backend, model, batch, Runtime.getRuntime().maxMemory() / 2);
  }

  /**
   * For a fixed batch and memory.
   *
   * @param backend does the work
   * @param model what is computed
   * @param batch examples at a time, at least 1; where the file says how many, it must be so many
   * @param mostBytes that any one value of the model may take; those that do not live together
   *     share memory
   * @throws OnnxException if the model has an operator that is not read, operands that do not fit,
   *     or makes a larger value; names the node
   */
  public OnnxPrediction(Backend backend, OnnxModel model, int batch, long mostBytes) {
    if (batch < 1) {
      throw new IllegalArgumentException("A batch has at least 1 example, but got " + batch);
    }
    OptionalInt given = model.batch();
    if (given.isPresent() && given.getAsInt() != batch) {
      throw new OnnxException(
          model.source(),
          "is for batches of "
              + given.getAsInt()
              + ", but asked was for "
              + batch
              + "; ask for its own, or export it for any (for PyTorch: dynamic_axes or"
              + " dynamic_shapes)");
    }
    this.backend = backend;
    this.batch = batch;
    OnnxScope scope = new OnnxScope(backend, mostBytes / Float.BYTES);
    Shape shape = inputShape(model, batch, mostBytes);
    features = Tensor.of(shape, backend.memory().allocate(shape.size()));
    scope.put(model.input().name(), OnnxValue.of(new Input(features)));
    model.constants().forEach((name, constant) -> scope.put(name, OnnxValue.of(constant)));
    OnnxOperators operators = new OnnxOperators(scope);
    for (OnnxNode node : model.nodes()) {
      scope.put(node.outputs().getFirst(), operators.of(node));
    }
    for (String name : model.outputs()) {
      outputs.put(name, output(model, scope, name));
    }
    graph = Graph.forInference(backend, outputs.values().toArray(new Node[0]));
  }

  private static Shape inputShape(OnnxModel model, int batch, long mostBytes) {
    Shape example = model.example();
    if (example.size() > mostBytes / Float.BYTES / batch) {
      throw new OnnxException(
          model.source(),
          "the input "
              + model.input().name()
              + ", "
              + batch
              + " examples of "
              + example
              + ", needs more than the "
              + mostBytes
              + " bytes that it may take");
    }
    int[] extents = model.input().extents().clone();
    extents[0] = batch;
    return Shape.of(extents);
  }

  private Node output(OnnxModel model, OnnxScope scope, String name) {
    OnnxValue value = scope.get(name);
    if (value == null || value.isConstant()) {
      throw new OnnxException(
          model.source(), "the output " + name + " is computed by no node of the model");
    }
    Shape shape = value.shape();
    if (shape.rank() < 1 || shape.extent(0) != batch) {
      throw new OnnxException(
          model.source(),
          "the output " + name + " has the shape " + shape + " for a batch of " + batch);
    }
    return value.node();
  }

  /** Number of features of an example. */
  public int inputs() {
    return features.size() / batch;
  }

  /** Names of the outputs. */
  public List<String> outputs() {
    return List.copyOf(outputs.keySet());
  }

  /**
   * Numbers that an output has for an example.
   *
   * @param output its name
   * @throws IllegalArgumentException if there is none
   */
  public int width(String output) {
    if (!outputs.containsKey(output)) {
      throw new IllegalArgumentException(
          "There is no output " + output + "; the model has " + outputs.keySet());
    }
    return outputs.get(output).shape().size() / batch;
  }

  /**
   * All outputs for some examples.
   *
   * @param examples [rows, inputs], raw features where the model prepares them itself, as those of
   *     {@code bmr export} do
   * @param rows number of examples, at least 0
   * @return by the name of each output [rows, width]
   * @throws IllegalArgumentException if there are fewer features
   */
  public Map<String, float[]> predict(float[] examples, int rows) {
    int inputs = inputs();
    if (rows < 0 || examples.length / inputs < rows) {
      throw new IllegalArgumentException(
          rows
              + " examples of "
              + inputs
              + " features were announced, but there are "
              + examples.length
              + " numbers");
    }
    Map<String, float[]> results = new LinkedHashMap<>();
    outputs.forEach((name, node) -> results.put(name, new float[rows * width(name)]));
    Slice into = features.slice();
    for (int from = 0; from < rows; from += batch) {
      int count = Math.min(batch, rows - from);
      System.arraycopy(examples, from * inputs, into.array(), into.offset(), count * inputs);
      backend.memory().push(into);
      graph.forward();
      for (Map.Entry<String, Node> output : outputs.entrySet()) {
        Slice value = output.getValue().value().slice();
        int width = width(output.getKey());
        backend.memory().pull(value);
        System.arraycopy(
            value.array(),
            value.offset(),
            results.get(output.getKey()),
            from * width,
            count * width);
      }
    }
    return results;
  }
}
