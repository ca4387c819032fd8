package io.github.bmr4j.cli;

import io.github.bmr4j.cli.onnx.OnnxNetworks;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.compact.CompactFiles;
import io.github.bmr4j.models.compact.CompactNetwork;
import io.github.bmr4j.models.compact.CompactPrediction;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Padding;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.method.PosteriorFiles;
import io.github.bmr4j.models.method.Prediction;
import io.github.bmr4j.models.metric.PredictiveAccumulator;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A classifier in a file of this command, a posterior or a compact network, with what its metadata
 * says of how it is fed: shape of the input, standardization, names of features and classes.
 */
final class SavedModel {

  private static final int BATCH = 500;

  private final Path file;
  private final Map<String, String> metadata;

  /**
   * @param file that exists
   * @throws InputException if it is none of those that can predict
   */
  SavedModel(Path file) throws IOException {
    this.file = file;
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          file
              + ": there is no such file; 'bmr prune' and 'bmr train' write posterior.safetensors and"
              + " compact.safetensors");
    }
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      metadata = reader.metadata();
    }
    String format = metadata.get("format");
    if (!PosteriorFiles.FORMAT.equals(format) && !CompactFiles.FORMAT.equals(format)) {
      throw new InputException(
          file
              + " has the format "
              + format
              + ", but only "
              + PosteriorFiles.FORMAT
              + " and "
              + CompactFiles.FORMAT
              + " can predict: posterior.safetensors and compact.safetensors of"
              + " --method stochastic-bmr");
    }
  }

  Path file() {
    return file;
  }

  /** Whether it is a compact network, not a posterior. */
  boolean isCompact() {
    return CompactFiles.FORMAT.equals(metadata.get("format"));
  }

  /** What the metadata has, or null. */
  String metadata(String key) {
    return metadata.get(key);
  }

  /** Names of the classes. */
  List<String> classes() {
    return list("classes").stream().map(String::valueOf).toList();
  }

  /** Names of the features of a table; empty if it was trained on images. */
  List<String> features() {
    return metadata.containsKey("features")
        ? list("features").stream().map(String::valueOf).toList()
        : List.of();
  }

  /** Shape of one example as the network takes it. */
  Shape input() {
    return Shape.of(ints("input_shape"));
  }

  /** The network of a posterior. */
  Network network() {
    int classes = classes().size();
    Shape input = input();
    String name = required("network");
    return switch (name) {
      case "mlp" ->
          Networks.mlp(
              input,
              ints("hidden"),
              classes,
              new Choice.Activation().convert(required("activation")));
      case "lenet" -> Networks.lenet(input.extent(0), classes);
      case "vit" -> Networks.visionTransformer(input.extent(0), classes);
      case "mixer" -> Networks.mlpMixer(input.extent(0), classes);
      default -> throw invalid("network is " + name + ", expected mlp, lenet, vit or mixer");
    };
  }

  /**
   * The model of a posterior.
   *
   * @param backend that is to hold it
   */
  FlatModel posterior(Backend backend) throws IOException {
    Network network = network();
    String first = network.parameters().getFirst().layer();
    String last = network.parameters().getLast().layer();
    FlatModel.Config published = FlatModel.Config.PUBLISHED;
    FlatModel.Config config =
        new FlatModel.Config(
            published.scaleShape(),
            published.scaleRate(),
            Double.parseDouble(required(first + ".factor")),
            Double.parseDouble(required(last + ".factor")),
            published.initialRange(),
            published.initialDeviation(),
            PosteriorFiles.form(file, metadata));
    FlatModel model = new FlatModel(backend, network, config, Long.parseLong(required("seed")));
    PosteriorFiles.load(file, backend, model);
    return model;
  }

  /** The network of a compact file. */
  CompactNetwork compact() throws IOException {
    return CompactFiles.load(file);
  }

  /**
   * Examples as the network takes them.
   *
   * @param raw as they are in their files
   */
  Dataset prepared(Dataset raw) {
    double[] mean = doubles("standardization_mean");
    double[] deviation = doubles("standardization_std");
    int size = raw.inputShape().size();
    if (mean.length == 0 || size % mean.length != 0) {
      throw new InputException(
          file
              + " standardizes "
              + mean.length
              + " features or channels, but "
              + raw.name()
              + " has "
              + size
              + " features");
    }
    Dataset standard = Standardization.of(mean, deviation, size / mean.length).apply(raw);
    Shape input = input();
    boolean images = input.rank() == 3 && raw.inputShape().isImage();
    Dataset padded = images ? Padding.zeros(standard, input.extent(1), input.extent(2)) : standard;
    if (padded.inputShape().size() != input.size()) {
      throw new InputException(
          file
              + " takes "
              + input
              + ", "
              + input.size()
              + " features, but "
              + raw.name()
              + " has "
              + size);
    }
    return padded;
  }

  /** The same for programs that do it themselves. */
  OnnxNetworks.Preparation preparation() {
    Shape raw = Shape.of(ints("data_shape"));
    Shape input = input();
    boolean images = raw.rank() == 3 && input.rank() == 3;
    return new OnnxNetworks.Preparation(
        raw,
        doubles("standardization_mean"),
        doubles("standardization_std"),
        images ? input.extent(1) : 1,
        images ? input.extent(2) : 1);
  }

  /**
   * The posterior predictive.
   *
   * @param backend does the work
   * @param data prepared; its labels are compared with
   * @param samples draws of a posterior; a compact network has its own
   */
  PredictiveAccumulator predict(Backend backend, Dataset data, int samples) throws IOException {
    PredictiveAccumulator predictive = new PredictiveAccumulator(classes().size(), data.labels());
    int batch = Math.min(BATCH, data.size());
    if (!isCompact()) {
      new Prediction(backend, posterior(backend), batch)
          .predict(data, samples, predictive::addLogits);
      return predictive;
    }
    CompactNetwork network = compact();
    CompactPrediction prediction = new CompactPrediction(backend, network, batch);
    float[] features = new float[batch * data.inputShape().size()];
    float[] probabilities = new float[batch * network.outputs()];
    for (int from = 0; from < data.size(); from += batch) {
      int rows = Math.min(batch, data.size() - from);
      data.copyFeatures(from, rows, features, 0);
      if (network.samples() > 0) {
        prediction.probabilities(features, rows, probabilities);
      } else {
        prediction.probabilitiesAtMean(features, rows, probabilities);
      }
      predictive.addProbabilities(probabilities, 0, rows);
    }
    return predictive;
  }

  private String required(String key) {
    String value = metadata.get(key);
    if (value == null) {
      throw invalid("the metadata lacks " + key);
    }
    return value;
  }

  private List<?> list(String key) {
    if (Json.parse(required(key), file + ", metadata " + key) instanceof List<?> list) {
      return list;
    }
    throw invalid("the metadata has " + key + " = " + required(key) + ", expected a JSON array");
  }

  private double[] doubles(String key) {
    return list(key).stream()
        .mapToDouble(each -> each instanceof Number number ? number.doubleValue() : Double.NaN)
        .toArray();
  }

  private int[] ints(String key) {
    return list(key).stream()
        .mapToInt(each -> each instanceof Long number ? Math.toIntExact(number) : 0)
        .toArray();
  }

  private InvalidFileException invalid(String problem) {
    return new InvalidFileException(file.toString(), -1, problem);
  }

  /** The activation of a posterior's hidden layers. */
  UnaryFunction activation() {
    return new Choice.Activation().convert(required("activation"));
  }

  /** The sizes of its hidden layers. */
  HiddenLayers hidden() {
    return HiddenLayers.of(
        list("hidden").stream().map(each -> Math.toIntExact((Long) each)).toArray(Integer[]::new));
  }
}
