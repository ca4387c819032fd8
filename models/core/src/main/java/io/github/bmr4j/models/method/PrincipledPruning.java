package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Epochs;
import io.github.bmr4j.models.data.ToySequences;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.pruning.EvidenceThreshold;
import io.github.bmr4j.models.pruning.ModelReduction;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Principled pruning (Beckers, van Erp, Zhao, Kondrashov, de Vries: Principled pruning of Bayesian
 * neural networks through variational free energy minimization, IEEE OJSP 2024): train on the
 * variational free energy, remove each weight whose removal raises the evidence, train on, and
 * again, until a round removes nothing.
 */
public final class PrincipledPruning extends ResumableRun {

  /**
   * Settings.
   *
   * @param model prior and starting values
   * @param epochs before the first pruning
   * @param roundEpochs after each pruning
   * @param maximumRounds at most so many prunings
   * @param batch examples in a step; the last of an epoch may have fewer
   * @param learningRate of Adam
   * @param shuffled whether each epoch has an order of its own
   * @param examples N, by which the divergence is divided in training; 0 for the size of the data
   * @param tolerance a weight leaves when ΔF ≥ −tolerance: a weight that has gone back to its prior
   *     has ΔF = 0 up to rounding
   * @param structural whether weights of dead units leave with the others
   * @param coordinatePrecision whether each epoch ends with the exact update of the noise
   *     precision, which is then no part of the steps
   * @param empiricalBayes whether each epoch of the first training ends with the prior variance of
   *     each layer at its optimum
   * @param samples draws for each free energy where the scheme samples
   * @param seed of all randomness
   */
  public record Config(
      RegressionModel.Config model,
      int epochs,
      int roundEpochs,
      int maximumRounds,
      int batch,
      double learningRate,
      boolean shuffled,
      long examples,
      double tolerance,
      boolean structural,
      boolean coordinatePrecision,
      boolean empiricalBayes,
      int samples,
      long seed) {

    /**
     * @throws IllegalArgumentException if a number is outside its range
     */
    public Config {
      require(epochs >= 0, "epochs", epochs, "at least 0");
      require(roundEpochs >= 0, "roundEpochs", roundEpochs, "at least 0");
      require(maximumRounds >= 0, "maximumRounds", maximumRounds, "at least 0");
      require(batch >= 1, "batch", batch, "at least 1");
      require(samples >= 1, "samples", samples, "at least 1");
      require(examples >= 0, "examples", examples, "at least 0");
      require(tolerance >= 0 && tolerance < 1, "tolerance", tolerance, "in [0, 1)");
      require(
          learningRate > 0 && !Double.isInfinite(learningRate),
          "learningRate",
          learningRate,
          "positive and finite");
    }

    private static void require(boolean holds, String name, Number value, String range) {
      if (!holds) {
        throw new IllegalArgumentException(name + " must be " + range + ", but is " + value);
      }
    }

    /**
     * The published settings for the Boston data, with the corrected mathematics: 750 epochs, 150
     * after each pruning, batches of 16, Adam at 1e-2.
     */
    public static Config boston(InferenceScheme scheme) {
      return new Config(
          RegressionModel.Config.of(scheme),
          750,
          150,
          100,
          16,
          1e-2,
          true,
          0,
          1e-4,
          true,
          false,
          false,
          10,
          0);
    }

    /**
     * The published settings for the sine wave, with the corrected mathematics: 3,000 epochs, 600
     * after each pruning, batches of 16 in the order of time, Adam at 1e-3, and a divergence that
     * is divided by the 800 points rather than the 792 windows.
     */
    public static Config sine(InferenceScheme scheme) {
      return boston(scheme).withEpochs(3_000, 600).withSteps(16, 1e-3).inOrder(ToySequences.POINTS);
    }

    /** These settings with another model. */
    public Config withModel(RegressionModel.Config other) {
      return with(c -> c.model = other);
    }

    /** These settings with other lengths. */
    public Config withEpochs(int first, int each) {
      return with(
          c -> {
            c.epochs = first;
            c.roundEpochs = each;
          });
    }

    /** These settings with another batch and learning rate. */
    public Config withSteps(int otherBatch, double otherRate) {
      return with(
          c -> {
            c.batch = otherBatch;
            c.learningRate = otherRate;
          });
    }

    /** These settings for a sequence: batches in order, and N as given. */
    public Config inOrder(long otherExamples) {
      return with(
          c -> {
            c.shuffled = false;
            c.examples = otherExamples;
          });
    }

    /** These settings with other ways to treat ties and dead units. */
    public Config withTies(double otherTolerance, boolean otherStructural) {
      return with(
          c -> {
            c.tolerance = otherTolerance;
            c.structural = otherStructural;
          });
    }

    /** These settings with exact updates of precision and prior. */
    public Config withExactUpdates(boolean precision, boolean prior) {
      return with(
          c -> {
            c.coordinatePrecision = precision;
            c.empiricalBayes = prior;
          });
    }

    /** These settings with another limit of prunings. */
    public Config withRounds(int most) {
      return with(c -> c.maximumRounds = most);
    }

    /** These settings with another number of draws. */
    public Config withSamples(int draws) {
      return with(c -> c.samples = draws);
    }

    /** These settings with another seed. */
    public Config withSeed(long other) {
      return with(c -> c.seed = other);
    }

    private Config with(Consumer<Draft> change) {
      Draft draft = new Draft(this);
      change.accept(draft);
      return draft.config();
    }

    /** The same settings while some of them change. */
    private static final class Draft {

      private RegressionModel.Config model;
      private int epochs;
      private int roundEpochs;
      private int maximumRounds;
      private int batch;
      private double learningRate;
      private boolean shuffled;
      private long examples;
      private double tolerance;
      private boolean structural;
      private boolean coordinatePrecision;
      private boolean empiricalBayes;
      private int samples;
      private long seed;

      Draft(Config config) {
        model = config.model;
        epochs = config.epochs;
        roundEpochs = config.roundEpochs;
        maximumRounds = config.maximumRounds;
        batch = config.batch;
        learningRate = config.learningRate;
        shuffled = config.shuffled;
        examples = config.examples;
        tolerance = config.tolerance;
        structural = config.structural;
        coordinatePrecision = config.coordinatePrecision;
        empiricalBayes = config.empiricalBayes;
        samples = config.samples;
        seed = config.seed;
      }

      Config config() {
        return new Config(
            model,
            epochs,
            roundEpochs,
            maximumRounds,
            batch,
            learningRate,
            shuffled,
            examples,
            tolerance,
            structural,
            coordinatePrecision,
            empiricalBayes,
            samples,
            seed);
      }
    }
  }

  /**
   * One pruning.
   *
   * @param reduction what left, and the change of the log evidence that was predicted
   * @param ties weights that left with |ΔF| ≤ tolerance, among those by evidence
   * @param before free energy before it
   * @param after free energy right after it
   * @param kept weights left
   */
  public record Round(
      ModelReduction.Round reduction, long ties, FreeEnergy before, FreeEnergy after, long kept) {

    /** By how much the free energy fell; compare with {@link ModelReduction.Round#predicted}. */
    public double realised() {
      return before.total() - after.total();
    }
  }

  /**
   * What came out.
   *
   * @param trained free energy after the first training
   * @param rounds the last one removed nothing, unless there were as many as allowed
   * @param last free energy at the end
   * @param weights number of weights there were
   * @param kept number of weights left
   * @param trainSeconds time of the first training
   * @param pruneSeconds time of the rounds with their training
   */
  public record Result(
      FreeEnergy trained,
      List<Round> rounds,
      FreeEnergy last,
      long weights,
      long kept,
      double trainSeconds,
      double pruneSeconds) {

    /** Free energy right after the first pruning: what pruning without training on gives. */
    public FreeEnergy naive() {
      return rounds.isEmpty() ? trained : rounds.get(0).after();
    }

    /** Weights left after the first pruning. */
    public long naiveKept() {
      return rounds.isEmpty() ? weights : rounds.get(0).kept();
    }

    /** Prunings that removed something. */
    public long effectiveRounds() {
      return rounds.stream().filter(round -> round.reduction().removed() > 0).count();
    }
  }

  /** Sees how a run goes on. */
  public interface Listener {

    /** Sees nothing. */
    Listener NONE = new Listener() {};

    /**
     * After each epoch.
     *
     * @param epoch from 1, within the training before or after a pruning
     * @param of so many
     * @param loss −ln p(y|x, w) in nats per example, each as its step found it
     */
    default void epoch(int epoch, int of, double loss) {}

    /** After each pruning. */
    default void pruned(Round round) {}
  }

  private final Config config;
  private final RegressionModel model;
  private final RegressionTraining training;
  private final RegressionPrediction prediction;
  private final ModelReduction reduction;
  private final Dataset data;
  private final Backend backend;
  private FreeEnergy trained;
  private List<Round> rounds = new ArrayList<>();
  private long trainNanos;
  private long pruneNanos;

  /**
   * @param backend does the work
   * @param network with one output for each target
   * @param data examples with real targets, with standardised features
   * @param config settings
   */
  public PrincipledPruning(Backend backend, Network network, Dataset data, Config config) {
    super(config);
    this.backend = backend;
    this.config = config;
    this.data = data;
    this.model = new RegressionModel(backend, network, config.model(), config.seed());
    this.training =
        new RegressionTraining(
            backend,
            model,
            data,
            new Epochs(data.size(), config.shuffled(), config.seed()),
            config.batch(),
            Optimizer.of(
                new Optimizer.Adam(0.9, 0.999, 1e-7), LearningRate.constant(config.learningRate())),
            config.examples() == 0 ? data.size() : config.examples(),
            config.coordinatePrecision());
    this.prediction = new RegressionPrediction(backend, model, data, config.samples());
    this.reduction =
        new ModelReduction(
            backend,
            model.blocks().stream()
                .map(b -> new ModelReduction.Layer(b.block(), b.weights(), true))
                .toList(),
            new EvidenceThreshold(-config.tolerance()),
            config.structural() && network.isChain(),
            network.isZeroAtZero());
  }

  /**
   * Trains and prunes until a round removes nothing.
   *
   * @throws DivergedException if a number that decides something is not finite
   */
  public Result run() {
    return run(() -> {}, Listener.NONE);
  }

  /**
   * As {@link #run()}.
   *
   * @param beforePruning called between the first training and the first pruning
   * @param listener sees how it goes on
   */
  public Result run(Runnable beforePruning, Listener listener) {
    long start = System.nanoTime();
    train(0, config.epochs(), config.empiricalBayes(), listener);
    trainNanos += System.nanoTime() - start;
    if (trained == null) {
      FreeEnergy energy = prediction.freeEnergy();
      beforePruning.run();
      trained = energy;
    }
    start = System.nanoTime();
    trainAfterPruning(listener);
    while (rounds.size() < config.maximumRounds() && !isSettled()) {
      locked(
          () -> {
            Round round = prune();
            rounds.add(round);
            listener.pruned(round);
          });
      trainAfterPruning(listener);
    }
    pruneNanos += System.nanoTime() - start;
    return new Result(
        trained,
        rounds,
        prediction.freeEnergy(),
        reduction.total(),
        reduction.kept(),
        trainNanos * 1e-9,
        pruneNanos * 1e-9);
  }

  /** Whether the last pruning removed nothing. */
  private boolean isSettled() {
    return !rounds.isEmpty() && rounds.getLast().reduction().removed() == 0;
  }

  private void trainAfterPruning(Listener listener) {
    if (!rounds.isEmpty() && !isSettled()) {
      long before = config.epochs() + (rounds.size() - 1L) * config.roundEpochs();
      train(before, config.roundEpochs(), false, listener);
    }
  }

  /** Trains only; for what compares prunings of one trained model. */
  public FreeEnergy train() {
    train(training.epochs(), config.epochs(), config.empiricalBayes(), Listener.NONE);
    return prediction.freeEnergy();
  }

  /** Trains a phase, or what is left of it. */
  private void train(long before, int epochs, boolean empiricalBayes, Listener listener) {
    while (training.epochs() < before + epochs) {
      locked(
          () -> {
            double loss = training.epoch();
            int epoch = Math.toIntExact(training.epochs() - before);
            if (config.coordinatePrecision()) {
              model.precision().coordinateUpdate(data.size(), prediction.expectedSquares());
            }
            if (empiricalBayes) {
              model.blocks().forEach(block -> block.weights().optimizePriorVariance());
            }
            listener.epoch(epoch, epochs, loss / data.size());
            stepped();
          });
    }
    training.requireFinite();
  }

  /** Prunes once. */
  public Round prune() {
    FreeEnergy before = prediction.freeEnergy();
    ModelReduction.Round round = reduction.prune();
    return new Round(round, ties(), before, prediction.freeEnergy(), reduction.kept());
  }

  private long ties() {
    long ties = 0;
    for (ModelReduction.Decisions layer : reduction.decisions()) {
      for (int i = 0; i < layer.reason().length; i++) {
        boolean now = layer.round()[i] == reduction.rounds();
        boolean evidence = layer.reason()[i] == ModelReduction.Reason.EVIDENCE.code();
        ties += now && evidence && Math.abs(layer.deltaF()[i]) <= config.tolerance() ? 1 : 0;
      }
    }
    return ties;
  }

  /** How far a run is. */
  private record Progress(
      long epochs,
      long steps,
      FreeEnergy trained,
      List<Round> rounds,
      List<Double> priorVariances,
      long trainNanos,
      long pruneNanos) {}

  @Override
  public RunState state() {
    return new RunState(backend)
        .inference(training.inference())
        .reduction(reduction)
        .progress("progress", Progress.class, this::progress, this::resume);
  }

  private Progress progress() {
    return new Progress(
        training.epochs(),
        training.steps(),
        trained,
        rounds,
        model.blocks().stream().map(block -> (double) block.weights().priorVariance()).toList(),
        trainNanos,
        pruneNanos);
  }

  private void resume(Progress progress) {
    training.resumeAt(progress.epochs(), progress.steps());
    trained = progress.trained();
    rounds = progress.rounds();
    trainNanos = progress.trainNanos();
    pruneNanos = progress.pruneNanos();
    for (int i = 0; i < model.blocks().size(); i++) {
      double variance = progress.priorVariances().get(i);
      model.blocks().get(i).weights().setPriorVariance((float) variance);
    }
    reduction.resumeAt(rounds.stream().map(Round::reduction).toList());
  }

  @Override
  public long steps() {
    return training.steps();
  }

  /** The model that is trained and pruned. */
  public RegressionModel model() {
    return model;
  }

  /** Masks, and why each weight left. */
  public ModelReduction reduction() {
    return reduction;
  }
}
