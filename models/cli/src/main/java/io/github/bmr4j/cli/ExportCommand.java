package io.github.bmr4j.cli;

import io.github.bmr4j.cli.onnx.OnnxNetworks;
import io.github.bmr4j.engine.onnx.OnnxGraph;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.compact.CompactLayer;
import io.github.bmr4j.models.compact.CompactNetwork;
import io.github.bmr4j.models.io.AtomicFiles;
import io.github.bmr4j.models.io.NpzWriter;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.io.TensorWriter;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bmr export}: a trained network for other programs. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    description = {
      "Writes a posterior or a compact network for other programs; the ending of --out says how.",
      "",
      "  .onnx         a model from raw features, an example a row, to class probabilities, or to"
          + " predictions of numbers and their deviations: of the mean weights, or the average over"
          + " --samples draws",
      "  .safetensors  the mean weights, L.weight and L.bias of each layer L, a state dictionary",
      "  .npz          the same as arrays",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bmr export --out model.onnx",
      "  bmr export bmr-out/posterior.safetensors --samples 20 --out ensemble.onnx",
      "  bmr export --out weights.npz",
      "",
      "Exit codes: 0 fine, 1 it cannot be written, 2 bad usage or bad input."
    })
final class ExportCommand implements Callable<Integer> {

  /** What an ONNX model says of itself, and what finds its test data again. */
  private static final List<String> NOTED =
      List.of(
          "method",
          "data",
          "data_sha256",
          "test_share",
          "split_seed",
          "resized",
          "classes",
          "features",
          "target",
          "targets",
          "network");

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      defaultValue = "bmr-out",
      description = {
        "posterior.safetensors or compact.safetensors of 'bmr prune', 'bmr train' or 'bmr select', or"
            + " the folder of its results (default: ${DEFAULT-VALUE})."
      })
  private Path file;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      required = true,
      description = "What to write: a name that ends with .onnx, .safetensors or .npz.")
  private Path out;

  @Option(
      names = "--samples",
      paramLabel = "K",
      defaultValue = "0",
      description = {
        "Of .onnx: average over K draws from the posterior instead of the mean weights; a compact"
            + " network has ten (default: 0, the mean weights)."
      })
  private int samples;

  @Mixin private OutputOptions output;

  ExportCommand() {}

  @Override
  public Integer call() throws IOException {
    output.apply();
    String name = out.getFileName().toString().toLowerCase(Locale.ROOT);
    if (samples < 0) {
      throw new InputException("--samples must be at least 0, but is " + samples);
    }
    if (samples > 0 && !name.endsWith(".onnx")) {
      throw new InputException("--samples is about .onnx files, but --out is " + out);
    }
    SavedModel model = new SavedModel(file);
    Path target = out.toAbsolutePath();
    try (Backend backend = new BackendOptions().openSingle()) {
      if (name.endsWith(".onnx")) {
        byte[] bytes = onnx(model, backend);
        AtomicFiles.writeStream(target, stream -> stream.write(bytes));
      } else if (name.endsWith(".safetensors")) {
        SafetensorsWriter writer =
            new SafetensorsWriter().metadata("bmr4j", Main.Version.project());
        weights(model, backend, writer);
        writer.write(target);
      } else if (name.endsWith(".npz")) {
        NpzWriter writer = new NpzWriter();
        weights(model, backend, writer);
        writer.write(target);
      } else {
        throw new InputException(
            "--out is " + out + "; it must end with .onnx, .safetensors or .npz");
      }
    } catch (IllegalArgumentException refused) {
      throw new InputException(refused.getMessage(), refused);
    }
    PrintWriter console = spec.commandLine().getOut();
    if (output.json()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("command", "export");
      json.put("model", model.file().toString());
      json.put("file", target.toString());
      json.put("samples", samples);
      console.println(ResultJson.line(json));
    } else {
      console.println(target);
    }
    console.flush();
    return ExitCode.OK;
  }

  private byte[] onnx(SavedModel model, Backend backend) throws IOException {
    OnnxGraph graph;
    if (model.isCompact()) {
      CompactNetwork network = model.compact();
      if (samples > network.samples()) {
        throw new InputException(
            "--samples is "
                + samples
                + ", but "
                + model.file()
                + " has "
                + network.samples()
                + "; export the posterior beside it");
      }
      List<Integer> sets =
          samples == 0 ? List.of(0) : IntStream.rangeClosed(1, samples).boxed().toList();
      graph =
          model.isRegression()
              ? OnnxNetworks.of(network, sets, model.preparation(), model.onnxTargets(backend))
              : OnnxNetworks.of(network, sets, model.preparation());
    } else {
      SavedModel.Weights weights = model.weights(backend, samples);
      graph =
          model.isRegression()
              ? OnnxNetworks.of(
                  weights.network(),
                  weights.sets(),
                  model.preparation(),
                  model.onnxTargets(backend))
              : OnnxNetworks.of(weights.network(), weights.sets(), model.preparation());
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    for (String key : NOTED) {
      if (model.metadata(key) != null) {
        metadata.put(key, model.metadata(key));
      }
    }
    return graph.toBytes(Main.Version.project(), metadata);
  }

  /** The mean weights of each layer; of a compact network which inputs it takes, too. */
  private static void weights(SavedModel model, Backend backend, TensorWriter<?> writer)
      throws IOException {
    if (model.isCompact()) {
      CompactNetwork network = model.compact();
      int[] selected = network.selectedInputs().stream().mapToInt(Integer::intValue).toArray();
      writer.ints("inputs", new int[] {selected.length}, selected);
      for (CompactLayer layer : network.layers()) {
        int[] shape = {layer.outputs(), layer.inputs()};
        writer.floats(layer.name() + ".weight", shape, layer.dense(0).array());
        writer.floats(
            layer.name() + ".bias",
            new int[] {layer.outputs()},
            layer.biases().getFirst().toArray());
      }
      return;
    }
    SavedModel.Weights weights = model.weights(backend, 0);
    for (ParameterBlock block : weights.network().parameters()) {
      float[] all = weights.sets().getFirst().get(block.layer());
      int count = block.rows() * block.columns();
      writer.floats(
          block.layer() + ".weight", block.weightShape().toArray(), Arrays.copyOf(all, count));
      if (block.bias()) {
        writer.floats(
            block.layer() + ".bias",
            new int[] {block.rows()},
            Arrays.copyOfRange(all, count, all.length));
      }
    }
  }
}
