package io.github.bmr4j.models.network;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.AveragePooling;
import io.github.bmr4j.models.layer.BatchNorm;
import io.github.bmr4j.models.layer.ClassToken;
import io.github.bmr4j.models.layer.Convolution;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Dropout;
import io.github.bmr4j.models.layer.FirstToken;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.Gru;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.LayerNorm;
import io.github.bmr4j.models.layer.Lstm;
import io.github.bmr4j.models.layer.MaxPooling;
import io.github.bmr4j.models.layer.MeanToken;
import io.github.bmr4j.models.layer.Noise;
import io.github.bmr4j.models.layer.PatchEmbedding;
import io.github.bmr4j.models.layer.Residual;
import io.github.bmr4j.models.layer.SelfAttention;
import io.github.bmr4j.models.layer.Transposition;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The networks of the papers, by name. */
public final class Networks {

  private Networks() {}

  /**
   * A multi-layer perceptron: dense layers with an activation after each but the last.
   *
   * @param input shape of one example; flattened if it is no vector
   * @param hidden sizes of the hidden layers, in order; may be empty (then the model is linear)
   * @param outputs size of the last layer
   * @param activation after each hidden layer
   */
  public static Network mlp(Shape input, int[] hidden, int outputs, UnaryFunction activation) {
    List<Layer> layers = new ArrayList<>();
    if (input.rank() != 1) {
      layers.add(new Flatten());
    }
    int inputs = input.size();
    for (int i = 0; i < hidden.length; i++) {
      layers.add(new Dense("layer" + (i + 1), inputs, hidden[i]));
      layers.add(new Activation(activation));
      inputs = hidden[i];
    }
    layers.add(new Dense("layer" + (hidden.length + 1), inputs, outputs));
    return new Network("mlp", input, layers);
  }

  /**
   * The same network with places for noise, where Wright, Igel and Selvan (2024) have them. In a
   * chain behind each activation of a layer with parameters: on the units of dense layers, on the
   * filters of convolutions. With skip connections, behind each batch normalisation, and on the
   * features that attention and perceptrons add to tokens.
   */
  public static Network withNoise(Network network) {
    if (network.layers().stream().anyMatch(Residual.class::isInstance)) {
      List<Layer> layers = noiseBesideShortcuts(network.layers(), network.input());
      return new Network(network.name(), network.input(), layers);
    }
    List<Layer> layers = new ArrayList<>();
    Shape shape = network.input();
    String last = null;
    for (Layer layer : network.layers()) {
      shape = layer.outputShape(shape);
      layers.add(layer);
      if (!layer.parameters().isEmpty()) {
        last = layer.parameters().getLast().layer();
      } else if (layer instanceof Activation && last != null) {
        layers.add(new Noise(last, shape.extent(0), 0));
        last = null;
      }
    }
    return new Network(network.name(), network.input(), layers);
  }

  private static List<Layer> noiseBesideShortcuts(List<Layer> given, Shape input) {
    List<Layer> layers = new ArrayList<>();
    Shape shape = input;
    for (Layer layer : given) {
      switch (layer) {
        case Residual residual -> layers.add(withNoise(residual, shape));
        case BatchNorm norm -> {
          layers.add(norm);
          layers.add(new Noise(norm.name(), norm.channels(), 0));
        }
        case SelfAttention attention -> {
          layers.add(attention);
          layers.add(new Noise(attention.mixing().layer(), attention.width(), 1));
        }
        default -> layers.add(layer);
      }
      shape = layer.outputShape(shape);
    }
    return layers;
  }

  private static Residual withNoise(Residual residual, Shape input) {
    List<Layer> branch = noiseBesideShortcuts(residual.layers(), input);
    if (branch.getLast() instanceof Dense dense) {
      branch.add(new Noise(dense.name(), dense.outputs(), input.rank() - 1));
    }
    return new Residual(branch, noiseBesideShortcuts(residual.shortcut(), input));
  }

  /**
   * The same network with dropout behind the activations of dense layers: behind each hidden layer
   * of a perceptron, the one of LeNet, and those of a transformer's blocks.
   *
   * @param network which
   * @param rate probability with which an activation is set to 0
   */
  public static Network withDropout(Network network, double rate) {
    List<Layer> layers = withDropout(network.layers(), rate, new AtomicInteger());
    return new Network(network.name(), network.input(), layers);
  }

  private static List<Layer> withDropout(List<Layer> layers, double rate, AtomicInteger count) {
    List<Layer> result = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      result.add(
          layer instanceof Residual residual
              ? new Residual(
                  withDropout(residual.layers(), rate, count),
                  withDropout(residual.shortcut(), rate, count))
              : layer);
      if (layer instanceof Activation && i > 0 && layers.get(i - 1) instanceof Dense) {
        result.add(new Dropout(count.getAndIncrement(), rate));
      }
    }
    return result;
  }

  /**
   * LeNet as Marković, Friston and Kiebel (2024) have it: three convolutions by 5×5 without padding
   * and two dense layers, tanh between all of them, means of 2×2 behind the first two convolutions.
   * Images with one channel (Fashion-MNIST) meet 6, 16 and 120 filters and 84 units, 61,706
   * parameters with 10 classes; those with three channels (CIFAR) 18, 48, 360 and 256, 550,362.
   *
   * @param channels 1 or 3; images are 32×32, smaller ones are to be padded with zeros
   * @param outputs number of classes
   */
  public static Network lenet(int channels, int outputs) {
    int units =
        switch (channels) {
          case 1 -> 84;
          case 3 -> 256;
          default ->
              throw new IllegalArgumentException(
                  "The published LeNets take 1 or 3 channels, but were asked for " + channels);
        };
    Layer tanh = new Activation(UnaryFunction.TANH);
    List<Layer> layers =
        List.of(
            new Convolution("layer1", channels, 6 * channels, 5),
            tanh,
            new AveragePooling(2),
            new Convolution("layer2", 6 * channels, 16 * channels, 5),
            tanh,
            new AveragePooling(2),
            new Convolution("layer3", 16 * channels, 120 * channels, 5),
            tanh,
            new Flatten(),
            new Dense("layer4", 120 * channels, units),
            tanh,
            new Dense("layer5", units, outputs));
    return new Network("lenet", Shape.of(channels, 32, 32), layers);
  }

  /**
   * LeNet-5 as Wright, Igel and Selvan (BMRS, 2024) have it: two convolutions by 5×5 without
   * padding, each with ReLU and maxima of 2×2, then dense layers of 120 and 84 units with ReLU, all
   * sizes times the number of channels. Its weights are as many as those of {@link #lenet} where
   * that has one channel.
   *
   * @param channels at least 1; images are 32×32
   * @param outputs number of classes
   */
  public static Network lenet5(int channels, int outputs) {
    Layer relu = new Activation(UnaryFunction.RELU);
    List<Layer> layers =
        List.of(
            new Convolution("layer1", channels, 6 * channels, 5),
            relu,
            new MaxPooling(2),
            new Convolution("layer2", 6 * channels, 16 * channels, 5),
            relu,
            new MaxPooling(2),
            new Flatten(),
            new Dense("layer3", 400 * channels, 120 * channels),
            relu,
            new Dense("layer4", 120 * channels, 84 * channels),
            relu,
            new Dense("layer5", 84 * channels, outputs));
    return new Network("lenet5", Shape.of(channels, 32, 32), layers);
  }

  /**
   * LeNet as the Caffe library has it, on which speed is compared: convolutions by 5×5 with 20 and
   * 50 filters, each with maxima of 2×2 and without activation, then dense layers of 500 units with
   * ReLU; 431,080 parameters with 1 channel and 10 classes.
   *
   * @param channels at least 1; images are 28×28
   * @param outputs number of classes
   */
  public static Network lenetCaffe(int channels, int outputs) {
    List<Layer> layers =
        List.of(
            new Convolution("layer1", channels, 20, 5),
            new MaxPooling(2),
            new Convolution("layer2", 20, 50, 5),
            new MaxPooling(2),
            new Flatten(),
            new Dense("layer3", 800, 500),
            new Activation(UnaryFunction.RELU),
            new Dense("layer4", 500, outputs));
    return new Network("lenet-caffe", Shape.of(channels, 28, 28), layers);
  }

  private static final int PATCH = 4;
  private static final int WIDTH = 256;
  private static final int HIDDEN = 512;
  private static final int BLOCKS = 6;
  private static final int HEADS = 8;
  private static final int SIDE = 32;
  private static final int TOKENS = (SIDE / PATCH) * (SIDE / PATCH);

  /**
   * The vision transformer of Marković, Friston and Kiebel (2024): squares of 4×4 pixels, tokens of
   * 256, a class token, six blocks with eight heads and 512 hidden units behind layer
   * normalisation. 3,186,954 parameters with 1 channel and 10 classes. The class token is taken
   * behind the last attention: what follows works on each token by itself, and the others' results
   * would go nowhere.
   *
   * @param channels at least 1; images are 32×32, smaller ones are to be padded with zeros
   * @param outputs number of classes
   */
  public static Network visionTransformer(int channels, int outputs) {
    List<Layer> layers = new ArrayList<>();
    layers.add(new PatchEmbedding("patches", PATCH, channels, WIDTH));
    layers.add(new ClassToken("positions", TOKENS, WIDTH));
    for (int i = 1; i <= BLOCKS; i++) {
      String block = "block" + i;
      layers.add(
          new Residual(
              new LayerNorm(block + ".norm1", WIDTH),
              new SelfAttention(block + ".attention", WIDTH, HEADS)));
      if (i == BLOCKS) {
        layers.add(new FirstToken());
      }
      layers.add(perceptron(block + ".norm2", block + ".mlp"));
    }
    layers.add(new LayerNorm("norm", WIDTH));
    layers.add(new Dense("head", WIDTH, outputs));
    return new Network("vit", Shape.of(channels, SIDE, SIDE), layers);
  }

  /**
   * The MLP-Mixer of Marković, Friston and Kiebel (2024): squares of 4×4 pixels, tokens of 256, six
   * blocks that mix the 64 tokens and then the features, each by 512 hidden units behind layer
   * normalisation. 1,987,722 parameters with 1 channel and 10 classes.
   *
   * @param channels at least 1; images are 32×32, smaller ones are to be padded with zeros
   * @param outputs number of classes
   */
  public static Network mlpMixer(int channels, int outputs) {
    List<Layer> layers = new ArrayList<>();
    layers.add(new PatchEmbedding("patches", PATCH, channels, WIDTH));
    for (int i = 1; i <= BLOCKS; i++) {
      String block = "block" + i;
      layers.add(
          new Residual(
              new LayerNorm(block + ".norm1", WIDTH),
              new Transposition(),
              new Dense(block + ".tokens1", TOKENS, HIDDEN),
              new Activation(UnaryFunction.GELU_TANH),
              new Dense(block + ".tokens2", HIDDEN, TOKENS),
              new Transposition()));
      layers.add(perceptron(block + ".norm2", block + ".channels"));
    }
    layers.add(new LayerNorm("norm", WIDTH));
    layers.add(new MeanToken());
    layers.add(new Dense("head", WIDTH, outputs));
    return new Network("mixer", Shape.of(channels, SIDE, SIDE), layers);
  }

  private static Layer perceptron(String norm, String name) {
    return new Residual(
        new LayerNorm(norm, WIDTH),
        new Dense(name + "1", WIDTH, HIDDEN),
        new Activation(UnaryFunction.GELU_TANH),
        new Dense(name + "2", HIDDEN, WIDTH));
  }

  /**
   * A gated recurrent unit over a sequence and a dense layer on its last state.
   *
   * @param cell the recurrent layer
   * @param outputs size of the last layer
   */
  public static Network recurrent(Gru cell, int outputs) {
    return recurrent(cell, cell.steps() * cell.inputs(), cell.units(), outputs);
  }

  /**
   * A long short-term memory over a sequence and a dense layer on its last state.
   *
   * @param cell the recurrent layer
   * @param outputs size of the last layer
   */
  public static Network recurrent(Lstm cell, int outputs) {
    return recurrent(cell, cell.steps() * cell.inputs(), cell.units(), outputs);
  }

  private static Network recurrent(Layer cell, int inputs, int units, int outputs) {
    return new Network(
        "recurrent", Shape.of(inputs), List.of(cell, new Dense("output", units, outputs)));
  }
}
