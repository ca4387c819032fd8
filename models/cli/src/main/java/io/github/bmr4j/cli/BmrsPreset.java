package io.github.bmr4j.cli;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.InputShape;
import io.github.bmr4j.models.data.Resizing;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.method.Bmrs;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import java.util.Arrays;

/**
 * What {@code bmr prune --method bmrs} does on a data set when no option says otherwise.
 *
 * @param network {@link NetworkKind#MLP} or {@link NetworkKind#LENET}
 * @param hidden layers of the multi-layer perceptron
 * @param activation behind each layer with parameters but the last
 * @param imageSize height and width that images are enlarged to; 0 leaves them as they are
 * @param published whether pixels become (grey − 127)/255, as the paper has it; else they are
 *     standardised
 * @param method schedule and settings
 */
record BmrsPreset(
    NetworkKind network,
    HiddenLayers hidden,
    UnaryFunction activation,
    int imageSize,
    boolean published,
    Bmrs.Config method) {

  private static final double GREYS = 255;

  /** A data set as the network sees it, and how it came to be so. */
  record Prepared(Split split, Standardization standardization) {}

  /** For digits, or the paper's for Fashion-MNIST. */
  static BmrsPreset of(DataSource data, NetworkKind network) {
    boolean lenet = network == NetworkKind.LENET;
    boolean fashion = data.known() == KnownData.FASHION_MNIST;
    // On digits a larger rate than published: Adam moves ln σ by at most the rate a step, and an
    // epoch has few steps.
    Bmrs.Schedule digits = new Bmrs.Schedule(32, 60, 1, 10, 8e-3);
    Bmrs.Schedule paper = lenet ? Bmrs.Schedule.PUBLISHED_LENET : Bmrs.Schedule.PUBLISHED;
    HiddenLayers units = fashion ? HiddenLayers.of(150, 150) : HiddenLayers.of(100, 100);
    return new BmrsPreset(
        network,
        lenet ? HiddenLayers.of() : units,
        lenet ? UnaryFunction.RELU : UnaryFunction.TANH,
        lenet || fashion ? NetworkKind.IMAGE_SIZE : 0,
        fashion,
        Bmrs.Config.PUBLISHED.withSchedule(fashion ? paper : digits));
  }

  /** The same with other layers. */
  BmrsPreset with(HiddenLayers otherHidden, UnaryFunction otherActivation) {
    return new BmrsPreset(network, otherHidden, otherActivation, imageSize, published, method);
  }

  /** A data set as the network takes it. */
  Prepared prepare(DataSource data, Split raw) {
    Split sized = imageSize == 0 ? raw : Resizing.bilinear(raw, imageSize, imageSize);
    InputShape shape = sized.train().inputShape();
    Standardization standardization = published ? centred(shape) : data.standardization(sized);
    return new Prepared(standardization.apply(sized), standardization);
  }

  /** (grey − 127)/255 of greys that were divided by 255 when they were read. */
  private static Standardization centred(InputShape shape) {
    double[] middle = new double[shape.channels()];
    double[] one = new double[shape.channels()];
    Arrays.fill(middle, 127 / GREYS);
    Arrays.fill(one, 1);
    return Standardization.of(middle, one, shape.height() * shape.width());
  }

  /** The network for a data set that was prepared. */
  Network network(Split split) {
    InputShape shape = split.train().inputShape();
    int classes = split.train().classNames().size();
    return network == NetworkKind.LENET
        ? Networks.lenet5(shape.channels(), classes)
        : Networks.mlp(
            shape.isImage()
                ? Shape.of(shape.channels(), shape.height(), shape.width())
                : Shape.of(shape.size()),
            hidden.toArray(),
            classes,
            activation);
  }
}
