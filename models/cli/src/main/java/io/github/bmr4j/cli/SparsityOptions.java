package io.github.bmr4j.cli;

import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.pruning.GroupSparsity;
import io.github.bmr4j.models.pruning.PruningRule;
import io.github.bmr4j.models.pruning.SparsityDistribution;
import io.github.bmr4j.models.pruning.SparsityPattern;
import io.github.bmr4j.models.pruning.SparsitySchedule;
import io.github.bmr4j.models.pruning.TargetSparsity;
import io.github.bmr4j.models.pruning.WeightScore;
import io.github.bmr4j.models.pruning.WithReducedPosterior;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** The options for pruning to a given sparsity instead of by a threshold on the evidence. */
final class SparsityOptions {

  /** How the sparsity grows from pruning to pruning. */
  enum Growth {
    AT_ONCE,
    EVERY_ROUND,
    CUBIC
  }

  /** {@code --distribution}. */
  enum Distribution {
    UNIFORM,
    ERK
  }

  @Option(
      names = "--sparsity",
      paramLabel = "SHARE",
      description =
          "Remove this share of the weights, those of the lowest rank, instead of deciding by --rule.")
  private Double sparsity;

  @Option(
      names = "--rank-by",
      paramLabel = "SCORE",
      converter = Score.class,
      completionCandidates = Score.class,
      description = "With --sparsity: ${COMPLETION-CANDIDATES} (default: evidence).")
  private WeightScore score;

  @Option(
      names = "--scope",
      paramLabel = "SCOPE",
      converter = Scope.class,
      completionCandidates = Scope.class,
      description =
          "With --sparsity, what is ranked together: ${COMPLETION-CANDIDATES} (default: global for"
              + " single weights, else layer, since sums over groups depend on their size).")
  private TargetSparsity.Scope scope;

  @Option(
      names = "--pattern",
      paramLabel = "PATTERN",
      converter = PatternConverter.class,
      description =
          "With --sparsity, what leaves together: unstructured, units, inputs, or blocks as in 4x4."
              + " Or N:M without --sparsity, as in 2:4: of each M neighbours N stay, in layers that"
              + " M divides.")
  private Shape pattern;

  @Option(
      names = "--distribution",
      paramLabel = "NAME",
      converter = DistributionName.class,
      completionCandidates = DistributionName.class,
      description =
          "With --scope layer, how sparse each gets: ${COMPLETION-CANDIDATES} (erk leaves small"
              + " layers denser).")
  private Distribution distribution;

  @Option(
      names = "--growth",
      paramLabel = "SCHEDULE",
      converter = GrowthName.class,
      completionCandidates = GrowthName.class,
      description =
          "With --sparsity, over the prunings: ${COMPLETION-CANDIDATES} (default: cubic).")
  private Growth growth;

  @Option(
      names = "--reduced-posterior",
      description =
          "After each pruning go on from the posterior that the reduced prior gives, instead of the"
              + " old one.")
  private boolean reduced;

  SparsityOptions() {}

  /** A pattern as typed: one of a ranking, or N of M. */
  record Shape(SparsityPattern pattern, int stay, int of) {}

  /**
   * The settings with the rule that these options say.
   *
   * @param command that has them, for messages
   * @param prunes whether the method removes weights
   * @param ruled whether {@code --rule} was given
   * @param config without them
   */
  StochasticBmr.Config apply(
      CommandLine command, boolean prunes, boolean ruled, StochasticBmr.Config config) {
    boolean groups = pattern != null && pattern.pattern() == null;
    boolean targets = sparsity != null || groups;
    require(command, targets || score == null, "--rank-by");
    require(command, targets || pattern == null, "--pattern");
    require(command, sparsity != null || scope == null, "--scope");
    require(command, sparsity != null || distribution == null, "--distribution");
    require(command, sparsity != null || growth == null, "--growth");
    if ((targets || reduced) && !prunes) {
      throw new ParameterException(
          command,
          (targets ? "--sparsity and --pattern are" : "--reduced-posterior is")
              + " about pruning, but the method does not prune");
    }
    if (targets && ruled) {
      throw new ParameterException(
          command, "--rule decides by a threshold, --sparsity by rank; leave one of them out");
    }
    if (groups && sparsity != null) {
      throw new ParameterException(
          command, "--pattern N:M says itself how sparse; leave --sparsity out");
    }
    UnaryOperator<PruningRule> update = rule -> reduced ? new WithReducedPosterior(rule) : rule;
    if (!targets) {
      return reduced ? config.withRule(update.apply(config.rule())) : config;
    }
    WeightScore by = score == null ? WeightScore.EVIDENCE : score;
    if (groups) {
      int of = pattern.of();
      return config.withRule(
          update.apply(
              new GroupSparsity(by, pattern.stay(), of, block -> block.columns() % of == 0)));
    }
    if (!(sparsity >= 0 && sparsity <= 1)) {
      throw new ParameterException(command, "--sparsity must lie in [0, 1], but is " + sparsity);
    }
    if (distribution != null && scope() != TargetSparsity.Scope.LAYER) {
      throw new ParameterException(command, "--distribution goes with --scope layer");
    }
    return config.withRule(update.apply(target(by, config.rounds())));
  }

  private PruningRule target(WeightScore by, int rounds) {
    TargetSparsity rule =
        TargetSparsity.global(by, sparsity)
            .withScope(scope())
            .withPattern(pattern == null ? SparsityPattern.unstructured() : pattern.pattern())
            .withSchedule(schedule(rounds));
    return distribution == Distribution.ERK
        ? rule.withDistribution(new SparsityDistribution.ErdosRenyiKernel())
        : rule;
  }

  private TargetSparsity.Scope scope() {
    boolean single = pattern == null || pattern.pattern().equals(SparsityPattern.unstructured());
    TargetSparsity.Scope usual = single ? TargetSparsity.Scope.GLOBAL : TargetSparsity.Scope.LAYER;
    return scope == null ? usual : scope;
  }

  private SparsitySchedule schedule(int rounds) {
    int last = Math.max(1, rounds);
    return switch (growth == null ? Growth.CUBIC : growth) {
      case AT_ONCE -> SparsitySchedule.atOnce();
      case EVERY_ROUND -> new SparsitySchedule.Periodic(1, 1, last);
      case CUBIC -> SparsitySchedule.Polynomial.cubic(1, 1, last);
    };
  }

  private static void require(CommandLine command, boolean condition, String option) {
    if (!condition) {
      throw new ParameterException(command, option + " goes with --sparsity; add it");
    }
  }

  /** {@code --rank-by}. */
  static final class Score extends Choice<WeightScore> {
    Score() {
      super("score", List.of(WeightScore.values()), WeightScore::title);
    }
  }

  /** {@code --scope}. */
  static final class Scope extends Choice<TargetSparsity.Scope> {
    Scope() {
      super("scope", List.of(TargetSparsity.Scope.values()), Choice::nameOf);
    }
  }

  /** {@code --distribution}. */
  static final class DistributionName extends Choice<Distribution> {
    DistributionName() {
      super("distribution", List.of(Distribution.values()), Choice::nameOf);
    }
  }

  /** {@code --growth}. */
  static final class GrowthName extends Choice<Growth> {
    GrowthName() {
      super("schedule", List.of(Growth.values()), Choice::nameOf);
    }
  }

  /** {@code --pattern}. */
  static final class PatternConverter implements ITypeConverter<Shape> {

    private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,5})([x:])([1-9][0-9]{0,5})");

    PatternConverter() {}

    @Override
    public Shape convert(String text) {
      return switch (text) {
        case "unstructured" -> new Shape(SparsityPattern.unstructured(), 0, 0);
        case "units" -> new Shape(SparsityPattern.units(), 0, 0);
        case "inputs" -> new Shape(new SparsityPattern.Channels(1), 0, 0);
        default -> sized(text);
      };
    }

    private static Shape sized(String text) {
      Matcher form = FORM.matcher(text);
      if (!form.matches()) {
        throw new TypeConversionException(
            "\"" + text + "\" is no pattern; choose unstructured, units, inputs, 4x4 or 2:4");
      }
      int first = Integer.parseInt(form.group(1));
      int second = Integer.parseInt(form.group(3));
      if (form.group(2).equals("x")) {
        return new Shape(
            new SparsityPattern.Blocks(first, second, SparsityPattern.Pooling.MEAN), 0, 0);
      }
      if (first > second) {
        throw new TypeConversionException(
            "of " + second + " neighbours at most so many can stay, but got " + first);
      }
      return new Shape(null, first, second);
    }
  }
}
