package io.github.bmr4j.models.network;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.Window;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.AveragePooling;
import io.github.bmr4j.models.layer.BatchNorm;
import io.github.bmr4j.models.layer.Convolution;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.MaxPooling;
import io.github.bmr4j.models.layer.Residual;
import java.util.ArrayList;
import java.util.List;

/**
 * Residual networks (He, Zhang, Ren and Sun: Deep residual learning for image recognition, 2016) in
 * the form, and with the names of layers, that torchvision and timm have: the stride of a
 * bottleneck is that of its 3×3 convolution.
 */
public final class ResidualNetworks {

  private static final Layer RELU = new Activation(UnaryFunction.RELU);

  /** Between the last image and the first, both sides: five halvings. */
  private static final int REDUCTION = 32;

  private ResidualNetworks() {}

  /**
   * The sizes of a residual network.
   *
   * @param name for instance {@code resnet50}
   * @param blocks in each of the stages
   * @param bottleneck whether a block is 1×1, 3×3 and 1×1 with four times the width, else two of
   *     3×3
   * @param width of the first stage; it doubles from stage to stage
   * @param size height and width of images with three channels, a multiple of 32
   * @param outputs number of classes
   */
  public record Config(
      String name, List<Integer> blocks, boolean bottleneck, int width, int size, int outputs) {

    /** Of 18 layers: 11,689,512 parameters with 1,000 classes. */
    public static Config resnet18(int outputs) {
      return new Config("resnet18", List.of(2, 2, 2, 2), false, 64, 224, outputs);
    }

    /** Of 50 layers: 25,557,032 parameters with 1,000 classes. */
    public static Config resnet50(int outputs) {
      return new Config("resnet50", List.of(3, 4, 6, 3), true, 64, 224, outputs);
    }

    /**
     * @throws IllegalArgumentException if the size is no positive multiple of 32
     */
    public Config {
      blocks = List.copyOf(blocks);
      if (size < REDUCTION || size % REDUCTION != 0) {
        throw new IllegalArgumentException(
            "Images of a residual network are a multiple of " + REDUCTION + ", but got " + size);
      }
    }
  }

  /** The network of these sizes. */
  public static Network of(Config config) {
    List<Layer> layers = new ArrayList<>();
    layers.add(convolution("conv1", 3, config.width(), Window.square(7, 2, 3)));
    layers.add(new BatchNorm("bn1", config.width()));
    layers.add(RELU);
    layers.add(new MaxPooling(Window.square(3, 2, 1)));
    int inputs = config.width();
    for (int stage = 0; stage < config.blocks().size(); stage++) {
      int width = config.width() << stage;
      for (int i = 0; i < config.blocks().get(stage); i++) {
        int stride = stage > 0 && i == 0 ? 2 : 1;
        String name = "layer" + (stage + 1) + "." + i;
        int outputs = config.bottleneck() ? 4 * width : width;
        List<Layer> branch =
            config.bottleneck()
                ? bottleneck(name, inputs, width, outputs, stride)
                : basic(name, inputs, width, stride);
        layers.add(new Residual(branch, shortcut(name, inputs, outputs, stride)));
        layers.add(RELU);
        inputs = outputs;
      }
    }
    layers.add(new AveragePooling(config.size() / REDUCTION));
    layers.add(new Flatten());
    layers.add(new Dense("fc", inputs, config.outputs()));
    return new Network(config.name(), Shape.of(3, config.size(), config.size()), layers);
  }

  private static Layer convolution(String name, int inputs, int filters, Window window) {
    return new Convolution(name, inputs, filters, window, 1, false);
  }

  private static List<Layer> basic(String name, int inputs, int width, int stride) {
    return List.of(
        convolution(name + ".conv1", inputs, width, Window.square(3, stride, 1)),
        new BatchNorm(name + ".bn1", width),
        RELU,
        convolution(name + ".conv2", width, width, Window.square(3, 1, 1)),
        new BatchNorm(name + ".bn2", width));
  }

  private static List<Layer> bottleneck(
      String name, int inputs, int width, int outputs, int stride) {
    return List.of(
        convolution(name + ".conv1", inputs, width, Window.square(1)),
        new BatchNorm(name + ".bn1", width),
        RELU,
        convolution(name + ".conv2", width, width, Window.square(3, stride, 1)),
        new BatchNorm(name + ".bn2", width),
        RELU,
        convolution(name + ".conv3", width, outputs, Window.square(1)),
        new BatchNorm(name + ".bn3", outputs));
  }

  private static List<Layer> shortcut(String name, int inputs, int outputs, int stride) {
    return stride == 1 && inputs == outputs
        ? List.of()
        : List.of(
            convolution(name + ".downsample.0", inputs, outputs, Window.square(1, stride, 0)),
            new BatchNorm(name + ".downsample.1", outputs));
  }
}
