package io.github.bmr4j.cli;

import io.github.bmr4j.engine.distribution.ScaleMixture;
import io.github.bmr4j.engine.reduction.InclusionProbability.Estimator;
import io.github.bmr4j.models.method.SpikeAndSlabCompression;
import io.github.bmr4j.models.method.SpikeAndSlabModel;
import io.github.bmr4j.models.pruning.InclusionReport;
import picocli.CommandLine.Option;

/** The options of spike-and-slab compression; what is not given is as recommended. */
final class SelectMethodOptions {

  private static final SpikeAndSlabCompression.Config DEFAULT =
      SpikeAndSlabCompression.Config.RECOMMENDED;

  @Option(
      names = "--indicators",
      paramLabel = "FORM",
      converter = Choice.Indicators.class,
      completionCandidates = Choice.Indicators.class,
      description = "How slab or spike enters training: ${COMPLETION-CANDIDATES}.")
  private SpikeAndSlabModel.Indicators indicators;

  @Option(
      names = "--inclusion",
      paramLabel = "PI",
      description = "Prior inclusion probability of a weight.")
  private Double inclusion;

  @Option(names = "--slab", paramLabel = "SD", description = "Standard deviation of the slab.")
  private Double slab;

  @Option(names = "--spike", paramLabel = "SD", description = "That of the spike at the end.")
  private Double spike;

  @Option(
      names = "--first-spike",
      paramLabel = "SD",
      description = "That of the spike at the start; the spike narrows linearly.")
  private Double firstSpike;

  @Option(
      names = "--annealing",
      paramLabel = "SHARE",
      description = "Share of a cycle in which the spike narrows.")
  private Double annealing;

  @Option(
      names = "--learn-inclusion",
      description = "Learn the prior inclusion probability of each layer.")
  private boolean learnInclusion;

  @Option(names = "--steps", paramLabel = "N", description = "Training steps of a cycle.")
  private Integer steps;

  @Option(
      names = "--cycles",
      paramLabel = "N",
      description = "Cycles of training; between them, units that died are drawn anew.")
  private Integer cycles;

  @Option(names = "--batch", paramLabel = "N", description = "Examples in a training step.")
  private Integer batch;

  @Option(names = "--learning-rate", paramLabel = "RATE", description = "Of Adam.")
  private Double learningRate;

  @Option(
      names = "--kl-warm-up",
      paramLabel = "SHARE",
      description = "Share of the first cycle in which the divergence's weight rises from 0 to 1.")
  private Double warmUp;

  @Option(
      names = "--level",
      paramLabel = "LEVEL",
      converter = Choice.Level.class,
      completionCandidates = Choice.Level.class,
      description =
          "What leaves: ${COMPLETION-CANDIDATES} (units and features, or single weights).")
  private InclusionReport.Level level;

  @Option(
      names = "--grouping",
      paramLabel = "HOW",
      converter = Choice.Grouping.class,
      completionCandidates = Choice.Grouping.class,
      description =
          "Weights of a unit or feature that is in: ${COMPLETION-CANDIDATES} (all in the slab, or"
              + " each by itself in slab or spike).")
  private InclusionReport.Grouping grouping;

  @Option(
      names = "--weights-by",
      paramLabel = "ESTIMATOR",
      converter = Choice.InclusionEstimator.class,
      completionCandidates = Choice.InclusionEstimator.class,
      description = "Inclusion probability of weights: ${COMPLETION-CANDIDATES}.")
  private Estimator weights;

  @Option(
      names = "--nodes-by",
      paramLabel = "ESTIMATOR",
      converter = Choice.InclusionEstimator.class,
      completionCandidates = Choice.InclusionEstimator.class,
      description = "Inclusion probability of units and features.")
  private Estimator nodes;

  @Option(
      names = "--fdr",
      paramLabel = "RATE",
      description = {
        "Control the false discovery rate at this level in place of the median probability model."
      })
  private Double falseDiscoveryRate;

  @Option(
      names = "--candidates",
      paramLabel = "WHETHER",
      converter = Choice.CandidateCounting.class,
      completionCandidates = Choice.CandidateCounting.class,
      description = {
        "Whether the number p of features counts: ${COMPLETION-CANDIDATES}. With count the prior odds"
            + " of a feature are 1 to p-1, so that the more there are, the more evidence each needs."
      })
  private Candidates candidates;

  @Option(
      names = "--restarts",
      paramLabel = "N",
      description =
          "Trainings from other starting values, of which the largest evidence lower bound wins.")
  private Integer restarts;

  @Option(
      names = "--fine-tuning",
      paramLabel = "EPOCHS",
      description =
          "Training of what stays: 75 from 1,000 training examples on, else 0, unless given.")
  private Integer fineTuning;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "Draws from the posterior that predictions are averaged over.")
  private Integer samples;

  SelectMethodOptions() {}

  /** Whether the number of candidates counts. */
  enum Candidates {
    COUNT,
    IGNORE
  }

  /**
   * The settings of a run.
   *
   * @param seed of its randomness
   * @param examples number of training examples
   */
  SpikeAndSlabCompression.Config config(long seed, int examples) {
    try {
      ScaleMixture mixture =
          new ScaleMixture(
              or(inclusion, DEFAULT.mixture().inclusion()),
              or(slab, DEFAULT.mixture().slab()),
              or(spike, DEFAULT.mixture().spike()));
      InclusionReport.Rule rule =
          new InclusionReport.Rule(
              or(level, DEFAULT.rule().level()),
              or(grouping, DEFAULT.rule().grouping()),
              or(weights, DEFAULT.rule().weights()),
              or(nodes, DEFAULT.rule().nodes()),
              DEFAULT.rule().threshold(),
              or(falseDiscoveryRate, DEFAULT.rule().falseDiscoveryRate()),
              candidates == null
                  ? DEFAULT.rule().manyCandidates()
                  : candidates == Candidates.COUNT);
      return new SpikeAndSlabCompression.Config(
          or(indicators, DEFAULT.indicators()),
          mixture,
          or(firstSpike, DEFAULT.firstSpike()),
          or(annealing, DEFAULT.annealing()),
          or(cycles, DEFAULT.cycles()),
          learnInclusion || DEFAULT.learnInclusion(),
          DEFAULT.initialDeviation(),
          or(batch, DEFAULT.batch()),
          or(steps, DEFAULT.steps()),
          or(learningRate, DEFAULT.learningRate()),
          or(warmUp, DEFAULT.divergenceWarmUp()),
          rule,
          or(restarts, DEFAULT.restarts()),
          or(fineTuning, SpikeAndSlabCompression.Config.recommended(examples).fineTuning()),
          or(samples, DEFAULT.samples()),
          seed);
    } catch (IllegalArgumentException refused) {
      throw new InputException(refused.getMessage(), refused);
    }
  }

  private static <T> T or(T given, T otherwise) {
    return given == null ? otherwise : given;
  }
}
