package io.github.bmr4j.models.compact;

import io.github.bmr4j.engine.autodiff.BatchNormalization;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.AveragePooling;
import io.github.bmr4j.models.layer.BatchNorm;
import io.github.bmr4j.models.layer.ClassToken;
import io.github.bmr4j.models.layer.Convolution;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.FirstToken;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.LayerNorm;
import io.github.bmr4j.models.layer.MaxPooling;
import io.github.bmr4j.models.layer.MeanToken;
import io.github.bmr4j.models.layer.Noise;
import io.github.bmr4j.models.layer.PatchEmbedding;
import io.github.bmr4j.models.layer.Residual;
import io.github.bmr4j.models.layer.SelfAttention;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.PlainNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Makes a smaller network of one in which whole structures are out: units, filters, heads,
 * branches. The result is a network of the same kinds of layers with weights of its own, and gives
 * the same outputs but for rounding.
 *
 * <p>Units that several values share (through activations, normalisation, pooling, skip
 * connections) are one {@link UnitGroup}. From the inputs up it is found which units are constant;
 * from the outputs down, and again until nothing changes, which of the others are needed. Then each
 * layer is made anew for the units that stay: constants go into biases, noise and normalisation
 * into the weights of a neighbour.
 *
 * <p>For a chain of dense layers from which single weights were pruned, see {@link Compaction}.
 */
public final class StructureCompaction {

  private final Backend backend;
  private final Map<String, float[]> weights;

  private StructureCompaction(Backend backend, Map<String, float[]> weights) {
    this.backend = backend;
    this.weights = weights;
  }

  /**
   * Compacts a network.
   *
   * @param backend computes what constant units become
   * @param whole a network, which may have places for noise, and its weights; under the name of a
   *     layer with {@link PlainNetwork#NOISE} the factors of its place for noise, 0 for a structure
   *     that is out (none given: no noise)
   * @param multiple that numbers of units are rounded up to, as far as there are so many: 1, or the
   *     lanes of a vector
   * @throws IllegalArgumentException if a layer cannot be compacted
   */
  public static PlainNetwork compact(Backend backend, PlainNetwork whole, int multiple) {
    if (multiple < 1) {
      throw new IllegalArgumentException(
          "Units are rounded to a multiple of at least 1, but got " + multiple);
    }
    return new StructureCompaction(backend, whole.weights()).run(whole.network(), multiple);
  }

  private PlainNetwork run(Network network, int multiple) {
    List<UnitStep> steps = new ArrayList<>();
    UnitGroup inputs = new UnitGroup(UnitPlace.units(network.input()));
    inputs.keepAll();
    UnitPlace out = trace(network.layers(), UnitPlace.varying(network.input(), inputs), steps);
    out.group().keepAll();
    boolean news = true;
    while (news) {
      news = false;
      for (UnitStep step : steps.reversed()) {
        news |= step.keepNeeded();
      }
    }
    fill(steps, multiple);
    CompactBuilder builder = new CompactBuilder();
    steps.forEach(step -> step.append(builder));
    builder.requireNoneWaiting("the output");
    return new PlainNetwork(
        new Network(network.name(), network.input(), builder.layers()), builder.weights());
  }

  private static void fill(List<UnitStep> steps, int multiple) {
    for (UnitStep step : steps) {
      step.out().group().fill(multiple);
      if (step instanceof ResidualStep residual) {
        List<UnitStep> inner = new ArrayList<>();
        residual.collect(inner);
        fill(inner, multiple);
      }
    }
  }

  private UnitPlace trace(List<Layer> layers, UnitPlace in, List<UnitStep> steps) {
    UnitPlace place = in;
    for (Layer layer : layers) {
      UnitStep step = step(layer, place);
      if (step != null) {
        steps.add(step);
        place = step.out();
      }
    }
    return place;
  }

  /** A layer as a step; null for noise that there is none of. */
  private UnitStep step(Layer layer, UnitPlace in) {
    Shape shape = layer.outputShape(in.shape());
    return switch (layer) {
      case Dense dense ->
          LinearStep.of(
              dense.name(),
              (outputs, inputs) -> new Dense(dense.name(), inputs, outputs),
              1,
              false,
              weights.get(dense.name()),
              in,
              shape);
      case Convolution convolution when convolution.groups() == 1 ->
          LinearStep.of(
              convolution.name(),
              (outputs, inputs) ->
                  new Convolution(convolution.name(), inputs, outputs, convolution.window(), 1),
              convolution.window().size(),
              convolution.window().verticalPadding() + convolution.window().horizontalPadding() > 0,
              weights.get(convolution.name()),
              in,
              shape);
      case Noise noise -> noise(noise, in);
      case Activation activation -> activation(activation, in);
      case MaxPooling _, FirstToken _, MeanToken _ -> same(layer, shape, 1, true, in);
      case AveragePooling pooling ->
          same(layer, shape, 1, pooling.window().size() == 1 || !isPadded(pooling), in);
      case Flatten _ -> same(layer, shape, shape.size() / in.group().count(), true, in);
      case Residual residual -> residual(residual, in);
      case BatchNorm norm -> normalization(norm, in);
      case LayerNorm _, ClassToken _ ->
          new FixedStep(layer, weights, in, UnitPlace.varying(shape, in.group()));
      case PatchEmbedding _ ->
          new FixedStep(
              layer, weights, in, UnitPlace.varying(shape, new UnitGroup(UnitPlace.units(shape))));
      case SelfAttention attention ->
          new AttentionStep(
              attention, weights, in, UnitPlace.varying(shape, new UnitGroup(attention.width())));
      default ->
          throw new IllegalArgumentException(
              "A network with the layer "
                  + layer
                  + " cannot be compacted; use it with its structures masked");
    };
  }

  private static boolean isPadded(AveragePooling pooling) {
    return pooling.window().verticalPadding() + pooling.window().horizontalPadding() > 0;
  }

  private UnitStep noise(Noise noise, UnitPlace in) {
    float[] factors = weights.get(noise.name() + PlainNetwork.NOISE);
    if (factors == null) {
      return null;
    }
    return AffineStep.of(factors, new float[factors.length], null, in);
  }

  private UnitStep normalization(BatchNorm norm, UnitPlace in) {
    int channels = norm.channels();
    float[] block = weights.get(norm.name());
    float[] statistics = weights.get(norm.name() + PlainNetwork.RUNNING);
    float[] scale = new float[channels];
    float[] shift = new float[channels];
    for (int c = 0; c < channels; c++) {
      double factor = block[c] / Math.sqrt(statistics[channels + c] + BatchNormalization.EPSILON);
      scale[c] = (float) factor;
      shift[c] = (float) (block[channels + c] - factor * statistics[c]);
    }
    return AffineStep.of(
        scale,
        shift,
        (builder, kept) -> {
          builder.put(norm.name(), chosen(block, channels, kept));
          builder.put(norm.name() + PlainNetwork.RUNNING, chosen(statistics, channels, kept));
          return new BatchNorm(norm.name(), kept.length);
        },
        in);
  }

  /** The kept columns of a matrix [2, channels]. */
  private static float[] chosen(float[] pairs, int channels, int[] kept) {
    float[] chosen = new float[2 * kept.length];
    for (int i = 0; i < kept.length; i++) {
      chosen[i] = pairs[kept[i]];
      chosen[kept.length + i] = pairs[channels + kept[i]];
    }
    return chosen;
  }

  private UnitStep activation(Activation activation, UnitPlace in) {
    UnaryFunction function = activation.function();
    boolean homogeneous = function == UnaryFunction.RELU || function == UnaryFunction.IDENTITY;
    UnitPlace out =
        new UnitPlace(
            in.shape(),
            in.group(),
            in.constant(),
            Compaction.apply(backend, function, in.values()));
    return new SameUnitsStep(activation, homogeneous, 1, in, out);
  }

  /** The same units; each may become as many as it has elements. */
  private static UnitStep same(
      Layer layer, Shape shape, int elements, boolean keepsConstants, UnitPlace in) {
    boolean[] constant = new boolean[in.constant().length * elements];
    float[] values = new float[constant.length];
    for (int i = 0; i < constant.length; i++) {
      constant[i] =
          in.constant()[i / elements] && (keepsConstants || in.values()[i / elements] == 0);
      values[i] = constant[i] ? in.values()[i / elements] : 0;
    }
    UnitPlace out = new UnitPlace(shape, in.group().flattened(elements), constant, values);
    return new SameUnitsStep(layer, true, elements, in, out);
  }

  private UnitStep residual(Residual residual, UnitPlace in) {
    List<UnitStep> branch = new ArrayList<>();
    List<UnitStep> shortcut = new ArrayList<>();
    trace(residual.layers(), in, branch);
    trace(residual.shortcut(), in, shortcut);
    return ResidualStep.of(branch, shortcut, in);
  }
}
