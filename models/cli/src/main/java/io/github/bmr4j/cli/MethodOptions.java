package io.github.bmr4j.cli;

import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.engine.inference.MultiplicativeNoise;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.method.Bmrs;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.method.HorseshoeModel;
import io.github.bmr4j.models.method.InferenceScheme;
import io.github.bmr4j.models.method.PrincipledPruning;
import io.github.bmr4j.models.method.PublishedMethod;
import io.github.bmr4j.models.method.RegressionModel;
import io.github.bmr4j.models.method.Reparameterization;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.method.VariationalModel;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.pruning.PruningRule;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of the methods; what is not given comes from the data set's {@link Preset}. */
final class MethodOptions {

  /** The paper's own method, to which a preset's settings belong. */
  private static final StochasticBmr.Config REFERENCE = PublishedMethod.STOCHASTIC_BMR.config();

  /** The best of three on the digits; see the design notes. */
  private static final double IVON_RATE = 0.01;

  /** Above so many training examples principled pruning has the larger of its paper's batches. */
  private static final int MANY_EXAMPLES = 1_000;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      converter = Choice.Method.class,
      completionCandidates = Choice.Method.class,
      description = {
        "Method: ${COMPLETION-CANDIDATES}. stochastic-bmr removes weights (the default); bmr-rhs shrinks"
            + " units towards a horseshoe prior; flat-map, flat-ff and tiered-ff (a horseshoe prior)"
            + " are trained without pruning, to compare with; bmrs removes whole units by"
            + " multiplicative noise (Wright, Igel and Selvan, 2024); principled-pruning is for real"
            + " targets (Beckers et al., 2024)."
      })
  private MethodKind method;

  @Option(
      names = "--epochs",
      paramLabel = "E",
      description = {
        "Length of the whole run: E times as many training steps as there are batches in the"
            + " training set. They are shared out between warm-up and rounds in the proportions of"
            + " the schedule; not together with --warm-up or --iterations."
      })
  private Double epochs;

  @Option(
      names = "--warm-up",
      paramLabel = "STEPS",
      description = "Training steps before the first pruning.")
  private Integer warmUp;

  @Option(names = "--rounds", paramLabel = "N", description = "Number of prunings.")
  private Integer rounds;

  @Option(
      names = "--iterations",
      paramLabel = "STEPS",
      description = "Training steps after each pruning.")
  private Integer iterations;

  @Option(names = "--batch", paramLabel = "N", description = "Examples in a training step.")
  private Integer batch;

  @Option(
      names = "--optimizer",
      paramLabel = "RULE",
      converter = Choice.OptimizerRule.class,
      completionCandidates = Choice.OptimizerRule.class,
      description = {
        "Of the posterior's parameters: ${COMPLETION-CANDIDATES}. ivon takes natural-gradient steps"
            + " with a curvature for each weight."
      })
  private Optimizer.Rule optimizer;

  @Option(
      names = "--learning-rate",
      paramLabel = "RATE",
      description =
          "Of the optimizer, the same in every step; for ivon the share of a Newton step, "
              + IVON_RATE
              + " unless given.")
  private Double learningRate;

  @Option(
      names = "--rule",
      paramLabel = "RULE",
      converter = Choice.Rule.class,
      completionCandidates = Choice.Rule.class,
      description = {
        "What leaves: ${COMPLETION-CANDIDATES}. adaptive learns the threshold from each layer's"
            + " evidence; evidence removes what has the larger evidence without it;"
            + " adaptive-counting-removed is adaptive, but what has left goes on to count as such."
            + " The others are"
            + " those of --method bmrs, which has bmrs-n unless one is given."
      })
  private RuleName rule;

  @Option(
      names = "--local-scales",
      paramLabel = "WHERE",
      converter = Choice.LocalScales.class,
      completionCandidates = Choice.LocalScales.class,
      description =
          "Of tiered-ff: what the horseshoe's innermost scales belong to: ${COMPLETION-CANDIDATES}"
              + " (default: rows, the units, as published).")
  private HorseshoeModel.LocalScales localScales;

  @Option(
      names = "--posterior",
      paramLabel = "FORM",
      converter = Choice.PosteriorForm.class,
      completionCandidates = Choice.PosteriorForm.class,
      description = {
        "Of stochastic-bmr and flat-ff: ${COMPLETION-CANDIDATES}. normal has independent weights (the"
            + " default); full-row a covariance for the weights of each unit, which takes 8 d² bytes"
            + " a unit of d weights; matrix-normal one for all units of a layer."
      })
  private Latent.Posterior posterior;

  @Option(
      names = "--prune-every",
      paramLabel = "EPOCHS",
      description = "Of bmrs: epochs between prunings; 0 prunes once, after training.")
  private Integer pruneEvery;

  @Option(
      names = "--fine-tune",
      paramLabel = "EPOCHS",
      description = {"Of bmrs: epochs after the last pruning; of principled-pruning: after each."})
  private Integer fineTune;

  @Option(
      names = "--scheme",
      paramLabel = "NAME",
      converter = Choice.Scheme.class,
      completionCandidates = Choice.Scheme.class,
      description = {
        "Of principled-pruning, how expectations are computed: ${COMPLETION-CANDIDATES} (default:"
            + " local)."
      })
  private InferenceScheme scheme;

  @Option(
      names = "--heteroscedastic",
      description =
          "Of principled-pruning: the noise varies with the features, and the network learns how.")
  private Boolean heteroscedastic;

  @Option(
      names = "--empirical-bayes",
      description = {
        "Of principled-pruning: each layer's prior variance is set to its optimum after each epoch."
      })
  private Boolean empiricalBayes;

  @Option(
      names = "--divergence",
      paramLabel = "WEIGHT",
      converter = Choice.Weighting.class,
      completionCandidates = Choice.Weighting.class,
      description =
          "Of bmrs: weight of the divergence from the prior: ${COMPLETION-CANDIDATES}. mean is the"
              + " published one, many times stronger than the evidence lower bound.")
  private Bmrs.DivergenceWeighting weighting;

  @Option(
      names = "--divergence-factor",
      paramLabel = "FACTOR",
      description = "Of bmrs: factor on the divergence (default: 1).")
  private Double divergenceFactor;

  @Option(
      names = "--drawing",
      paramLabel = "WHEN",
      converter = Choice.DrawingTime.class,
      completionCandidates = Choice.DrawingTime.class,
      description =
          "Of bmrs: when the factors are random: ${COMPLETION-CANDIDATES}; with training, and not"
              + " always, fine-tuning has them at their means.")
  private Bmrs.Drawing drawing;

  @Option(
      names = "--granularity",
      paramLabel = "WHAT",
      converter = Choice.NoiseGranularity.class,
      completionCandidates = Choice.NoiseGranularity.class,
      description =
          "Of bmrs: what has a draw of its own in a training step: ${COMPLETION-CANDIDATES} (each"
              + " example and position, as published, or each structure).")
  private MultiplicativeNoise.Granularity granularity;

  @Option(
      names = "--kl",
      paramLabel = "FORM",
      converter = Choice.Divergence.class,
      completionCandidates = Choice.Divergence.class,
      description =
          "Gradient of the divergence from the prior: ${COMPLETION-CANDIDATES} (in closed form, or"
              + " at the drawn weights, as published).")
  private VariationalStep.Divergence divergence;

  @Option(
      names = "--reparameterization",
      paramLabel = "WHERE",
      converter = Choice.Noise.class,
      completionCandidates = Choice.Noise.class,
      description =
          "Where noise enters a training step: ${COMPLETION-CANDIDATES} (one draw of the weights a"
              + " batch, or noise for each example and unit; the latter goes with --kl analytic).")
  private Reparameterization reparameterization;

  @Option(
      names = "--kl-warm-up",
      paramLabel = "STEPS",
      description =
          "In the first so many steps the divergence's weight rises from 0 to 1; 0 for the full"
              + " weight from the start.")
  private Integer divergenceWarmUp;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "Draws from the posterior that predictions are averaged over.")
  private Integer samples;

  @Option(names = "--seed", paramLabel = "N", description = "Of all randomness.")
  private Long seed;

  MethodOptions() {}

  /**
   * The settings of a run.
   *
   * @param command that has these options, for messages
   * @param defaults where no option is given
   * @param examples size of the training set
   */
  StochasticBmr.Config config(CommandLine command, StochasticBmr.Config defaults, int examples) {
    refuse(command, MethodKind.BMRS, "--prune-every", pruneEvery);
    refuse(command, MethodKind.BMRS, "--fine-tune", fineTune);
    refuse(command, MethodKind.BMRS, "--divergence", weighting);
    refuseRegression(command);
    refuse(command, MethodKind.BMRS, "--divergence-factor", divergenceFactor);
    refuse(command, MethodKind.BMRS, "--drawing", drawing);
    refuse(command, MethodKind.BMRS, "--granularity", granularity);
    if (method() != MethodKind.STOCHASTIC_BMR) {
      refuse(command, MethodKind.STOCHASTIC_BMR, "--rule", rule);
    }
    if (!published().prunes()) {
      refuse(command, MethodKind.STOCHASTIC_BMR, "--rounds", rounds);
      refuse(command, MethodKind.STOCHASTIC_BMR, "--iterations", iterations);
    }
    if (method() != MethodKind.TIERED_FF) {
      refuse(command, MethodKind.TIERED_FF, "--local-scales", localScales);
    }
    if (method() != MethodKind.FLAT_FF && method() != MethodKind.STOCHASTIC_BMR) {
      refuse(command, MethodKind.STOCHASTIC_BMR, "--posterior", posterior);
    }
    int chosenBatch = atLeast(command, 1, "--batch", batch, defaults.batch());
    if (batch != null && batch > examples) {
      throw bad(
          command, "--batch is " + batch + ", but the training set has " + examples + " examples");
    }
    Schedule schedule =
        schedule(command, defaults, Math.ceilDiv(examples, Math.min(chosenBatch, examples)));
    Optimizer.Rule chosenOptimizer = optimizer == null ? defaults.optimizer() : optimizer;
    double usual = chosenOptimizer instanceof Optimizer.Ivon ? IVON_RATE : defaults.learningRate();
    double rate = rate(command, usual);
    VariationalStep.Divergence chosenDivergence =
        divergence == null ? defaults.divergence() : divergence;
    Reparameterization chosenReparameterization =
        reparameterization == null ? defaults.reparameterization() : reparameterization;
    if (chosenReparameterization == Reparameterization.LOCAL
        && chosenDivergence == VariationalStep.Divergence.SAMPLED) {
      throw bad(
          command, "--reparameterization local draws no weights; it goes with --kl analytic only");
    }
    VariationalModel.Config model =
        switch (defaults.model()) {
          case HorseshoeModel.Config horseshoe ->
              localScales == null ? horseshoe : horseshoe.withLocalScales(localScales);
          case FlatModel.Config flat -> posterior == null ? flat : flat.withPosterior(posterior);
        };
    return new StochasticBmr.Config(
        model,
        chosenBatch,
        schedule.warmUp(),
        divergenceWarmUp(command, defaults, schedule),
        schedule.rounds(),
        schedule.stepsPerRound(),
        chosenOptimizer,
        rate,
        chosenDivergence,
        chosenReparameterization,
        rule(command, defaults.rule()),
        atLeast(command, 1, "--samples", samples, defaults.samples()),
        defaults.likelihoodSamples(),
        defaults.realisedExamples(),
        seed == null ? defaults.seed() : seed);
  }

  private int divergenceWarmUp(
      CommandLine command, StochasticBmr.Config defaults, Schedule schedule) {
    int steps = atLeast(command, 0, "--kl-warm-up", divergenceWarmUp, defaults.divergenceWarmUp());
    if (divergenceWarmUp != null && steps > schedule.warmUp()) {
      throw bad(
          command,
          "--kl-warm-up is "
              + steps
              + ", but must end with the warm-up of "
              + schedule.warmUp()
              + " steps");
    }
    return Math.min(steps, schedule.warmUp());
  }

  private Schedule schedule(CommandLine command, StochasticBmr.Config defaults, int stepsPerEpoch) {
    int chosenRounds = atLeast(command, 0, "--rounds", rounds, defaults.rounds());
    int chosenWarmUp = atLeast(command, 0, "--warm-up", warmUp, defaults.warmUp());
    int chosenSteps = atLeast(command, 0, "--iterations", iterations, defaults.stepsPerRound());
    Schedule schedule = new Schedule(chosenWarmUp, chosenRounds, chosenSteps);
    if (epochs != null) {
      if (warmUp != null || iterations != null) {
        throw bad(
            command, "--epochs sets the length of the run, so --warm-up and --iterations cannot");
      }
      if (!(epochs > 0 && epochs < Double.POSITIVE_INFINITY)) {
        throw bad(command, "--epochs must be a positive number, but is " + epochs);
      }
      return schedule.scaledTo(Math.max(1, Math.round(epochs * stepsPerEpoch)));
    }
    if (schedule.totalSteps() < 1) {
      throw bad(
          command,
          "--warm-up and --iterations leave no training step; one of them must be above 0");
    }
    return schedule;
  }

  private static int atLeast(
      CommandLine command, int least, String option, Integer given, int otherwise) {
    if (given != null && given < least) {
      throw bad(command, option + " must be at least " + least + ", but is " + given);
    }
    return given == null ? otherwise : given;
  }

  /**
   * The rule over weights that {@code --rule} names; without it, what is given.
   *
   * @param command that has these options, for messages
   */
  PruningRule rule(CommandLine command, PruningRule otherwise) {
    if (rule == null) {
      return otherwise;
    }
    if (rule.weights() == null) {
      throw bad(command, "--rule " + rule.name() + " is about structures; add --method bmrs");
    }
    return rule.weights();
  }

  /** The method. */
  MethodKind method() {
    return method == null ? MethodKind.STOCHASTIC_BMR : method;
  }

  /**
   * The settings of the method on a data set: those of the preset, with what sets the method apart.
   * What does not prune trains for as long as the others do in all.
   *
   * @param preset of the data set
   */
  StochasticBmr.Config defaults(StochasticBmr.Config preset) {
    StochasticBmr.Config published = published().config();
    if (published().equals(PublishedMethod.STOCHASTIC_BMR)) {
      return preset;
    }
    StochasticBmr.Config defaults =
        preset
            .withModel(published.model())
            .withRule(published.rule())
            .withLearningRate(
                preset.learningRate() * published.learningRate() / REFERENCE.learningRate())
            .withSamples(
                Math.min(preset.samples(), published.samples()), published.likelihoodSamples());
    return published().prunes()
        ? defaults
        : defaults.withSchedule(
            Math.toIntExact(preset.totalSteps() - preset.stepsPerRound()), 0, 0);
  }

  /** Whether {@code --rule} was given. */
  boolean hasRule() {
    return rule != null;
  }

  /** Whether the method removes weights by a rule that may be exchanged. */
  boolean prunesWeights() {
    return method() == MethodKind.STOCHASTIC_BMR;
  }

  /** A network as the method trains it. */
  Network prepare(Network network) {
    return published().prepare(network);
  }

  private PublishedMethod published() {
    return method().published();
  }

  /**
   * The settings of a run of BMRS.
   *
   * @param command that has these options, for messages
   * @param defaults where no option is given
   * @param examples size of the training set
   */
  Bmrs.Config bmrs(CommandLine command, Bmrs.Config defaults, int examples) {
    refuse(command, MethodKind.STOCHASTIC_BMR, "--warm-up", warmUp);
    refuse(command, MethodKind.STOCHASTIC_BMR, "--rounds", rounds);
    refuse(command, MethodKind.STOCHASTIC_BMR, "--iterations", iterations);
    refuse(command, MethodKind.STOCHASTIC_BMR, "--optimizer", optimizer);
    refuse(command, MethodKind.STOCHASTIC_BMR, "--kl", divergence);
    refuse(command, MethodKind.STOCHASTIC_BMR, "--kl-warm-up", divergenceWarmUp);
    refuse(command, MethodKind.STOCHASTIC_BMR, "--reparameterization", reparameterization);
    refuse(command, MethodKind.STOCHASTIC_BMR, "--samples", samples);
    refuseRegression(command);
    if (rule != null && rule.structures() == null) {
      throw bad(command, "--rule " + rule.name() + " is about weights; bmrs removes structures");
    }
    requireWholeEpochs(command);
    int chosenBatch = atLeast(command, 1, "--batch", batch, defaults.schedule().batch());
    if (chosenBatch > examples * (1 - defaults.validationFraction())) {
      throw bad(
          command,
          "--batch is "
              + chosenBatch
              + ", but only "
              + (int) (examples * (1 - defaults.validationFraction()))
              + " examples are not held out for validation");
    }
    Bmrs.Schedule schedule = defaults.schedule();
    double rate = rate(command, schedule.learningRate());
    double factor = divergenceFactor == null ? defaults.objective().factor() : divergenceFactor;
    if (!(factor >= 0 && factor < Double.POSITIVE_INFINITY)) {
      throw bad(command, "--divergence-factor must be at least 0 and finite, but is " + factor);
    }
    return defaults
        .withModel(
            granularity == null ? defaults.model() : defaults.model().withGranularity(granularity))
        .withObjective(
            new Bmrs.Objective(
                weighting == null ? defaults.objective().weighting() : weighting,
                factor,
                drawing == null ? defaults.objective().drawing() : drawing))
        .withSchedule(
            new Bmrs.Schedule(
                chosenBatch,
                epochs == null ? schedule.epochs() : epochs.intValue(),
                atLeast(command, 0, "--prune-every", pruneEvery, schedule.pruneEvery()),
                atLeast(command, 0, "--fine-tune", fineTune, schedule.fineTuneEpochs()),
                rate))
        .withRule(rule == null ? defaults.rule() : rule.structures())
        .withSeed(seed == null ? defaults.seed() : seed);
  }

  private void requireWholeEpochs(CommandLine command) {
    if (epochs != null && !(epochs >= 1 && epochs <= 1e6 && epochs == Math.rint(epochs))) {
      throw bad(
          command,
          "--epochs must be a whole number from 1 for "
              + Choice.nameOf(method())
              + ", but is "
              + epochs);
    }
  }

  private double rate(CommandLine command, double usual) {
    double rate = learningRate == null ? usual : learningRate;
    if (!(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
      throw bad(command, "--learning-rate must be a positive number, but is " + rate);
    }
    return rate;
  }

  /**
   * The settings of a run of principled pruning.
   *
   * @param command that has these options, for messages
   * @param examples size of the training set
   */
  PrincipledPruning.Config principled(CommandLine command, int examples) {
    refuse(command, MethodKind.STOCHASTIC_BMR, "--warm-up", warmUp);
    refuse(command, MethodKind.STOCHASTIC_BMR, "--iterations", iterations);
    refuse(command, MethodKind.STOCHASTIC_BMR, "--optimizer", optimizer);
    refuse(command, MethodKind.STOCHASTIC_BMR, "--rule", rule);
    refuse(command, MethodKind.STOCHASTIC_BMR, "--kl", divergence);
    refuse(command, MethodKind.STOCHASTIC_BMR, "--kl-warm-up", divergenceWarmUp);
    refuse(command, MethodKind.STOCHASTIC_BMR, "--reparameterization", reparameterization);
    refuse(command, MethodKind.BMRS, "--prune-every", pruneEvery);
    refuse(command, MethodKind.BMRS, "--divergence", weighting);
    refuse(command, MethodKind.BMRS, "--divergence-factor", divergenceFactor);
    refuse(command, MethodKind.BMRS, "--drawing", drawing);
    refuse(command, MethodKind.BMRS, "--granularity", granularity);
    requireWholeEpochs(command);
    PrincipledPruning.Config defaults =
        PrincipledPruning.Config.boston(scheme == null ? InferenceScheme.LOCAL : scheme);
    boolean many = examples > MANY_EXAMPLES;
    RegressionModel.Config model = defaults.model();
    return defaults
        .withModel(heteroscedastic == null ? model : model.withHeteroscedasticNoise())
        .withEpochs(
            epochs == null ? defaults.epochs() : epochs.intValue(),
            atLeast(command, 0, "--fine-tune", fineTune, defaults.roundEpochs()))
        .withSteps(
            atLeast(command, 1, "--batch", batch, many ? 2 * defaults.batch() : defaults.batch()),
            rate(command, defaults.learningRate()))
        .withRounds(atLeast(command, 0, "--rounds", rounds, defaults.maximumRounds()))
        .withExactUpdates(false, empiricalBayes != null)
        .withSamples(atLeast(command, 1, "--samples", samples, defaults.samples()))
        .withSeed(seed == null ? defaults.seed() : seed);
  }

  private void refuseRegression(CommandLine command) {
    refuse(command, MethodKind.PRINCIPLED_PRUNING, "--scheme", scheme);
    refuse(command, MethodKind.PRINCIPLED_PRUNING, "--heteroscedastic", heteroscedastic);
    refuse(command, MethodKind.PRINCIPLED_PRUNING, "--empirical-bayes", empiricalBayes);
  }

  private static void refuse(CommandLine command, MethodKind owner, String option, Object given) {
    if (given != null) {
      throw bad(command, option + " belongs to --method " + Choice.nameOf(owner));
    }
  }

  private static ParameterException bad(CommandLine command, String message) {
    return new ParameterException(command, message);
  }
}
