package io.github.bmr4j.cli;

import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.engine.inference.MultiplicativeNoise;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.reduction.InclusionProbability.Estimator;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.TableFile;
import io.github.bmr4j.models.method.Bmrs;
import io.github.bmr4j.models.method.HorseshoeModel;
import io.github.bmr4j.models.method.InferenceScheme;
import io.github.bmr4j.models.method.Reparameterization;
import io.github.bmr4j.models.method.SpikeAndSlabModel;
import io.github.bmr4j.models.pruning.InclusionReport;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An option whose value is one of a few names, written in lower case with hyphens.
 *
 * @param <T> what the names stand for
 */
abstract class Choice<T> implements ITypeConverter<T>, Iterable<String> {

  private final String what;
  private final List<T> values;
  private final Function<T, String> name;

  /**
   * @param what is chosen, for messages: {@code data set}
   * @param values all there are
   * @param name of each
   */
  Choice(String what, List<T> values, Function<T, String> name) {
    this.what = what;
    this.values = values;
    this.name = name;
  }

  @Override
  public T convert(String text) {
    for (T value : values) {
      if (name.apply(value).equals(text)) {
        return value;
      }
    }
    throw new TypeConversionException(
        "there is no "
            + what
            + " \""
            + text
            + "\"; choose one of "
            + String.join(", ", values.stream().map(name).toList()));
  }

  @Override
  public Iterator<String> iterator() {
    return values.stream().map(name).iterator();
  }

  /** A constant's name as it is typed and reported: {@code GELU_TANH} is {@code gelu-tanh}. */
  static String nameOf(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@code --data}. */
  static final class Data extends Choice<KnownData> {
    Data() {
      super("data set", List.of(KnownData.values()), KnownData::title);
    }
  }

  /** {@code --network}. */
  static final class NetworkName extends Choice<NetworkKind> {
    NetworkName() {
      super("network", List.of(NetworkKind.values()), Choice::nameOf);
    }
  }

  /** {@code --activation}. */
  static final class Activation extends Choice<UnaryFunction> {
    Activation() {
      super(
          "activation",
          List.of(
              UnaryFunction.SWISH,
              UnaryFunction.RELU,
              UnaryFunction.TANH,
              UnaryFunction.GELU,
              UnaryFunction.GELU_TANH,
              UnaryFunction.SIGMOID,
              UnaryFunction.SOFTPLUS),
          Choice::nameOf);
    }
  }

  /** {@code --kl}. */
  static final class Divergence extends Choice<VariationalStep.Divergence> {
    Divergence() {
      super("form of the divergence", List.of(VariationalStep.Divergence.values()), Choice::nameOf);
    }
  }

  /** {@code --reparameterization}. */
  static final class Noise extends Choice<Reparameterization> {
    Noise() {
      super("reparameterization", List.of(Reparameterization.values()), Choice::nameOf);
    }
  }

  /** {@code --optimizer}. */
  static final class OptimizerRule extends Choice<Optimizer.Rule> {
    OptimizerRule() {
      super(
          "optimizer",
          List.of(Optimizer.Adam.DEFAULT, Optimizer.AdaBelief.DEFAULT, Optimizer.Ivon.SHORT_RUN),
          Optimizer.Rule::name);
    }
  }

  /** {@code --rule}. */
  static final class Rule extends Choice<RuleName> {
    Rule() {
      super("pruning rule", RuleName.ALL, RuleName::name);
    }
  }

  /** {@code --method}. */
  static final class Method extends Choice<MethodKind> {
    Method() {
      super("method", List.of(MethodKind.values()), Choice::nameOf);
    }
  }

  /** {@code --local-scales}. */
  static final class LocalScales extends Choice<HorseshoeModel.LocalScales> {
    LocalScales() {
      super("kind of scales", List.of(HorseshoeModel.LocalScales.values()), Choice::nameOf);
    }
  }

  /** {@code --posterior}. */
  static final class PosteriorForm extends Choice<Latent.Posterior> {
    PosteriorForm() {
      super(
          "form of the posterior",
          List.of(
              Latent.Posterior.NORMAL, Latent.Posterior.FULL_ROW, Latent.Posterior.MATRIX_NORMAL),
          Choice::nameOf);
    }
  }

  /** {@code --divergence}. */
  static final class Weighting extends Choice<Bmrs.DivergenceWeighting> {
    Weighting() {
      super("weight of the divergence", List.of(Bmrs.DivergenceWeighting.values()), Choice::nameOf);
    }
  }

  /** {@code --candidates}. */
  static final class CandidateCounting extends Choice<SelectMethodOptions.Candidates> {
    CandidateCounting() {
      super(
          "way to count candidates",
          List.of(SelectMethodOptions.Candidates.values()),
          Choice::nameOf);
    }
  }

  /** {@code --scheme}. */
  static final class Scheme extends Choice<InferenceScheme> {
    Scheme() {
      super("inference scheme", List.of(InferenceScheme.values()), Choice::nameOf);
    }
  }

  /** {@code --drawing}. */
  static final class DrawingTime extends Choice<Bmrs.Drawing> {
    DrawingTime() {
      super("time of drawing", List.of(Bmrs.Drawing.values()), Choice::nameOf);
    }
  }

  /** {@code --granularity}. */
  static final class NoiseGranularity extends Choice<MultiplicativeNoise.Granularity> {
    NoiseGranularity() {
      super("granularity", List.of(MultiplicativeNoise.Granularity.values()), Choice::nameOf);
    }
  }

  /** {@code --spread-kind}. */
  static final class SpreadKind extends Choice<PosteriorOptions.Kind> {
    SpreadKind() {
      super(
          "way to say how wide a posterior is",
          List.of(PosteriorOptions.Kind.values()),
          Choice::nameOf);
    }
  }

  /** {@code --separator}. */
  static final class Separator extends Choice<TableFile.Separator> {
    Separator() {
      super("separator", List.of(TableFile.Separator.values()), Choice::nameOf);
    }
  }

  /** {@code --indicators}. */
  static final class Indicators extends Choice<SpikeAndSlabModel.Indicators> {
    Indicators() {
      super("form of indicators", List.of(SpikeAndSlabModel.Indicators.values()), Choice::nameOf);
    }
  }

  /** {@code --level}. */
  static final class Level extends Choice<InclusionReport.Level> {
    Level() {
      super("level", List.of(InclusionReport.Level.values()), Choice::nameOf);
    }
  }

  /** {@code --grouping}. */
  static final class Grouping extends Choice<InclusionReport.Grouping> {
    Grouping() {
      super("grouping", List.of(InclusionReport.Grouping.values()), Choice::nameOf);
    }
  }

  /** {@code --weights-by}, {@code --nodes-by}. */
  static final class InclusionEstimator extends Choice<Estimator> {
    InclusionEstimator() {
      super("estimator", List.of(Estimator.values()), Choice::nameOf);
    }
  }
}
