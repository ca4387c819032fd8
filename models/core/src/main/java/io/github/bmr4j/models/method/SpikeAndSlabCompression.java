package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.distribution.ScaleMixture;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.reduction.InclusionProbability.Estimator;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.pruning.InclusionReport;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Compression of a spike-and-slab network, after Saha, Liu and Liang 2024 (arXiv 2411.00273,
 * abstract); the estimators are reconstructed. A network is trained with spike-and-slab priors; the
 * inclusion probabilities that training sums out are found again from its posterior; weights, units
 * and input features that are more likely out than in leave; what stays may be trained further.
 */
public final class SpikeAndSlabCompression extends ResumableRun {

  /**
   * The settings.
   *
   * @param indicators what is done with the indicators in training
   * @param mixture prior of each weight; its spike is that of the end
   * @param firstSpike s₀ at the start; goes linearly to the mixture's
   * @param annealing share of a cycle's steps in which it does
   * @param cycles how often the steps are done; before each but the first, units that have died are
   *     drawn anew and the spike is wide again
   * @param learnInclusion whether π of each layer is learned, after the spike has its last width
   * @param initialDeviation starting σ of every weight
   * @param batch examples a step, or all if there are fewer
   * @param steps of a cycle
   * @param learningRate of Adam; a fifth of it in the last fifth of a cycle
   * @param divergenceWarmUp share of the first cycle in which the KL's weight rises from 0 to 1
   * @param rule how inclusion is estimated and decided
   * @param restarts how often a network is trained from other starting values; the one with the
   *     largest evidence lower bound goes on
   * @param fineTuning epochs of training of what stays, under the slab
   * @param samples draws for predictions
   * @param seed of all randomness
   */
  public record Config(
      SpikeAndSlabModel.Indicators indicators,
      ScaleMixture mixture,
      double firstSpike,
      double annealing,
      int cycles,
      boolean learnInclusion,
      double initialDeviation,
      int batch,
      int steps,
      double learningRate,
      double divergenceWarmUp,
      InclusionReport.Rule rule,
      int restarts,
      int fineTuning,
      int samples,
      long seed) {

    /**
     * @throws IllegalArgumentException if a setting is outside its domain
     */
    public Config {
      require(firstSpike > 0 && firstSpike < mixture.slab(), "firstSpike", firstSpike);
      require(annealing >= 0 && annealing <= 1, "annealing", annealing);
      require(divergenceWarmUp >= 0 && divergenceWarmUp <= 1, "divergenceWarmUp", divergenceWarmUp);
      require(initialDeviation > 0, "initialDeviation", initialDeviation);
      require(batch >= 1, "batch", batch);
      require(cycles >= 1, "cycles", cycles);
      require(steps >= 1, "steps", steps);
      require(restarts >= 1, "restarts", restarts);
      require(fineTuning >= 0, "fineTuning", fineTuning);
      require(samples >= 1, "samples", samples);
      require(
          learningRate > 0 && learningRate < Double.POSITIVE_INFINITY,
          "learningRate",
          learningRate);
    }

    private static void require(boolean condition, String name, double value) {
      if (!condition) {
        throw new IllegalArgumentException(
            "The setting " + name + " is outside its domain: " + value);
      }
    }

    private static final int MANY_EXAMPLES = 1_000;

    /** What the simulated data sets led to; see the recorded results. */
    public static final Config RECOMMENDED =
        new Config(
            SpikeAndSlabModel.Indicators.COLLAPSED,
            new ScaleMixture(0.5, 1, 0.01),
            0.3,
            0.9,
            1,
            false,
            0.0067,
            500,
            6_000,
            1e-2,
            0,
            new InclusionReport.Rule(
                InclusionReport.Level.NODES,
                InclusionReport.Grouping.SEPARATE,
                Estimator.MEAN_FIELD,
                Estimator.SAVAGE_DICKEY,
                0.5,
                0,
                true),
            3,
            75,
            100,
            0);

    /**
     * {@link #RECOMMENDED} for a size of the training set: without fine-tuning below {@value
     * #MANY_EXAMPLES} examples, where what stays, once it is free of the spike, fits the noise,
     * too.
     *
     * @param examples number of training examples
     */
    public static Config recommended(int examples) {
      return examples < MANY_EXAMPLES ? RECOMMENDED.withFineTuning(0) : RECOMMENDED;
    }

    /** These settings with another number of epochs of fine-tuning. */
    public Config withFineTuning(int other) {
      return with(other, seed);
    }

    /** These settings with another seed. */
    public Config withSeed(long other) {
      return with(fineTuning, other);
    }

    private Config with(int otherFineTuning, long otherSeed) {
      return new Config(
          indicators,
          mixture,
          firstSpike,
          annealing,
          cycles,
          learnInclusion,
          initialDeviation,
          batch,
          steps,
          learningRate,
          divergenceWarmUp,
          rule,
          restarts,
          otherFineTuning,
          samples,
          otherSeed);
    }
  }

  /**
   * What a run gives.
   *
   * @param report inclusion probabilities, and what is kept
   * @param full before anything left
   * @param pruned after
   * @param fullNoiseless as full, on targets without noise; null if they are not known
   * @param prunedNoiseless as pruned, on targets without noise; null if they are not known
   * @param noise standard deviation of the observation noise in the targets' unit; NaN for classes
   * @param trainSeconds wall time of training, fine-tuning included
   * @param selectSeconds wall time of estimating inclusion
   */
  public record Result(
      InclusionReport report,
      SpikeAndSlabEvaluation full,
      SpikeAndSlabEvaluation pruned,
      SpikeAndSlabEvaluation fullNoiseless,
      SpikeAndSlabEvaluation prunedNoiseless,
      double noise,
      double trainSeconds,
      double selectSeconds) {}

  /** Hears how a run goes on. */
  @FunctionalInterface
  public interface Listener {

    /** Hears nothing. */
    Listener NONE = (step, total, loss) -> {};

    /**
     * After a training step.
     *
     * @param step from 1
     * @param total of the whole run
     * @param loss −ln p(y|x, w) in nats per example of the batch
     */
    void step(long step, long total, double loss);
  }

  private static final int PREDICTION_BATCH = 1_000;
  private static final double SLOW_SHARE = 0.2;
  private static final double SLOW_FACTOR = 0.2;
  private static final int INCLUSION_PERIOD = 50;

  /** Between the seeds of restarts, so that they are not those of the next runs. */
  private static final long SEED_STRIDE = 1L << 32;

  /**
   * How far a run is.
   *
   * @param done steps of the whole run
   * @param restart that is in training, or the number of restarts once the best one is chosen
   * @param steps of the model in training
   * @param slow how many slow steps of the cycle are done
   * @param slowLoss sum of their losses
   * @param inclusions π of each layer
   * @param bestRestart whose parameters are kept; −1 before the first has ended
   * @param bestBound its evidence lower bound in nats
   * @param bestInclusions its π of each layer
   * @param trainNanos time of training so far
   */
  private record Progress(
      long done,
      int restart,
      long steps,
      int slow,
      double slowLoss,
      List<Double> inclusions,
      int bestRestart,
      double bestBound,
      List<Double> bestInclusions,
      long trainNanos) {}

  private final Backend backend;
  private final Config config;
  private final Dataset train;
  private final Dataset test;
  private final Dataset noiseless;
  private final double scale;
  private final Listener listener;
  private final UnaryFunction activation;
  private final Network network;
  private final Batches batches;
  private final SortedMap<String, float[]> current = new TreeMap<>();
  private final SortedMap<String, float[]> best = new TreeMap<>();
  private SpikeAndSlabModel model;
  private SupervisedTraining training;
  private long done;
  private int restart;
  private int slow;
  private double slowLoss;
  private int bestRestart = -1;
  private double bestBound = Double.NEGATIVE_INFINITY;
  private List<Double> bestInclusions = List.of();
  private long trainNanos;

  /** Where a run that was saved goes on, until it does; else null. */
  private Progress saved;

  /**
   * @param backend does the work
   * @param network of dense layers, with the same activation after each but the last
   * @param train standardised, targets too
   * @param test likewise
   * @param noiseless the test part with targets without noise, or null if they are not known
   * @param scale the targets' unit: what one of the standardised ones is; 1 for classes
   * @param config settings
   * @param listener hears how it goes on
   */
  public SpikeAndSlabCompression(
      Backend backend,
      Network network,
      Dataset train,
      Dataset test,
      Dataset noiseless,
      double scale,
      Config config,
      Listener listener) {
    super(config);
    this.backend = backend;
    this.config = config;
    this.train = train;
    this.test = test;
    this.noiseless = noiseless;
    this.scale = scale;
    this.listener = listener;
    this.activation = activation(network);
    if (!train.isClassification() && train.targetSize() != 1) {
      throw new IllegalArgumentException(
          train + " has " + train.targetSize() + " real targets; one is expected");
    }
    this.network = network;
    this.batches =
        Batches.shuffled(train.size(), Math.min(config.batch(), train.size()), config.seed());
    begin(0);
    training
        .inference()
        .state()
        .forEach(
            (name, part) -> {
              current.put(name, new float[part.length()]);
              best.put(name, new float[part.length()]);
            });
  }

  /** A model with the starting values of a restart, and its training. */
  private void begin(int number) {
    model = model(number);
    training = training();
  }

  private SupervisedTraining training() {
    Optimizer optimizer = Optimizer.of(Optimizer.Adam.DEFAULT, this::learningRate);
    return new SupervisedTraining(backend, model, train, batches, optimizer);
  }

  /** An untrained model; the first has the seed itself. */
  private SpikeAndSlabModel model(int restart) {
    return new SpikeAndSlabModel(
        backend,
        network,
        config.indicators(),
        config.mixture(),
        config.initialDeviation(),
        !train.isClassification(),
        config.seed() + restart * SEED_STRIDE);
  }

  private static UnaryFunction activation(Network network) {
    UnaryFunction found = UnaryFunction.IDENTITY;
    for (var layer : network.layers()) {
      if (layer instanceof Activation a) {
        if (found != UnaryFunction.IDENTITY && found != a.function()) {
          throw new IllegalArgumentException(
              "All layers need the same activation, but there are "
                  + found
                  + " and "
                  + a.function());
        }
        found = a.function();
      } else if (!(layer instanceof Dense)) {
        throw new IllegalArgumentException(
            "Spike-and-slab networks have dense layers only, but there is " + layer);
      }
    }
    return found;
  }

  /** The model, trained once {@link #run} has returned. */
  public SpikeAndSlabModel model() {
    return model;
  }

  /** Trains, estimates, prunes, and evaluates before and after. */
  public Result run() {
    trainTheBest();
    SpikeAndSlabEvaluation full = evaluate(test, parameters());
    SpikeAndSlabEvaluation fullNoiseless = evaluate(noiseless, parameters());
    long selecting = System.nanoTime();
    InclusionReport report = report();
    long selected = System.nanoTime();
    fineTune(report);
    SpikeAndSlabEvaluation pruned = evaluate(test, report.kept());
    SpikeAndSlabEvaluation prunedNoiseless = evaluate(noiseless, report.kept());
    return new Result(
        report,
        full,
        pruned,
        fullNoiseless,
        prunedNoiseless,
        model.noise() == null ? Double.NaN : scale * model.noise().standardDeviation(0),
        trainNanos * 1e-9,
        (selected - selecting) * 1e-9);
  }

  private long parameters() {
    return model.network().parameterCount();
  }

  private void trainTheBest() {
    while (restart < config.restarts()) {
      locked(this::beginOrGoOn);
      while (training.inference().steps() < trainingSteps()) {
        locked(this::trainingStep);
      }
      locked(this::keepIfBest);
    }
    locked(
        () -> {
          begin(bestRestart);
          restore(best, trainingSteps());
          model.setInclusions(bestInclusions);
          model.setSpike(spike(1));
        });
  }

  private void beginOrGoOn() {
    if (saved != null) {
      begin(restart);
      restore(current, saved.steps());
      model.setInclusions(saved.inclusions());
      saved = null;
    } else if (restart > 0) {
      begin(restart);
    }
  }

  /** By the evidence lower bound in nats, with the losses of the last, slow steps. */
  private void keepIfBest() {
    training.inference().requireFinite();
    double bound = -slowLoss / slow * train.size() - training.inference().klDivergence();
    if (bound > bestBound) {
      bestBound = bound;
      bestRestart = restart;
      bestInclusions = model.inclusions();
      copy(best);
    }
    restart++;
  }

  private void trainingStep() {
    int steps = config.steps();
    int cycle = Math.toIntExact(training.inference().steps() / steps);
    int step = Math.toIntExact(training.inference().steps() % steps) + 1;
    long start = System.nanoTime();
    if (step == 1) {
      slow = 0;
      slowLoss = 0;
      if (cycle > 0) {
        model.redrawDeadUnits(report(), cycle);
      }
    }
    double annealed = config.annealing() * steps;
    double warm = cycle == 0 ? config.divergenceWarmUp() * steps : 0;
    double progress = annealed == 0 ? 1 : Math.min(1, step / annealed);
    model.setSpike(spike(progress));
    training.inference().setDivergenceWeight(warm == 0 ? 1 : Math.min(1, step / warm));
    if (config.learnInclusion() && progress == 1 && step % INCLUSION_PERIOD == 0) {
      model.learnInclusion();
    }
    double loss = training.step();
    if (step > (1 - SLOW_SHARE) * steps) {
      slowLoss += loss;
      slow++;
    }
    finishStep(loss, start);
  }

  private void finishStep(double loss, long start) {
    trainNanos += System.nanoTime() - start;
    listener.step(++done, totalSteps(), loss);
    stepped();
  }

  private double spike(double progress) {
    return config.firstSpike() + progress * (config.mixture().spike() - config.firstSpike());
  }

  private long trainingSteps() {
    return (long) config.cycles() * config.steps();
  }

  private long fineTuningSteps() {
    return (long) config.fineTuning() * Math.ceilDiv(train.size(), config.batch());
  }

  private long totalSteps() {
    return config.restarts() * trainingSteps() + fineTuningSteps();
  }

  private InclusionReport report() {
    return new InclusionReport(model.posterior(), config.rule(), activation);
  }

  /** Takes out what the report does not keep, and trains the rest. */
  private void fineTune(InclusionReport report) {
    locked(
        () -> {
          model.reduce(report.layers());
          training = training();
          // What was saved before the first of these steps still had all weights.
          boolean tuned = saved != null && saved.steps() > trainingSteps();
          if (tuned) {
            restore(current, saved.steps());
          } else {
            training.inference().resumeAt(trainingSteps());
          }
          saved = null;
        });
    while (training.inference().steps() < trainingSteps() + fineTuningSteps()) {
      locked(
          () -> {
            long start = System.nanoTime();
            finishStep(training.step(), start);
          });
    }
    training.inference().requireFinite();
  }

  /** Of step {@code step} of the whole run, from 1. */
  private double learningRate(long step) {
    boolean tuning = step > trainingSteps();
    long steps = tuning ? fineTuningSteps() : config.steps();
    long within = tuning ? step - trainingSteps() : (step - 1) % steps + 1;
    return within > (1 - SLOW_SHARE) * steps
        ? SLOW_FACTOR * config.learningRate()
        : config.learningRate();
  }

  /** Parameters and moments of the model in training; zeros for what a reduced one has not. */
  private void copy(SortedMap<String, float[]> to) {
    SortedMap<String, Slice> state = training.inference().state();
    state.values().forEach(backend.memory()::pull);
    to.replaceAll(
        (name, values) ->
            state.containsKey(name) ? state.get(name).toArray() : new float[values.length]);
  }

  /** What a reduced model no longer has is left out. */
  private void restore(SortedMap<String, float[]> from, long steps) {
    training.inference().state().forEach((name, part) -> part.copyFrom(from.get(name), 0));
    training.inference().resumeAt(steps);
  }

  @Override
  public RunState state() {
    if (saved == null) {
      training.inference().requireFinite();
      copy(current);
    }
    RunState state = new RunState(backend);
    current.forEach((name, values) -> state.floats(name, values));
    best.forEach((name, values) -> state.floats("best." + name, values));
    return state.progress("progress", Progress.class, this::progress, this::resume);
  }

  private Progress progress() {
    return saved != null
        ? saved
        : new Progress(
            done,
            restart,
            training.inference().steps(),
            slow,
            slowLoss,
            model.inclusions(),
            bestRestart,
            bestBound,
            bestInclusions,
            trainNanos);
  }

  private void resume(Progress progress) {
    done = progress.done();
    restart = progress.restart();
    slow = progress.slow();
    slowLoss = progress.slowLoss();
    bestRestart = progress.bestRestart();
    bestBound = progress.bestBound();
    bestInclusions = progress.bestInclusions();
    trainNanos = progress.trainNanos();
    saved = progress;
  }

  @Override
  public long steps() {
    return done;
  }

  private SpikeAndSlabEvaluation evaluate(Dataset on, long kept) {
    if (on == null) {
      return null;
    }
    SupervisedPrediction prediction =
        new SupervisedPrediction(backend, model, Math.min(PREDICTION_BATCH, on.size()));
    return prediction.evaluate(on, config.samples(), scale, kept);
  }
}
