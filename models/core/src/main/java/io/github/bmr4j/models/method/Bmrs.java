package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.metric.PredictiveAccumulator;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.pruning.StructureCount;
import io.github.bmr4j.models.pruning.StructureLayer;
import io.github.bmr4j.models.pruning.StructurePruning;
import io.github.bmr4j.models.pruning.StructureRule;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Structured pruning by multiplicative noise (Wright, Igel, Selvan: BMRS: Bayesian model reduction
 * for structured pruning, NeurIPS 2024): a network with a random factor on the output of each
 * structure is trained by variational inference; after each epoch a rule decides from the factors'
 * posteriors which structures are in the model; in the end the rest is fine-tuned.
 */
public final class Bmrs extends ResumableRun {

  /** How the divergences of the structures enter the objective. */
  public enum DivergenceWeighting {
    /**
     * As published: the mean over layers of the mean over their structures is added to the mean
     * cross entropy. That is N over the number of structures as strong as the evidence lower bound.
     */
    MEAN,
    /** The evidence lower bound: their sum, over N, is added to the mean cross entropy. */
    EVIDENCE_LOWER_BOUND
  }

  /** When θ is drawn, and its posterior learnt; else each θ is its mean and stays as it is. */
  public enum Drawing {
    /** In training and fine-tuning: as published. */
    ALWAYS,
    /** In training only: fine-tuning is that of a plain network. */
    TRAINING,
    /** Never: the network of the baselines, in which a structure leaves for its weights alone. */
    NEVER
  }

  /**
   * What is minimised: mean cross entropy and the divergences of the structures.
   *
   * @param weighting of the divergence
   * @param factor on the divergence; 1 but for a tempered objective
   * @param drawing when θ is random
   */
  public record Objective(DivergenceWeighting weighting, double factor, Drawing drawing) {

    /** The published one. */
    public static final Objective PUBLISHED =
        new Objective(DivergenceWeighting.MEAN, 1, Drawing.ALWAYS);

    /**
     * @throws IllegalArgumentException if the factor is negative or not finite
     */
    public Objective {
      if (!(factor >= 0 && factor < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "The divergence's factor must be >= 0 and finite, but is " + factor);
      }
    }
  }

  /**
   * How long and how fast.
   *
   * @param batch examples a step
   * @param epochs of training
   * @param pruneEvery epochs between decisions; 0 for a single one after training
   * @param fineTuneEpochs with the structures that are left
   * @param learningRate of Adam, constant
   */
  public record Schedule(
      int batch, int epochs, int pruneEvery, int fineTuneEpochs, double learningRate) {

    /** The published one for a multi-layer perceptron on Fashion-MNIST. */
    public static final Schedule PUBLISHED = new Schedule(128, 50, 1, 10, 1.5e-3);

    /** The published one for LeNet-5 on Fashion-MNIST. */
    public static final Schedule PUBLISHED_LENET = new Schedule(32, 50, 1, 10, 1.4e-3);

    /**
     * @throws IllegalArgumentException if a count is too small, or the rate not positive and finite
     */
    public Schedule {
      atLeast("batch", batch, 1);
      atLeast("epochs", epochs, 0);
      atLeast("pruneEvery", pruneEvery, 0);
      atLeast("fineTuneEpochs", fineTuneEpochs, 0);
      if (!(learningRate > 0) || Double.isInfinite(learningRate)) {
        throw new IllegalArgumentException(
            "learningRate must be positive and finite, but is " + learningRate);
      }
    }
  }

  /**
   * All settings.
   *
   * @param model prior and starting values
   * @param objective what is minimised
   * @param schedule how long and how fast
   * @param rule decides which structures leave
   * @param validationFraction share of the training set that is held out to choose the epoch of
   *     fine-tuning by, in [0, 1); 0 takes the last one
   * @param likelihoodSamples draws for the expected log likelihood of the ELBO
   * @param seed of all randomness
   */
  public record Config(
      NoisyModel.Config model,
      Objective objective,
      Schedule schedule,
      StructureRule rule,
      double validationFraction,
      int likelihoodSamples,
      long seed) {

    /**
     * The published settings for a multi-layer perceptron with two hidden layers on Fashion-MNIST.
     */
    public static final Config PUBLISHED =
        new Config(
            NoisyModel.Config.PUBLISHED,
            Objective.PUBLISHED,
            Schedule.PUBLISHED,
            StructureRule.BMRS_N,
            0.2,
            3,
            1000);

    /**
     * @throws IllegalArgumentException if a count is too small, or a number outside its domain
     */
    public Config {
      atLeast("likelihoodSamples", likelihoodSamples, 1);
      if (!(validationFraction >= 0 && validationFraction < 1)) {
        throw new IllegalArgumentException(
            "validationFraction must lie in [0, 1), but is " + validationFraction);
      }
    }

    /** These settings with another model. */
    public Config withModel(NoisyModel.Config other) {
      return new Config(
          other, objective, schedule, rule, validationFraction, likelihoodSamples, seed);
    }

    /** These settings with another objective. */
    public Config withObjective(Objective other) {
      return new Config(model, other, schedule, rule, validationFraction, likelihoodSamples, seed);
    }

    /** These settings with another schedule. */
    public Config withSchedule(Schedule other) {
      return new Config(model, objective, other, rule, validationFraction, likelihoodSamples, seed);
    }

    /** These settings with another rule. */
    public Config withRule(StructureRule other) {
      return new Config(
          model, objective, schedule, other, validationFraction, likelihoodSamples, seed);
    }

    /** These settings with another seed. */
    public Config withSeed(long other) {
      return new Config(
          model, objective, schedule, rule, validationFraction, likelihoodSamples, other);
    }
  }

  private static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + " must be at least " + least + ", but is " + value);
    }
  }

  /**
   * One epoch.
   *
   * @param number from 1; fine-tuning goes on counting
   * @param loss mean of −ln p(y|x, θ) over the epoch's steps, in nats per example
   * @param meanDivergence mean over layers of the mean KL of their structures, in nats
   * @param pruned structures out of the model after it
   * @param validationAccuracy without noise; NaN if nothing is held out
   */
  public record Epoch(
      int number, double loss, double meanDivergence, int pruned, double validationAccuracy) {}

  /**
   * What a run gives.
   *
   * @param before the whole model, when the first structures were about to leave (at the end of
   *     training if none did)
   * @param after the model at the end
   * @param epochs all of them
   * @param decision the last one
   * @param published parameters removed by the paper's count
   * @param compact parameters removed from the network
   * @param trainSeconds wall time of training
   * @param pruneSeconds wall time of decisions
   * @param evaluateSeconds wall time of evaluations
   */
  public record Result(
      Evaluation before,
      Evaluation after,
      List<Epoch> epochs,
      StructurePruning.Decision decision,
      StructureCount.Count published,
      StructureCount.Count compact,
      double trainSeconds,
      double pruneSeconds,
      double evaluateSeconds) {

    /** Keeps the list from being changed. */
    public Result {
      epochs = List.copyOf(epochs);
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
     * @param loss −ln p(y|x, θ) in nats per example of the batch
     */
    default void step(long step, long total, double loss) {}

    /** After an epoch. */
    default void epoch(Epoch epoch) {}

    /** After an evaluation: before the first structures leave, and at the end. */
    default void evaluated(String when, Evaluation evaluation) {}
  }

  private static final int PREDICTION_BATCH = 1_000;

  private final Backend backend;
  private final NoisyModel model;
  private final Config config;
  private final Schedule schedule;
  private final Dataset train;
  private final Dataset validation;
  private final Dataset test;
  private final Listener listener;
  private final Training training;
  private final Prediction prediction;
  private final StructurePruning pruning;
  private final long stepsPerEpoch;
  private List<Epoch> epochs = new ArrayList<>();

  /** Σ of the losses of the epoch's steps so far. */
  private double epochLoss;

  private Evaluation before;
  private StructurePruning.Decision decision;

  /** Whether the last decision has been made, and only fine-tuning is left. */
  private boolean decided;

  /** The best epoch of fine-tuning and its accuracy. */
  private final NoisyModel.Snapshot best;

  private double bestAccuracy = Double.NEGATIVE_INFINITY;
  private long trainNanos;
  private long pruneNanos;
  private long evaluateNanos;

  /**
   * @param backend does the work
   * @param network with logits as its output, and places for noise
   * @param train examples with class labels, standardised; a part may be held out
   * @param test likewise, for the evaluations
   * @param config settings
   * @param listener hears how it goes on
   */
  public Bmrs(
      Backend backend,
      Network network,
      Dataset train,
      Dataset test,
      Config config,
      Listener listener) {
    super(config);
    this.backend = backend;
    this.config = config;
    this.schedule = config.schedule();
    this.test = test;
    this.listener = listener;
    int[] order = new int[train.size()];
    Batches.independent(train.size(), train.size(), ~config.seed()).fill(0, order);
    int held = (int) Math.round(config.validationFraction() * train.size());
    this.validation = train.select(java.util.Arrays.copyOf(order, held));
    this.train = train.select(java.util.Arrays.copyOfRange(order, held, order.length));
    this.model = new NoisyModel(backend, network, config.model(), config.seed());
    weighDivergences();
    Batches batches =
        Batches.shuffled(
            this.train.size(), Math.min(schedule.batch(), this.train.size()), config.seed());
    this.stepsPerEpoch = batches.stepsPerEpoch();
    this.training =
        new Training(
            backend,
            model,
            this.train,
            batches,
            Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(schedule.learningRate())));
    int largest = Math.max(this.train.size(), test.size());
    this.prediction = new Prediction(backend, model, Math.min(PREDICTION_BATCH, largest));
    this.pruning = new StructurePruning(backend, model.structures(), config.rule());
    this.best = model.snapshot();
  }

  private void weighDivergences() {
    List<StructureLayer> layers = model.structures();
    for (StructureLayer layer : layers) {
      layer
          .noise()
          .setDivergenceFactor(
              config.objective().factor()
                  * switch (config.objective().weighting()) {
                    case MEAN -> (double) train.size() / layers.size() / layer.noise().size();
                    case EVIDENCE_LOWER_BOUND -> 1;
                  });
    }
  }

  /** Runs the whole schedule, or what is left of it; structures leave by the rule's threshold. */
  public Result run() {
    return run(pruning::prune, schedule.pruneEvery());
  }

  /**
   * Runs the schedule with a single decision, after training.
   *
   * @param share of the structures that leaves then, those that the rule ranks first, in [0, 1]
   */
  public Result runToShare(double share) {
    return run(() -> pruning.pruneFirst(share, false), 0);
  }

  private Result run(Supplier<StructurePruning.Decision> decisions, int pruneEvery) {
    model.setDeterministic(config.objective().drawing() == Drawing.NEVER);
    while (epochs.size() < schedule.epochs()) {
      double loss = finishEpoch();
      if (pruneEvery > 0 && (epochs.size() + 1) % pruneEvery == 0) {
        prune(decisions);
      }
      report(loss);
    }
    if (!decided) {
      prune(decisions);
      if (before == null) {
        before = evaluate("before");
      }
      decided = true;
    }
    fineTune();
    Evaluation after = evaluate("after");
    return new Result(
        before,
        after,
        epochs,
        decision,
        StructureCount.published(model.countedLayers(), model.kept()),
        StructureCount.compact(model.countedLayers(), model.kept()),
        trainNanos * 1e-9,
        pruneNanos * 1e-9,
        evaluateNanos * 1e-9);
  }

  /**
   * One point of a {@link #sweep}.
   *
   * @param requested share of the structures that was to leave
   * @param removed share that left
   * @param compact parameters removed from the network
   * @param accuracy on the test set after an epoch of fine-tuning
   */
  public record SweepPoint(
      double requested, double removed, StructureCount.Count compact, double accuracy) {}

  /**
   * Pruning after training: from the model as it is now, removes the structures that a rule ranks
   * first, fine-tunes for one epoch and measures; for each share anew. The optimiser's moments go
   * on from point to point, as in the authors' code. The model is as before in the end. Where the
   * accuracy starts to fall says {@link io.github.bmr4j.models.pruning.KneePoint}.
   *
   * @param ranking the rule, which need not be that of the run
   * @param shares of the structures to remove, each in [0, 1]
   * @param approved whether to spare structures whose score is below the rule's threshold
   */
  public List<SweepPoint> sweep(StructureRule ranking, double[] shares, boolean approved) {
    StructurePruning ranked = new StructurePruning(backend, model.structures(), ranking);
    NoisyModel.Snapshot trained = model.snapshot();
    List<SweepPoint> points = new ArrayList<>();
    for (double share : shares) {
      model.restore(trained);
      StructurePruning.Decision pruned = ranked.pruneFirst(share, approved);
      train();
      points.add(
          new SweepPoint(
              share,
              pruned.fraction(),
              StructureCount.compact(model.countedLayers(), model.kept()),
              accuracy(test)));
    }
    model.restore(trained);
    return points;
  }

  /** Trains on with the structures that are left, and goes back to the best epoch. */
  private void fineTune() {
    model.setDeterministic(config.objective().drawing() != Drawing.ALWAYS);
    while (epochs.size() < schedule.epochs() + schedule.fineTuneEpochs()) {
      report(finishEpoch());
    }
    if (bestAccuracy > Double.NEGATIVE_INFINITY) {
      model.restore(best);
    }
  }

  /** Trains to the end of the epoch that is not reported yet; gives its mean loss. */
  private double finishEpoch() {
    return trainUntil((epochs.size() + 1) * stepsPerEpoch);
  }

  private double train() {
    epochLoss = 0;
    return trainUntil(training.steps() + stepsPerEpoch);
  }

  private double trainUntil(long until) {
    while (training.steps() < until) {
      locked(this::step);
    }
    training.inference().requireFinite();
    return epochLoss / stepsPerEpoch;
  }

  private void step() {
    long start = System.nanoTime();
    double loss = training.step();
    epochLoss += loss;
    trainNanos += System.nanoTime() - start;
    listener.step(training.steps(), totalSteps(), loss);
    stepped();
  }

  private long totalSteps() {
    return stepsPerEpoch * (schedule.epochs() + (long) schedule.fineTuneEpochs());
  }

  /** Decides; the first time that a structure is about to leave, the whole model is evaluated. */
  private void prune(Supplier<StructurePruning.Decision> decisions) {
    long start = System.nanoTime();
    decision = decisions.get();
    pruneNanos += System.nanoTime() - start;
    if (before == null && decision.pruned() > 0) {
      List<boolean[]> masks = model.kept();
      for (StructureLayer layer : model.structures()) {
        boolean[] all = new boolean[layer.noise().size()];
        java.util.Arrays.fill(all, true);
        layer.noise().setKept(all);
      }
      before = evaluate("before");
      for (int i = 0; i < masks.size(); i++) {
        model.structures().get(i).noise().setKept(masks.get(i));
      }
    }
  }

  /** Notes an epoch, and the model if it is the best of fine-tuning. */
  private void report(double loss) {
    long start = System.nanoTime();
    double accuracy = validation.size() == 0 ? Double.NaN : accuracy(validation);
    int pruned = decision == null ? 0 : decision.pruned();
    Epoch epoch = new Epoch(epochs.size() + 1, loss, model.meanDivergence(), pruned, accuracy);
    locked(
        () -> {
          epochs.add(epoch);
          epochLoss = 0;
          if (decided && accuracy > bestAccuracy) {
            bestAccuracy = accuracy;
            model.copyTo(best);
          }
        });
    evaluateNanos += System.nanoTime() - start;
    listener.epoch(epoch);
  }

  /** The accuracy of the network with each θ at its mean. */
  double accuracy(Dataset data) {
    return predictive(data).metrics().accuracy();
  }

  private PredictiveAccumulator predictive(Dataset data) {
    PredictiveAccumulator predictive =
        new PredictiveAccumulator(data.classNames().size(), data.labels());
    prediction.predictAtMean(data, predictive::addLogits);
    return predictive;
  }

  private Evaluation evaluate(String when) {
    long start = System.nanoTime();
    PredictiveAccumulator predictive = predictive(test);
    StructureCount.Count count = StructureCount.compact(model.countedLayers(), model.kept());
    Evaluation evaluation =
        new Evaluation(
            predictive.metrics(),
            predictive.logPredictiveDensity(),
            prediction.logLikelihood(train, config.likelihoodSamples()),
            model.klDivergence(),
            count.total() - count.removed());
    evaluateNanos += System.nanoTime() - start;
    listener.evaluated(when, evaluation);
    return evaluation;
  }

  /** How far a run is. */
  private record Progress(
      long steps,
      List<Epoch> epochs,
      double epochLoss,
      Evaluation before,
      StructurePruning.Decision decision,
      boolean decided,
      double bestAccuracy,
      List<boolean[]> bestKept,
      List<boolean[]> kept,
      long trainNanos,
      long pruneNanos,
      long evaluateNanos) {}

  @Override
  public RunState state() {
    RunState state = new RunState(backend).inference(training.inference());
    for (int i = 0; i < best.values().size(); i++) {
      state.floats("best." + i, best.values().get(i));
    }
    return state.progress("progress", Progress.class, this::progress, this::resume);
  }

  private Progress progress() {
    return new Progress(
        training.steps(),
        epochs,
        epochLoss,
        before,
        decision,
        decided,
        bestAccuracy,
        best.kept(),
        model.kept(),
        trainNanos,
        pruneNanos,
        evaluateNanos);
  }

  private void resume(Progress progress) {
    training.inference().resumeAt(progress.steps());
    epochs = progress.epochs();
    epochLoss = progress.epochLoss();
    before = progress.before();
    decision = progress.decision();
    decided = progress.decided();
    bestAccuracy = progress.bestAccuracy();
    best.setKept(progress.bestKept());
    for (int i = 0; i < progress.kept().size(); i++) {
      model.structures().get(i).noise().setKept(progress.kept().get(i));
    }
    trainNanos = progress.trainNanos();
    pruneNanos = progress.pruneNanos();
    evaluateNanos = progress.evaluateNanos();
  }

  @Override
  public long steps() {
    return training.steps();
  }

  /** The model that is trained and pruned. */
  public NoisyModel model() {
    return model;
  }

  /** Decides which structures leave. */
  public StructurePruning pruning() {
    return pruning;
  }
}
