package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Memory;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.metric.ClassificationMetrics;
import io.github.bmr4j.models.metric.PredictiveAccumulator;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.pruning.AdaptiveSpikeAndSlab;
import io.github.bmr4j.models.pruning.ModelReduction;
import io.github.bmr4j.models.pruning.PruningRule;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Stochastic Bayesian model reduction (Marković, Friston, Kiebel: Bayesian sparsification for deep
 * neural networks with Bayesian model reduction, IEEE Access 12, 2024): a flat Bayesian network is
 * trained by stochastic variational inference; from time to time the evidence of each weight, from
 * the posterior alone, says whether it stays; training goes on with those that do.
 */
public final class StochasticBmr extends ResumableRun {

  /**
   * The schedule and its settings.
   *
   * @param model prior and starting values
   * @param batch examples a step
   * @param warmUp steps before the first pruning
   * @param divergenceWarmUp in the first so many steps the KL's weight rises linearly from 0 to 1;
   *     0 for the full weight from the start; at most {@code warmUp}
   * @param rounds number of prunings
   * @param stepsPerRound steps after each pruning
   * @param optimizer of all variational parameters
   * @param learningRate of the optimizer, constant; for IVON the share of a Newton step
   * @param divergence how KL enters the gradient
   * @param reparameterization how noise enters a training step
   * @param rule decides which weights leave
   * @param samples draws from the posterior for predictions
   * @param likelihoodSamples draws for the expected log likelihood of the ELBO; 0 does not measure
   *     it
   * @param realisedExamples at most how many training examples the realised change of the ELBO at
   *     each pruning is measured on (a fixed random part, scaled up); 0 does not measure it
   * @param seed of all randomness
   */
  public record Config(
      VariationalModel.Config model,
      int batch,
      int warmUp,
      int divergenceWarmUp,
      int rounds,
      int stepsPerRound,
      Optimizer.Rule optimizer,
      double learningRate,
      VariationalStep.Divergence divergence,
      Reparameterization reparameterization,
      PruningRule rule,
      int samples,
      int likelihoodSamples,
      int realisedExamples,
      long seed) {

    /**
     * @throws IllegalArgumentException if a count is too small, the learning rate not positive, the
     *     divergence's warm-up longer than the warm-up, or settings do not go together
     */
    public Config {
      atLeast("batch", batch, 1);
      atLeast("warmUp", warmUp, 0);
      atLeast("divergenceWarmUp", divergenceWarmUp, 0);
      atLeast("rounds", rounds, 0);
      atLeast("stepsPerRound", stepsPerRound, 0);
      atLeast("samples", samples, 1);
      atLeast("likelihoodSamples", likelihoodSamples, 0);
      atLeast("realisedExamples", realisedExamples, 0);
      if (!(learningRate > 0) || Double.isInfinite(learningRate)) {
        throw new IllegalArgumentException(
            "learningRate must be positive and finite, but is " + learningRate);
      }
      reparameterization.require(divergence);
      if (model instanceof FlatModel.Config flat && flat.posterior().isCorrelated()) {
        requireForCorrelations(flat, optimizer, reparameterization, rule);
      }
      if (divergenceWarmUp > warmUp) {
        throw new IllegalArgumentException(
            "divergenceWarmUp must be at most warmUp, or evidence would be taken from a posterior of"
                + " another objective, but they are "
                + divergenceWarmUp
                + " and "
                + warmUp);
      }
    }

    private static void requireForCorrelations(
        FlatModel.Config flat,
        Optimizer.Rule optimizer,
        Reparameterization reparameterization,
        PruningRule rule) {
      String other = null;
      if (optimizer instanceof Optimizer.Ivon) {
        other = "the optimizer ivon, which has a curvature for each weight";
      } else if (reparameterization == Reparameterization.LOCAL) {
        other = "the local reparameterization, which adds independent noise of the weights up";
      } else if (rule.reducesPosterior()) {
        other = "the reduced posterior, which is there weight by weight";
      } else if (rule.shrinks()) {
        other = "the rule " + rule.name() + ", which shrinks weights one by one";
      }
      if (other != null) {
        throw new IllegalArgumentException(
            "The posterior "
                + flat.posterior().title()
                + " has weights that depend on each other, and does not go with "
                + other);
      }
    }

    private static void atLeast(String name, int value, int least) {
      if (value < least) {
        throw new IllegalArgumentException(
            name + " must be at least " + least + ", but is " + value);
      }
    }

    /** The published settings; the seed is the paper's, too. */
    public static final Config PUBLISHED =
        new Config(
            FlatModel.Config.PUBLISHED,
            120,
            500,
            0,
            50,
            500,
            Optimizer.AdaBelief.DEFAULT,
            1e-2,
            VariationalStep.Divergence.SAMPLED,
            Reparameterization.GLOBAL,
            AdaptiveSpikeAndSlab.PUBLISHED,
            100,
            3,
            10_000,
            137);

    /** These settings with another number of examples in a step. */
    public Config withBatch(int other) {
      return with(c -> c.batch = other);
    }

    /** These settings with another model. */
    public Config withModel(VariationalModel.Config other) {
      return with(c -> c.model = other);
    }

    /** These settings with another learning rate. */
    public Config withLearningRate(double rate) {
      return with(c -> c.learningRate = rate);
    }

    /** These settings with another rule. */
    public Config withRule(PruningRule other) {
      return with(c -> c.rule = other);
    }

    /** These settings with another number of examples for the realised change of the ELBO. */
    public Config withRealisedExamples(int most) {
      return with(c -> c.realisedExamples = most);
    }

    /** These settings with another seed. */
    public Config withSeed(long other) {
      return with(c -> c.seed = other);
    }

    /**
     * These settings with other numbers of draws.
     *
     * @param predictions draws for predictions
     * @param likelihoods draws for the expected log likelihood; 0 does not measure it
     */
    public Config withSamples(int predictions, int likelihoods) {
      return with(
          c -> {
            c.samples = predictions;
            c.likelihoodSamples = likelihoods;
          });
    }

    /**
     * These settings with another schedule.
     *
     * @param warmUp steps before the first pruning
     * @param rounds number of prunings
     * @param stepsPerRound steps after each pruning
     */
    public Config withSchedule(int warmUp, int rounds, int stepsPerRound) {
      return with(
          c -> {
            c.warmUp = warmUp;
            c.rounds = rounds;
            c.stepsPerRound = stepsPerRound;
          });
    }

    private Config with(Consumer<Draft> change) {
      Draft draft = new Draft(this);
      change.accept(draft);
      return draft.config();
    }

    /** The same settings while some of them change. */
    private static final class Draft {

      private VariationalModel.Config model;
      private int batch;
      private int warmUp;
      private int divergenceWarmUp;
      private int rounds;
      private int stepsPerRound;
      private Optimizer.Rule optimizer;
      private double learningRate;
      private VariationalStep.Divergence divergence;
      private Reparameterization reparameterization;
      private PruningRule rule;
      private int samples;
      private int likelihoodSamples;
      private int realisedExamples;
      private long seed;

      Draft(Config config) {
        model = config.model;
        batch = config.batch;
        warmUp = config.warmUp;
        divergenceWarmUp = config.divergenceWarmUp;
        rounds = config.rounds;
        stepsPerRound = config.stepsPerRound;
        optimizer = config.optimizer;
        learningRate = config.learningRate;
        divergence = config.divergence;
        reparameterization = config.reparameterization;
        rule = config.rule;
        samples = config.samples;
        likelihoodSamples = config.likelihoodSamples;
        realisedExamples = config.realisedExamples;
        seed = config.seed;
      }

      Config config() {
        return new Config(
            model,
            batch,
            warmUp,
            divergenceWarmUp,
            rounds,
            stepsPerRound,
            optimizer,
            learningRate,
            divergence,
            reparameterization,
            rule,
            samples,
            likelihoodSamples,
            realisedExamples,
            seed);
      }
    }

    /** Number of training steps of the whole run. */
    public long totalSteps() {
      return warmUp + (long) rounds * stepsPerRound;
    }
  }

  /**
   * One pruning.
   *
   * @param reduction what left and why
   * @param realised change of the ELBO at the pruning, before any further step, in nats; NaN if not
   *     measured
   * @param kept weights in the model afterwards
   */
  public record Round(ModelReduction.Round reduction, double realised, long kept) {}

  /**
   * What a run gives.
   *
   * @param before the posterior after the warm-up, before the first pruning
   * @param after the posterior at the end
   * @param rounds the prunings
   * @param reduction masks and decisions
   * @param trainSeconds wall time of training
   * @param pruneSeconds wall time of pruning
   * @param evaluateSeconds wall time of evaluations, the realised changes included
   */
  public record Result(
      Evaluation before,
      Evaluation after,
      List<Round> rounds,
      ModelReduction reduction,
      double trainSeconds,
      double pruneSeconds,
      double evaluateSeconds) {

    /** Σ of the predicted changes of the log evidence, in nats. */
    public double predicted() {
      return rounds.stream().mapToDouble(round -> round.reduction().predicted()).sum();
    }

    /** Σ of the changes of the ELBO at the prunings, in nats; NaN if not measured. */
    public double realised() {
      return rounds.stream().mapToDouble(Round::realised).sum();
    }

    /** Share of the parameters that left. */
    public double prunedFraction() {
      return 1 - (double) reduction.kept() / reduction.total();
    }
  }

  /** Hears how a run goes on; called on the thread that runs it. */
  public interface Listener {

    /** Hears nothing. */
    Listener NONE = new Listener() {};

    /**
     * After a training step.
     *
     * @param step from 1
     * @param total of the whole run
     * @param loss −ln p(y|x, w) in nats per example of the batch; on a device the mean of some
     *     steps that were read last
     */
    default void step(long step, long total, double loss) {}

    /** After a pruning. */
    default void pruned(Round round) {}

    /** After an evaluation: before the first pruning, where there is one, and at the end. */
    default void evaluated(String when, Evaluation evaluation) {}
  }

  private static final int PREDICTION_BATCH = 1_000;

  /** Steps between readings of the loss on a device, which need not wait for the host then. */
  private static final int DEVICE_LOSS_PERIOD = 10;

  private final Backend backend;
  private final VariationalModel model;
  private final Config config;
  private final Dataset train;
  private final Dataset test;
  private final Listener listener;
  private final Training training;
  private final Prediction prediction;
  private final ModelReduction reduction;
  private final Dataset realisedOn;
  private Evaluation before;
  private List<Round> rounds = new ArrayList<>();
  private long trainNanos;
  private long pruneNanos;
  private long evaluateNanos;

  /**
   * @param backend does the work
   * @param network with logits as its output
   * @param train examples with class labels, standardised
   * @param test likewise, for the evaluations
   * @param config settings
   * @param listener hears how it goes on
   */
  public StochasticBmr(
      Backend backend,
      Network network,
      Dataset train,
      Dataset test,
      Config config,
      Listener listener) {
    super(config);
    this.backend = backend;
    this.config = config;
    this.train = train;
    this.test = test;
    this.listener = listener;
    this.model =
        switch (config.model()) {
          case FlatModel.Config flat -> new FlatModel(backend, network, flat, config.seed());
          case HorseshoeModel.Config horseshoe ->
              new HorseshoeModel(backend, network, horseshoe, config.seed());
        };
    int batch = Math.min(config.batch(), train.size());
    this.training =
        new Training(
            backend,
            model,
            train,
            Batches.independent(train.size(), batch, config.seed()),
            Optimizer.of(config.optimizer(), LearningRate.constant(config.learningRate())),
            config.divergence(),
            config.reparameterization());
    if (!backend.memory().equals(Memory.HOST)) {
      training.inference().setLossPeriod(DEVICE_LOSS_PERIOD);
    }
    int largest = Math.max(train.size(), test.size());
    this.prediction = new Prediction(backend, model, Math.min(PREDICTION_BATCH, largest));
    this.reduction = reduction(network);
    reduction.setSaliencies(training::saliency);
    this.realisedOn = part(train, config.realisedExamples(), config.seed());
  }

  private ModelReduction reduction(Network network) {
    List<ModelReduction.Layer> layers = new ArrayList<>();
    List<VariationalModel.Weights> blocks = model.weights();
    for (int i = 0; i < blocks.size(); i++) {
      // The last layer is never pruned by evidence, as published.
      boolean byEvidence = i < blocks.size() - 1;
      layers.add(
          new ModelReduction.Layer(blocks.get(i).block(), blocks.get(i).posterior(), byEvidence));
    }
    return new ModelReduction(
        backend, layers, config.rule(), network.isChain(), network.isZeroAtZero());
  }

  /** A random part of the data, the same for the same seed. */
  private static Dataset part(Dataset data, int most, long seed) {
    if (most >= data.size()) {
      return data;
    }
    int[] examples = new int[most];
    if (most > 0) {
      Batches.independent(data.size(), most, ~seed).fill(0, examples);
    }
    return data.select(examples);
  }

  /** Runs the whole schedule, or what is left of it. */
  public Result run() {
    train();
    if (before == null) {
      // Without pruning both evaluations are the one at the end.
      before = evaluate(config.rounds() == 0 ? "after" : "before");
    }
    while (rounds.size() < config.rounds()) {
      locked(this::prune);
      train();
    }
    Evaluation after = rounds.isEmpty() ? before : evaluate("after");
    return new Result(
        before,
        after,
        rounds,
        reduction,
        trainNanos * 1e-9,
        pruneNanos * 1e-9,
        evaluateNanos * 1e-9);
  }

  /** Trains up to the next pruning, or to the end. */
  private void train() {
    long until = config.warmUp() + (long) rounds.size() * config.stepsPerRound();
    while (training.steps() < until) {
      locked(this::step);
    }
    training.inference().requireFinite();
  }

  private void step() {
    long start = System.nanoTime();
    warmUpDivergence();
    double loss = training.step();
    trainNanos += System.nanoTime() - start;
    listener.step(training.steps(), config.totalSteps(), loss);
    stepped();
  }

  private void warmUpDivergence() {
    long next = training.steps() + 1;
    if (next <= config.divergenceWarmUp()) {
      training.inference().setDivergenceWeight((double) next / config.divergenceWarmUp());
    }
  }

  private void prune() {
    double elboBefore = elboOnPart();
    long start = System.nanoTime();
    ModelReduction.Round pruned = reduction.prune();
    pruneNanos += System.nanoTime() - start;
    Round round = new Round(pruned, elboOnPart() - elboBefore, reduction.kept());
    rounds.add(round);
    listener.pruned(round);
  }

  /** The ELBO from a part of the training set and one draw, the same before and after a pruning. */
  private double elboOnPart() {
    if (realisedOn.size() == 0) {
      return Double.NaN;
    }
    long start = System.nanoTime();
    double scale = (double) train.size() / realisedOn.size();
    double elbo = scale * logLikelihood(realisedOn) - model.klDivergence();
    evaluateNanos += System.nanoTime() - start;
    return elbo;
  }

  private double logLikelihood(Dataset data) {
    int draws = config.likelihoodSamples();
    return draws == 0 ? Double.NaN : prediction.logLikelihood(data, draws);
  }

  private Evaluation evaluate(String when) {
    long start = System.nanoTime();
    PredictiveAccumulator predictive =
        new PredictiveAccumulator(test.classNames().size(), test.labels());
    prediction.predict(test, config.samples(), predictive::addLogits);
    Evaluation evaluation =
        new Evaluation(
            predictive.metrics(),
            predictive.logPredictiveDensity(),
            logLikelihood(train),
            model.klDivergence(),
            reduction.kept());
    evaluateNanos += System.nanoTime() - start;
    listener.evaluated(when, evaluation);
    return evaluation;
  }

  /**
   * How good the model is now, on the test set, for a curve over the training. The time counts as
   * evaluation, also when a listener asks during a step.
   *
   * @param samples draws from the posterior
   */
  public ClassificationMetrics measure(int samples) {
    long start = System.nanoTime();
    PredictiveAccumulator predictive =
        new PredictiveAccumulator(test.classNames().size(), test.labels());
    prediction.predict(test, samples, predictive::addLogits);
    evaluateNanos += System.nanoTime() - start;
    return predictive.metrics();
  }

  /** Number of parameters that are in the model now. */
  public long kept() {
    return reduction.kept();
  }

  /** How far a run is. */
  private record Progress(
      long steps,
      Evaluation before,
      List<Round> rounds,
      long trainNanos,
      long pruneNanos,
      long evaluateNanos) {}

  @Override
  public RunState state() {
    return training
        .state(new RunState(backend))
        .reduction(reduction)
        .progress("progress", Progress.class, this::progress, this::resume);
  }

  private Progress progress() {
    return new Progress(training.steps(), before, rounds, trainNanos, pruneNanos, evaluateNanos);
  }

  private void resume(Progress progress) {
    training.inference().resumeAt(progress.steps());
    before = progress.before();
    rounds = progress.rounds();
    trainNanos = progress.trainNanos();
    pruneNanos = progress.pruneNanos();
    evaluateNanos = progress.evaluateNanos();
    reduction.resumeAt(rounds.stream().map(Round::reduction).toList());
  }

  @Override
  public long steps() {
    return training.steps();
  }

  /** The model that is trained and pruned. */
  public VariationalModel model() {
    return model;
  }
}
