package io.github.bmr4j.cli;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.compact.CompactFiles;
import io.github.bmr4j.models.compact.CompactNetwork;
import io.github.bmr4j.models.compact.Compaction;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.InputShape;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.data.TargetScale;
import io.github.bmr4j.models.io.AtomicFiles;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.method.SpikeAndSlabCompression;
import io.github.bmr4j.models.method.SpikeAndSlabModel;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bmr select}: which features of a data set matter, and a network that uses them alone. */
@Command(
    name = "select",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    description = {
      "Trains a network with spike-and-slab priors, finds the posterior inclusion probability of"
          + " each input feature, unit and weight, prunes what is more likely out than in, and"
          + " compares the pruned network with the full one on test data. After Saha, Liu and Liang"
          + " 2024 (abstract); estimators reconstructed.",
      "",
      "The pruned network of the first replicate is written as compact.safetensors, for 'bmr evaluate',"
          + " 'bmr predict' and 'bmr export'.",
      "",
      "With --replicates, everything is done again with the next seeds: a simulation is drawn anew, a"
          + " table split anew.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bmr select",
      "  bmr select --data bai --examples 3000 --features 200 --replicates 10",
      "  bmr select --data houses.csv --target-column price --ignore id --replicates 20",
      "",
      "Exit codes: 0 fine, 1 the run failed, 2 bad usage or bad input."
    })
final class SelectCommand implements Callable<Integer> {

  static final String RESULT = "result.json";
  static final String FEATURES = "features.csv";
  static final String PLOT = "inclusion.svg";

  @Spec private CommandSpec spec;

  @ArgGroup(validate = false, heading = "%nData:%n")
  private SelectData data = new SelectData();

  @ArgGroup(validate = false, heading = "%nTable in a file:%n")
  private TableOptions table = new TableOptions();

  @Option(
      names = "--hidden",
      paramLabel = "SIZES",
      defaultValue = "16",
      converter = HiddenLayers.Converter.class,
      description = "Units of each hidden layer (default: ${DEFAULT-VALUE}).")
  private HiddenLayers hidden;

  @Option(
      names = "--activation",
      paramLabel = "NAME",
      defaultValue = "tanh",
      converter = Choice.Activation.class,
      completionCandidates = Choice.Activation.class,
      description = "Behind each hidden layer: ${COMPLETION-CANDIDATES} (default: tanh).")
  private UnaryFunction activation;

  @Option(
      names = "--replicates",
      paramLabel = "N",
      defaultValue = "1",
      description = "How often everything is done (default: ${DEFAULT-VALUE}).")
  private int replicates;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of the first replicate; the others have the next ones (default: 0).")
  private long seed;

  @ArgGroup(validate = false, heading = "%nMethod:%n")
  private SelectMethodOptions method = new SelectMethodOptions();

  @ArgGroup(validate = false, heading = "%nMachine:%n")
  private BackendOptions machine = new BackendOptions();

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      defaultValue = "bmr-out",
      description =
          "Folder for result.json, features.csv, inclusion.svg and compact.safetensors (default:"
              + " ${DEFAULT-VALUE}).")
  private Path out;

  @ArgGroup(validate = false, heading = "%nStop and go on:%n")
  private CheckpointOptions checkpoints = new CheckpointOptions();

  @Mixin private OutputOptions output;

  /** The first replicate's network, and what a reader of its file has to know. */
  private CompactNetwork compact;

  private final Map<String, String> metadata = new LinkedHashMap<>();

  SelectCommand() {}

  @Override
  public Integer call() throws IOException {
    output.apply();
    if (replicates < 1) {
      throw new InputException("--replicates must be at least 1, but is " + replicates);
    }
    // The first replicate is made before the folder: what is refused leaves nothing behind.
    SelectData.Replicate first = data.replicate(table, seed);
    SpikeAndSlabCompression.Config config = method.config(seed, first.split().train().size());
    try (ResultFolder folder = ResultFolder.open(out)) {
      StatusLine status = StatusLine.on(spec.commandLine().getErr());
      List<SelectRun> runs = new ArrayList<>();
      for (int r = 0; r < replicates; r++) {
        SelectData.Replicate replicate = r == 0 ? first : data.replicate(table, seed + r);
        SelectRun run = run(r, replicate, config.withSeed(seed + r), folder, status);
        runs.add(run);
        if (!output.quiet()) {
          status.print(run.line());
        }
      }
      SelectReport report = new SelectReport(data.title(), hidden, activation, config, runs);
      Map<String, Object> json = report.json();
      json.put("files", files(folder));
      folder.commit(
          List.of(
              new ResultFolder.Result(
                  RESULT, file -> AtomicFiles.writeText(file, Json.writeIndented(json))),
              new ResultFolder.Result(
                  FEATURES, file -> AtomicFiles.writeText(file, report.featuresCsv())),
              new ResultFolder.Result(
                  ResultFiles.COMPACT, file -> CompactFiles.save(file, compact, metadata)),
              new ResultFolder.Result(PLOT, file -> AtomicFiles.writeText(file, report.svg()))));
      PrintWriter standardOutput = spec.commandLine().getOut();
      if (output.json()) {
        standardOutput.println(ResultJson.line(json));
      } else {
        standardOutput.print(report);
        standardOutput.printf("Results: %s%n", folder.file(RESULT));
        standardOutput.printf("         %s%n", folder.file(FEATURES));
        standardOutput.printf("         %s%n", folder.file(PLOT));
        standardOutput.printf("         %s%n", folder.file(ResultFiles.COMPACT));
      }
      standardOutput.flush();
      return ExitCode.OK;
    }
  }

  private SelectRun run(
      int number,
      SelectData.Replicate replicate,
      SpikeAndSlabCompression.Config config,
      ResultFolder folder,
      StatusLine status)
      throws IOException {
    Split raw = replicate.split();
    TargetScale scale = TargetScale.of(raw.train());
    Standardization standardization = Standardization.perFeature(raw.train());
    Split split = scale.apply(standardization.apply(raw));
    Dataset noiseless = null;
    if (replicate.noiseless() != null) {
      float[] targets = new float[replicate.noiseless().length];
      for (int i = 0; i < targets.length; i++) {
        targets[i] = (float) replicate.noiseless()[i];
      }
      noiseless = scale.apply(split.test().withTargets(targets));
    }
    // A back end frees no memory before it is closed.
    try (Backend backend = machine.open()) {
      Network network = network(split.train());
      SpikeAndSlabCompression compression =
          new SpikeAndSlabCompression(
              backend,
              network,
              split.train(),
              split.test(),
              noiseless,
              raw.train().isClassification() ? 1 : scale.standardDeviation()[0],
              config,
              output.quiet() ? SpikeAndSlabCompression.Listener.NONE : progress(status));
      Map<String, String> settings = Autosave.settings(raw, network, backend);
      settings.put("replicate", (number + 1) + " of " + replicates);
      Autosave autosave = Autosave.start(number, compression, folder, checkpoints, spec, settings);
      SpikeAndSlabCompression.Result result = compression.run();
      autosave.rest();
      if (compact == null) {
        SpikeAndSlabModel model = compression.model();
        compact = Compaction.of(backend, model.network(), model.drawn(Compacted.SAMPLES));
        describe(replicate, config, model, standardization, scale);
      }
      return new SelectRun(
          config.seed(), replicate.features(), replicate.relevant(), split.train().size(), result);
    }
  }

  private void describe(
      SelectData.Replicate replicate,
      SpikeAndSlabCompression.Config config,
      SpikeAndSlabModel model,
      Standardization standardization,
      TargetScale scale) {
    Split raw = replicate.split();
    metadata.put("bmr4j", Main.Version.project());
    metadata.put("method", "spike-and-slab");
    metadata.put("seed", Long.toString(config.seed()));
    // Only a table's rows can be split again; simulations and digits are drawn by the seed.
    metadata.put("data", data.isTable() ? data.title() : data.title() + " of bmr select");
    metadata.put("data_sha256", Json.write(ResultJson.digests(raw)));
    metadata.put("network", model.network().name());
    metadata.put("input_shape", Json.write(model.network().input().toArray()));
    metadata.put("data_shape", Json.write(new int[] {raw.train().inputShape().size()}));
    metadata.put("hidden", Json.write(hidden.sizes()));
    metadata.put("activation", Choice.nameOf(activation));
    metadata.put("standardization_mean", Json.write(standardization.mean()));
    metadata.put("standardization_std", Json.write(standardization.standardDeviation()));
    metadata.put("features", Json.write(replicate.features()));
    if (data.isTable()) {
      metadata.put("target", replicate.target());
      metadata.put("test_share", Double.toString(table.testShare()));
      metadata.put("split_seed", Long.toString(config.seed()));
    }
    if (raw.train().isClassification()) {
      metadata.put("classes", Json.write(raw.train().classNames()));
    } else {
      double noise = model.noise().standardDeviation(0);
      metadata.put("targets", Json.write(List.of(replicate.target())));
      metadata.put("target_mean", Json.write(scale.mean()));
      metadata.put("target_std", Json.write(scale.standardDeviation()));
      metadata.put("noise_variance", Json.write(new double[] {noise * noise}));
      metadata.put("heteroscedastic", "false");
    }
  }

  private static Map<String, Object> files(ResultFolder folder) {
    Map<String, Object> files = new LinkedHashMap<>();
    files.put("features", folder.file(FEATURES).toString());
    files.put("plot", folder.file(PLOT).toString());
    files.put("compact", folder.file(ResultFiles.COMPACT).toString());
    files.put("result", folder.file(RESULT).toString());
    return files;
  }

  private static SpikeAndSlabCompression.Listener progress(StatusLine status) {
    return (step, total, loss) -> {
      long now = System.nanoTime();
      if (status.isDue(now)) {
        status.update(
            String.format(
                Locale.ROOT,
                "step %s of %s, loss %.3f nats",
                Numbers.count(step),
                Numbers.count(total),
                loss),
            now);
      }
    };
  }

  private Network network(Dataset train) {
    InputShape shape = train.inputShape();
    int outputs = train.isClassification() ? train.classNames().size() : 1;
    return Networks.mlp(Shape.of(shape.size()), hidden.toArray(), outputs, activation);
  }
}
