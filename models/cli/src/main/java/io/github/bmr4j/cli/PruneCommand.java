package io.github.bmr4j.cli;

import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.compact.CompactFiles;
import io.github.bmr4j.models.compact.Compaction;
import io.github.bmr4j.models.data.InputShape;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.io.AtomicFiles;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.method.Bmrs;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.method.PosteriorFiles;
import io.github.bmr4j.models.method.PrincipledPruning;
import io.github.bmr4j.models.method.RegressionModel;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.method.VariationalModel;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.pruning.AdaptiveSpikeAndSlab;
import io.github.bmr4j.models.pruning.CertificateFiles;
import io.github.bmr4j.models.pruning.EvidenceThreshold;
import io.github.bmr4j.models.pruning.PruningRule;
import io.github.bmr4j.models.pruning.StreamedRule;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bmr prune}: trains a Bayesian network and prunes it, stochastic BMR from end to end. */
@Command(
    name = "prune",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    description = {
      "Trains a Bayesian neural network by stochastic variational inference and removes the weights"
          + " whose absence the evidence favours: stochastic Bayesian model reduction (Markovic,"
          + " Friston and Kiebel, 2024).",
      "",
      "A run is a warm-up, then rounds of one pruning and a number of training steps each. What no"
          + " option says is set by the data set: for digits a small network and a short schedule,"
          + " for fashion-mnist the paper's network and settings. The results are compared on the"
          + " test set.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bmr prune",
      "  bmr prune --hidden 100x3 --activation relu --seed 7 --out runs/7",
      "  bmr prune --epochs 10 --json > result.json",
      "  bmr prune --method tiered-ff",
      "  bmr prune --sparsity 0.95 --rank-by signal-to-noise --scope layer --distribution erk",
      "  bmr prune --method bmrs --rule bmrs-u-4",
      "  bmr data fetch fashion-mnist && bmr prune --data fashion-mnist",
      "  bmr prune --data fashion-mnist --network lenet",
      "  bmr prune --data houses.csv --target-column price --method principled-pruning",
      "  bmr prune --data iris.csv --classes",
      "  bmr prune posterior.safetensors --prior-std 0.1 --keep '*.bias'",
      "  bmr prune ivon.safetensors --spread-kind ivon --ess 60000 --weight-decay 1e-3 --target 0.9",
      "",
      "Exit codes: 0 fine, 1 the run failed, 2 bad usage or bad input."
    })
class PruneCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = {
        "A posterior that was trained elsewhere, as a safetensors or npz file with a mean and a standard"
            + " deviation for each weight: it is pruned as it is, and nothing is trained."
      })
  private Path posterior;

  @Option(
      names = "--data",
      paramLabel = "NAME|FILE",
      defaultValue = "digits",
      converter = DataSource.Converter.class,
      completionCandidates = Choice.Data.class,
      description = {
        "Data set: ${COMPLETION-CANDIDATES}, or the file of a table (default: ${DEFAULT-VALUE})."
      })
  private DataSource data;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Folder of the data set's files, where it is not bundled; see 'bmr data list'.")
  private Path dataFolder;

  @Option(
      names = "--network",
      paramLabel = "NAME",
      defaultValue = "mlp",
      converter = Choice.NetworkName.class,
      completionCandidates = Choice.NetworkName.class,
      description =
          "Network: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). All but mlp have the"
              + " paper's layers, and images are padded to 32x32 for them.")
  private NetworkKind network;

  @Option(
      names = "--hidden",
      paramLabel = "SIZES",
      converter = HiddenLayers.Converter.class,
      description = "Units of each hidden layer of mlp, as in 500,300 or 500x4.")
  private HiddenLayers hidden;

  @Option(
      names = "--activation",
      paramLabel = "NAME",
      converter = Choice.Activation.class,
      completionCandidates = Choice.Activation.class,
      description = "Behind each hidden layer of mlp: ${COMPLETION-CANDIDATES}.")
  private UnaryFunction activation;

  @Option(
      names = "--from",
      paramLabel = "FILE",
      description = {
        "Start from this posterior.safetensors of 'bmr train', with its layers; the warm-up is then 0"
            + " steps unless given."
      })
  private Path from;

  @ArgGroup(validate = false, heading = "%nTable in a file:%n")
  private TableOptions table = new TableOptions();

  @ArgGroup(validate = false, heading = "%nMethod:%n")
  private MethodOptions method = new MethodOptions();

  @ArgGroup(validate = false, heading = "%nSparsity:%n")
  private SparsityOptions sparsity = new SparsityOptions();

  @ArgGroup(validate = false, heading = "%nA posterior from elsewhere:%n")
  private PosteriorOptions elsewhere = new PosteriorOptions();

  @ArgGroup(validate = false, heading = "%nMachine:%n")
  private BackendOptions machine = new BackendOptions();

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      defaultValue = "bmr-out",
      description = {
        "Folder for posterior.safetensors, certificate.safetensors, compact.safetensors, report.html, config.properties and result.json; with FILE, for"
            + " pruned.safetensors or pruned.npz, certificate.json and result.json (default: ${DEFAULT-VALUE}). What it has of these is replaced when the run has ended well."
      })
  private Path out;

  @ArgGroup(validate = false, heading = "%nStop and go on:%n")
  private CheckpointOptions checkpoints = new CheckpointOptions();

  @Mixin private OutputOptions output;

  PruneCommand() {}

  @Override
  public Integer call() throws IOException {
    output.apply();
    refuseRepeatedOptions();
    refuseOptionsOfTheOtherMode();
    refuseOptionsOfTables();
    if (posterior != null) {
      return pruneFile();
    }
    if (from != null && method.method() != MethodKind.STOCHASTIC_BMR) {
      throw new ParameterException(
          spec.commandLine(),
          "--from is a posterior of --method stochastic-bmr, but --method is "
              + Choice.nameOf(method.method()));
    }
    return switch (method.method()) {
      case STOCHASTIC_BMR, BMR_RHS, FLAT_MAP, FLAT_FF, TIERED_FF -> train();
      case BMRS -> trainStructures();
      case PRINCIPLED_PRUNING -> trainRegression();
    };
  }

  private Autosave.Starter guard() {
    return (run, folder, settings) -> Autosave.start(run, folder, checkpoints, spec, settings);
  }

  private int pruneFile() throws IOException {
    PruningRule rule = method.rule(spec.commandLine(), EvidenceThreshold.ZERO);
    StreamedRule streamed =
        rule instanceof AdaptiveSpikeAndSlab adaptive
            ? new StreamedRule.Adaptive(adaptive.config())
            : new StreamedRule.Evidence(((EvidenceThreshold) rule).threshold());
    Map<String, Object> json =
        new PosteriorRun(posterior, elsewhere, streamed)
            .run(out, machine::openSingle, machine.threads());
    print(json, PosteriorRun.report(json));
    return ExitCode.OK;
  }

  private int trainStructures() throws IOException {
    long start = System.nanoTime();
    refuseOptionsOfOtherNetworks();
    if (network == NetworkKind.VIT || network == NetworkKind.MIXER) {
      throw new ParameterException(
          spec.commandLine(),
          "--method bmrs has noise on units and filters, but --network is "
              + Choice.nameOf(network)
              + "; choose mlp or lenet");
    }
    BmrsPreset usual = BmrsPreset.of(data, network);
    BmrsPreset preset =
        usual.with(
            hidden == null ? usual.hidden() : hidden,
            activation == null ? usual.activation() : activation);
    DataSource.Loaded loaded = load();
    Split raw = loaded.split();
    Bmrs.Config config = method.bmrs(spec.commandLine(), preset.method(), raw.train().size());
    BmrsPreset.Prepared prepared = preset.prepare(data, raw);
    try (Backend backend = machine.open();
        ResultFolder folder = ResultFolder.open(out)) {
      PrintWriter err = spec.commandLine().getErr();
      BmrsRun run = new BmrsRun(data, preset, origin(loaded), prepared, config, backend);
      Map<String, Object> json =
          run.run(err, output.quiet(), folder, guard(), this::options, start);
      print(json, run.report(json));
      return ExitCode.OK;
    }
  }

  private int trainRegression() throws IOException {
    long start = System.nanoTime();
    if (network != NetworkKind.MLP) {
      throw new ParameterException(
          spec.commandLine(),
          "--method principled-pruning is for tables and --network mlp, but --network is "
              + Choice.nameOf(network));
    }
    DataSource.Loaded loaded = load();
    Split raw = loaded.split();
    PrincipledPruning.Config config = method.principled(spec.commandLine(), raw.train().size());
    UnaryFunction function = activation == null ? PrincipledRun.ACTIVATION : activation;
    if (!config.model().scheme().isSampled() && !RegressionModel.PROPAGATED.contains(function)) {
      throw new ParameterException(
          spec.commandLine(),
          "Variance backpropagation knows relu, sigmoid and tanh, but --activation is "
              + Choice.nameOf(function)
              + "; choose one of them, or --scheme local");
    }
    try (Backend backend = machine.openSingle();
        ResultFolder folder = ResultFolder.open(out)) {
      PrincipledRun run =
          new PrincipledRun(
              data,
              loaded.targets(),
              origin(loaded),
              raw,
              hidden == null ? PrincipledRun.HIDDEN : hidden,
              function,
              config,
              backend);
      Map<String, Object> json =
          run.run(
              spec.commandLine().getErr(), output.quiet(), folder, guard(), this::options, start);
      print(json, PrincipledRun.report(json));
      return ExitCode.OK;
    }
  }

  /** The data set, with targets as the method wants them. */
  private DataSource.Loaded load() {
    DataSource.Loaded loaded = data.loadOrRefuse(dataFolder, table);
    data.requireTargetsOf(method.method(), loaded.split());
    if (data.isTable() && network != NetworkKind.MLP) {
      throw new ParameterException(
          spec.commandLine(),
          "--network "
              + Choice.nameOf(network)
              + " is for images, but "
              + data.title()
              + " is a table; choose mlp");
    }
    return loaded;
  }

  private int train() throws IOException {
    long start = System.nanoTime();
    refuseOptionsOfOtherNetworks();
    StartingPoint begin = from == null ? null : new StartingPoint(from);
    if (begin != null) {
      begin.requireNetwork(network, hidden, activation);
      hidden = network == NetworkKind.MLP ? begin.hidden() : null;
      activation = network == NetworkKind.MLP ? begin.activation() : null;
    }
    DataSource.Loaded loaded = load();
    Split raw = loaded.split();
    Preset preset = Preset.of(data, raw.train().size());
    boolean published = network.isPublished();
    HiddenLayers layers = published ? HiddenLayers.of() : hidden == null ? preset.hidden() : hidden;
    UnaryFunction usual = published ? network.activation() : preset.activation();
    UnaryFunction function = activation == null ? usual : activation;
    StochasticBmr.Config config =
        configOrRefuse(
            () ->
                sparsity.apply(
                    spec.commandLine(),
                    method.prunesWeights(),
                    method.hasRule(),
                    method.config(
                        spec.commandLine(), method.defaults(preset.method()), raw.train().size())));
    Standardization standardization = data.standardization(raw);
    Split split = padded(standardization.apply(raw));
    Network net = method.prepare(network(network, split, layers, function));
    requireMemory(config, net);
    // The folder comes last: whatever is refused before leaves nothing behind.
    try (Backend backend = machine.open();
        ResultFolder folder = ResultFolder.open(out)) {
      PrintWriter err = spec.commandLine().getErr();
      if (!output.quiet()) {
        announce(err, split, net, config, backend);
      }
      RunRecorder recorder =
          new RunRecorder(Progress.of(err, output.quiet(), config, net.parameterCount()));
      StochasticBmr bmr =
          new StochasticBmr(backend, net, split.train(), split.test(), config, recorder);
      recorder.watch(backend, bmr.model(), split.test());
      if (begin != null) {
        begin.give(backend, bmr.model());
      }
      ExtendedRun guarded = new ExtendedRun(bmr, start, recorder::state);
      guard().start(guarded, folder, Autosave.settings(split, net, backend));
      StochasticBmr.Result result = bmr.run();
      double seconds = guarded.seconds();
      Compacted compacted =
          Compaction.isPossible(net) ? Compacted.of(backend, bmr.model(), split.test()) : null;
      PruneRun run =
          new PruneRun(
              method.method(),
              data,
              split,
              net,
              layers.sizes(),
              Choice.nameOf(function),
              config,
              backend,
              result,
              recorder,
              compacted,
              seconds,
              ResultFiles.in(folder),
              Backends.warnings());
      Map<String, Object> json = ResultJson.of(run);
      json.put("command", spec.name());
      Map<String, String> provenance = provenance(run, standardization);
      provenance.putAll(origin(loaded));
      List<ResultFolder.Result> results = new ArrayList<>();
      results.add(
          new ResultFolder.Result(
              ResultFiles.POSTERIOR, file -> save(file, backend, bmr.model(), provenance)));
      if (config.rounds() > 0) {
        results.add(
            new ResultFolder.Result(
                ResultFiles.CERTIFICATE,
                file -> CertificateFiles.save(file, result.reduction(), provenance)));
      }
      if (compacted != null) {
        results.add(
            new ResultFolder.Result(
                ResultFiles.COMPACT,
                file -> CompactFiles.save(file, compacted.network(), provenance)));
      }
      results.add(ResultFiles.report(json));
      results.add(options(json));
      results.add(
          new ResultFolder.Result(
              ResultFiles.RESULT, file -> AtomicFiles.writeText(file, Json.writeIndented(json))));
      folder.commit(results);
      print(json, new PruneReport(run).toString());
      return ExitCode.OK;
    }
  }

  private static void requireMemory(StochasticBmr.Config config, Network network) {
    double bytes =
        config.model() instanceof FlatModel.Config flat ? flat.covarianceBytes(network) : 0;
    long most = Runtime.getRuntime().maxMemory();
    if (bytes > 0.9 * most) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "--posterior: the covariances need %,.0f MB, but Java may take %,d MB; choose"
                  + " matrix-normal or a smaller network, or give more with"
                  + " BMR_JAVA_OPTS=-Xmx8g",
              bytes / 1e6,
              most / 1_000_000));
    }
  }

  private void save(
      Path file, Backend backend, VariationalModel model, Map<String, String> provenance)
      throws IOException {
    // Scales between 0 and 1 would be lost in a posterior's truth values.
    boolean shrinks = method.method() == MethodKind.BMR_RHS;
    if (model instanceof FlatModel flat && flat.posterior() != Latent.Posterior.POINT && !shrinks) {
      PosteriorFiles.save(file, backend, flat, provenance);
    } else {
      PosteriorFiles.saveWeights(file, backend, model, provenance);
    }
  }

  /** The options that give these results again. */
  private ResultFolder.Result options(Map<String, Object> json) {
    String text = ConfigFile.text(spec, refused(), JsonFields.of(json));
    return new ResultFolder.Result(ResultFiles.CONFIG, file -> AtomicFiles.writeText(file, text));
  }

  private StochasticBmr.Config configOrRefuse(Supplier<StochasticBmr.Config> options) {
    try {
      return scheduled(options.get());
    } catch (IllegalArgumentException contradiction) {
      throw new ParameterException(spec.commandLine(), contradiction.getMessage());
    }
  }

  /**
   * The schedule of this command.
   *
   * @param config that the options say
   */
  StochasticBmr.Config scheduled(StochasticBmr.Config config) {
    return from == null || isGiven("--warm-up") || isGiven("--epochs")
        ? config
        : config.withSchedule(0, config.rounds(), config.stepsPerRound());
  }

  /** Options that this command has, but does not take. */
  List<String> refused() {
    return List.of();
  }

  /**
   * Whether the user gave an option.
   *
   * @param option its long name
   */
  final boolean isGiven(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  /** The command line, for messages. */
  final CommandLine commandLine() {
    return spec.commandLine();
  }

  /** With a file nothing is trained; without one, nothing has to be said about it. */
  private void refuseOptionsOfTheOtherMode() {
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      Object owner = option.userObject() instanceof Field field ? field.getDeclaringClass() : null;
      boolean ofFiles = owner == PosteriorOptions.class;
      boolean ofTraining =
          owner == TableOptions.class
              || owner == SparsityOptions.class
              || (owner == MethodOptions.class && !option.longestName().equals("--rule"))
              || (owner == PruneCommand.class && !option.longestName().equals("--out"));
      if (posterior == null ? ofFiles : ofTraining) {
        throw new ParameterException(
            spec.commandLine(),
            posterior == null
                ? option.longestName() + " is about a posterior from elsewhere; name its file too"
                : option.longestName()
                    + " is about training, but "
                    + posterior
                    + " is pruned as it is; leave one of them out");
      }
    }
  }

  /** A table's options say nothing about other data. */
  private void refuseOptionsOfTables() {
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      if (option.userObject() instanceof Field field
          && field.getDeclaringClass() == TableOptions.class
          && !data.isTable()) {
        throw new ParameterException(
            spec.commandLine(),
            option.longestName()
                + " is about a table, but --data is "
                + data.title()
                + "; give the table's file with --data");
      }
    }
  }

  /** The layers of a published network are what they are. */
  private void refuseOptionsOfOtherNetworks() {
    if (network != NetworkKind.MLP && (hidden != null || activation != null)) {
      throw new ParameterException(
          spec.commandLine(),
          (hidden != null ? "--hidden" : "--activation")
              + " is about the network mlp, but --network is "
              + Choice.nameOf(network)
              + ", whose layers are fixed; leave one of them out");
    }
  }

  /** An option that is given twice makes picocli forget the others of its section. */
  private void refuseRepeatedOptions() {
    Set<OptionSpec> seen = new HashSet<>();
    for (String argument : spec.commandLine().getParseResult().originalArgs()) {
      OptionSpec option =
          argument.startsWith("-") ? spec.findOption(argument.split("=", 2)[0]) : null;
      if (option != null && option.group() != null && !seen.add(option)) {
        throw new ParameterException(
            spec.commandLine(),
            "option '" + option.longestName() + "' should be specified only once");
      }
    }
  }

  /** Images as a published network takes them. */
  private Split padded(Split split) {
    return network.padded(split);
  }

  static Network network(
      NetworkKind kind, Split split, HiddenLayers layers, UnaryFunction function) {
    InputShape shape = split.train().inputShape();
    Shape input = Shape.of(dataShape(shape));
    int classes = split.train().classNames().size();
    try {
      Network network =
          switch (kind) {
            case MLP -> Networks.mlp(input, layers.toArray(), classes, function);
            case LENET -> Networks.lenet(shape.channels(), classes);
            case VIT -> Networks.visionTransformer(shape.channels(), classes);
            case MIXER -> Networks.mlpMixer(shape.channels(), classes);
          };
      network.parameterCount();
      return network;
    } catch (ArithmeticException tooLarge) {
      throw new InputException(
          "--hidden "
              + layers.sizes()
              + ": a layer has more weights than an array can hold, 2^31; choose smaller ones.",
          tooLarge);
    }
  }

  /** Images as [channels, height, width], rows of a table as [features]. */
  private static int[] dataShape(InputShape shape) {
    return shape.isImage()
        ? new int[] {shape.channels(), shape.height(), shape.width()}
        : new int[] {shape.size()};
  }

  private static void announce(
      PrintWriter err, Split split, Network network, StochasticBmr.Config config, Backend backend) {
    err.println(
        String.format(
            "%s (%s training examples, %s for testing), %s with %s weights, %s steps and %s"
                + " prunings, seed %d",
            split.train().name(),
            Numbers.count(split.train().size()),
            Numbers.count(split.test().size()),
            network.name(),
            Numbers.count(network.parameterCount()),
            Numbers.count(config.totalSteps()),
            Numbers.count(config.rounds()),
            config.seed()));
    err.println(backend.describe());
    err.flush();
  }

  /** What a reader of the files has to know to use them. */
  private static Map<String, String> provenance(PruneRun run, Standardization standardization) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("bmr4j", Main.Version.project());
    metadata.put("method", Choice.nameOf(run.method()));
    metadata.put("seed", Long.toString(run.config().seed()));
    metadata.put("data", run.data().title());
    metadata.put("data_sha256", Json.write(ResultJson.digests(run.split())));
    metadata.put("classes", Json.write(run.split().train().classNames()));
    metadata.put("network", run.network().name());
    metadata.put("input_shape", Json.write(run.network().input().toArray()));
    metadata.put("hidden", Json.write(run.hidden()));
    metadata.put("activation", run.activation());
    metadata.put("standardization_mean", Json.write(standardization.mean()));
    metadata.put("standardization_std", Json.write(standardization.standardDeviation()));
    return metadata;
  }

  /** What a reader of the files has to know of the data, to find examples again. */
  private Map<String, String> origin(DataSource.Loaded loaded) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("data_shape", Json.write(dataShape(loaded.split().train().inputShape())));
    if (data.isTable()) {
      metadata.put("features", Json.write(loaded.features()));
      metadata.put("target", loaded.targets().getFirst());
      metadata.put("test_share", Double.toString(table.testShare()));
    }
    return metadata;
  }

  private void print(Map<String, Object> json, String report) {
    PrintWriter standardOutput = spec.commandLine().getOut();
    if (output.json()) {
      standardOutput.println(ResultJson.line(json));
    } else {
      standardOutput.print(report);
    }
    standardOutput.flush();
  }
}
