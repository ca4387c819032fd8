package io.github.bmr4j.cli;

import io.github.bmr4j.cli.onnx.OnnxNetworks;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.onnx.OnnxModel;
import io.github.bmr4j.engine.onnx.OnnxPrediction;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.compact.CompactFiles;
import io.github.bmr4j.models.compact.CompactNetwork;
import io.github.bmr4j.models.compact.CompactPrediction;
import io.github.bmr4j.models.compact.Compaction;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Padding;
import io.github.bmr4j.models.data.Resizing;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.data.TargetScale;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.method.InferenceScheme;
import io.github.bmr4j.models.method.NoisyModelFiles;
import io.github.bmr4j.models.method.PosteriorFiles;
import io.github.bmr4j.models.method.Prediction;
import io.github.bmr4j.models.method.RegressionModel;
import io.github.bmr4j.models.method.RegressionModelFiles;
import io.github.bmr4j.models.method.RegressionPrediction;
import io.github.bmr4j.models.metric.PredictiveAccumulator;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.network.PlainNetwork;
import io.github.bmr4j.models.network.PlainNetworkFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A trained network in a file of this command, a posterior or a compact network, with what its
 * metadata says of how it is fed: shape of the input, standardization, names of features, classes
 * and targets.
 */
final class SavedModel {

  private static final int BATCH = 500;

  /** What a file can predict by. */
  private enum Kind {
    /** A flat network's posterior. */
    POSTERIOR,
    /** A chain of layers at the mean and under draws. */
    COMPACT,
    /** A regression's posterior. */
    REGRESSION,
    /** One set of weights: a posterior's mean or mode, or what has left of units with noise. */
    PLAIN,
    /** What 'bmr export' has written; it takes raw features. */
    ONNX
  }

  private final Path file;
  private final Map<String, String> metadata;
  private final Kind kind;

  /** Of {@link Kind#ONNX}. */
  private OnnxModel onnx;

  /**
   * @param given a file that exists, or the folder of a run
   * @throws InputException if it is none of those that can predict
   */
  SavedModel(Path given) throws IOException {
    file = Files.isDirectory(given) ? of(given) : given;
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          file
              + ": there is no such file; 'bmr prune' and 'bmr train' write posterior.safetensors and"
              + " compact.safetensors");
    }
    if (file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".onnx")) {
      onnx = OnnxModel.read(file);
      metadata = onnx.metadata();
      kind = Kind.ONNX;
      requireExported();
      return;
    }
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      metadata = reader.metadata();
    }
    kind =
        switch (String.valueOf(metadata.get("format"))) {
          case PosteriorFiles.FORMAT -> Kind.POSTERIOR;
          case CompactFiles.FORMAT -> Kind.COMPACT;
          case RegressionModelFiles.FORMAT -> Kind.REGRESSION;
          case PosteriorFiles.WEIGHTS_FORMAT, PlainNetworkFiles.FORMAT -> Kind.PLAIN;
          case NoisyModelFiles.POSTERIOR_FORMAT ->
              throw new InputException(
                  file
                      + " has the network before its units left; name compact.safetensors beside it,"
                      + " which predicts");
          default ->
              throw new InputException(
                  file
                      + " has the format "
                      + metadata.get("format")
                      + ", which no network of this command has; name posterior.safetensors or"
                      + " compact.safetensors of 'bmr prune', 'bmr train' or 'bmr select'");
        };
  }

  /** Another program's model does not say what its outputs are. */
  private void requireExported() {
    boolean numbers = metadata.containsKey("targets");
    boolean named = numbers || metadata.containsKey("classes");
    if (!named || !onnx.outputs().contains(numbers ? "predictions" : "probabilities")) {
      throw new InputException(
          file
              + " has the outputs "
              + String.join(", ", onnx.outputs())
              + " and does not say what they are; name a file that 'bmr export' wrote (in a program,"
              + " OnnxPrediction runs others, too)");
    }
  }

  /** What a run left that predicts: its compact network, or else its posterior. */
  private static Path of(Path folder) throws IOException {
    Path result = folder.resolve(ResultFiles.RESULT);
    if (!Files.isRegularFile(result)) {
      throw new InputException(
          folder + " has no results of a run; name the folder that 'bmr prune --out' wrote into");
    }
    JsonFields files = JsonFields.read(result).object("files");
    for (String each : List.of("compact", "posterior")) {
      if (files.has(each)) {
        return folder.resolve(Path.of(files.text(each)).getFileName());
      }
    }
    throw new InputException(
        folder
            + " has results without a network of their own: a posterior from elsewhere stays what it"
            + " is, so use its pruned weights where it came from");
  }

  Path file() {
    return file;
  }

  /** Whether it is a compact network that has draws of its own, not a posterior. */
  boolean isCompact() {
    return kind == Kind.COMPACT;
  }

  /** Whether it is a posterior that 'bmr train' leaves and training can go on from. */
  boolean isFlatPosterior() {
    return kind == Kind.POSTERIOR;
  }

  /** Whether it predicts numbers, not classes. */
  boolean isRegression() {
    return metadata.containsKey("targets");
  }

  /** Names of the targets of a regression. */
  List<String> targets() {
    return list("targets").stream().map(String::valueOf).toList();
  }

  /** Mean and standard deviation of the targets of a regression. */
  TargetScale targetScale() {
    return new TargetScale(doubles("target_mean"), doubles("target_std"));
  }

  private boolean isHeteroscedastic() {
    return Boolean.parseBoolean(metadata.get("heteroscedastic"));
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
    return kind == Kind.ONNX ? onnx.example() : Shape.of(ints("input_shape"));
  }

  /** The network of a posterior, or the one that a compact network was made of. */
  private Network network() {
    Shape input = input();
    String name = required("network");
    int outputs =
        !isRegression() ? classes().size() : targets().size() * (isHeteroscedastic() ? 2 : 1);
    return switch (name) {
      case "mlp" -> Networks.mlp(input, hidden().toArray(), outputs, activation());
      case "lenet" -> Networks.lenet(input.extent(0), outputs);
      case "lenet5" -> Networks.lenet5(input.extent(0), outputs);
      case "vit" -> Networks.visionTransformer(input.extent(0), outputs);
      case "mixer" -> Networks.mlpMixer(input.extent(0), outputs);
      default ->
          throw invalid("network is " + name + ", expected mlp, lenet, lenet5, vit or mixer");
    };
  }

  /** The model of a posterior. */
  private FlatModel posterior(Backend backend) throws IOException {
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

  /** The model of a regression. */
  private RegressionModel regression(Backend backend) throws IOException {
    InferenceScheme scheme;
    try {
      scheme = InferenceScheme.valueOf(required("scheme"));
    } catch (IllegalArgumentException unknown) {
      throw invalid(
          "scheme is "
              + metadata.get("scheme")
              + ", expected one of "
              + List.of(InferenceScheme.values()));
    }
    RegressionModel.Config published = RegressionModel.Config.of(scheme);
    RegressionModel.Config config =
        new RegressionModel.Config(
            scheme,
            published.priorVariance(),
            Double.parseDouble(required("input_variance")),
            published.initialSpread(),
            Boolean.parseBoolean(required("published")),
            isHeteroscedastic());
    RegressionModel model =
        new RegressionModel(backend, network(), config, Long.parseLong(required("seed")));
    RegressionModelFiles.load(file, backend, model);
    return model;
  }

  /**
   * A network and sets of its weights.
   *
   * @param network its layers
   * @param sets for each the values of each block of parameters, by its name
   */
  record Weights(Network network, List<Map<String, float[]>> sets) {}

  /**
   * The weights of what is no compact network.
   *
   * @param backend draws them
   * @param samples draws from the posterior; 0 for its mean alone
   * @throws InputException if there is nothing to draw from
   */
  Weights weights(Backend backend, int samples) throws IOException {
    if (kind == Kind.ONNX) {
      throw new InputException(
          file + " is an ONNX model already; name what it was exported from to write other files");
    }
    if (kind == Kind.PLAIN) {
      if (samples > 0) {
        throw new InputException(
            "--samples is " + samples + ", but " + file + " has one set of weights; leave it out");
      }
      PlainNetwork plain = PlainNetworkFiles.load(file, network());
      return new Weights(plain.network(), List.of(plain.weights()));
    }
    Network network = network();
    Map<String, List<float[]>> drawn =
        kind == Kind.REGRESSION
            ? regression(backend).drawn(samples)
            : Compaction.drawn(backend, posterior(backend), samples);
    List<Map<String, float[]>> sets =
        IntStream.rangeClosed(Math.min(1, samples), samples)
            .mapToObj(
                set ->
                    drawn.entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().get(set))))
            .toList();
    return new Weights(network, sets);
  }

  /**
   * Examples as the network takes them.
   *
   * @param examples as they are in their files
   */
  Dataset prepared(Dataset examples) {
    Dataset raw = resized(examples);
    if (kind == Kind.ONNX) {
      return requireSize(raw, raw);
    }
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
    return requireSize(padded, raw);
  }

  private Dataset requireSize(Dataset prepared, Dataset raw) {
    Shape input = input();
    if (prepared.inputShape().size() != input.size()) {
      throw new InputException(
          file
              + " takes "
              + input
              + ", "
              + input.size()
              + " features, but "
              + raw.name()
              + " has "
              + raw.inputShape().size());
    }
    return prepared;
  }

  private Dataset resized(Dataset raw) {
    if (!metadata.containsKey("resized") || !raw.inputShape().isImage()) {
      return raw;
    }
    int[] size = ints("resized");
    return Resizing.bilinear(raw, size[0], size[1]);
  }

  /** Shape of one example as its file has it. */
  Shape dataShape() {
    return kind == Kind.ONNX ? onnx.example() : Shape.of(ints("data_shape"));
  }

  /** The same for programs that do it themselves; they get images in the size of the network. */
  OnnxNetworks.Preparation preparation() {
    Shape input = input();
    Shape raw = metadata.containsKey("resized") ? input : dataShape();
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
    if (kind == Kind.ONNX) {
      float[] probabilities =
          onnxOutputs(backend, data, classes().size(), "probabilities").getFirst();
      predictive.addProbabilities(probabilities, 0, data.size());
      return predictive;
    }
    int batch = Math.min(BATCH, data.size());
    if (kind == Kind.POSTERIOR) {
      new Prediction(backend, posterior(backend), batch)
          .predict(data, samples, predictive::addLogits);
      return predictive;
    }
    if (kind == Kind.PLAIN) {
      PlainNetwork plain = PlainNetworkFiles.load(file, network());
      plainOutputs(backend, plain, data, batch, predictive::addLogits);
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

  /**
   * The outputs of an ONNX model.
   *
   * @param width numbers for each example that each of them has to have
   * @param names of the outputs
   */
  private List<float[]> onnxOutputs(Backend backend, Dataset data, int width, String... names) {
    int batch = onnx.batch().orElse(Math.min(BATCH, data.size()));
    OnnxPrediction prediction = new OnnxPrediction(backend, onnx, batch);
    for (String name : names) {
      if (prediction.width(name) != width) {
        throw invalid(
            "the output "
                + name
                + " has "
                + prediction.width(name)
                + " numbers for each example, but the metadata names "
                + width);
      }
    }
    Map<String, float[]> outputs = prediction.predict(data.features(), data.size());
    return Arrays.stream(names).map(outputs::get).toList();
  }

  private static void plainOutputs(
      Backend backend, PlainNetwork plain, Dataset data, int batch, Prediction.Sink sink) {
    Input x = new Input(plain.network().batchShape(batch));
    Node logits = plain.network().forward(x, plain.source(backend));
    Graph graph = Graph.forInference(backend, logits);
    Slice in = x.value().slice();
    Slice out = logits.value().slice();
    for (int from = 0; from < data.size(); from += batch) {
      int rows = Math.min(batch, data.size() - from);
      data.copyFeatures(from, rows, in.array(), in.offset());
      x.push();
      graph.forward();
      backend.memory().pull(out);
      sink.accept(out.array(), out.offset(), rows);
    }
  }

  /**
   * Normal predictions of a regression, in the targets' units.
   *
   * @param backend does the work
   * @param data prepared, as many targets as the model
   * @param samples draws of a posterior, where its scheme draws; a compact network has its own
   */
  NumberPredictions predictNumbers(Backend backend, Dataset data, int samples) throws IOException {
    if (kind == Kind.ONNX) {
      List<float[]> both =
          onnxOutputs(backend, data, targets().size(), "predictions", "deviations");
      return new NumberPredictions(targets(), doubles(both.get(0)), doubles(both.get(1)));
    }
    NumberPredictions standard =
        kind == Kind.REGRESSION
            ? ofPosterior(backend, targetScale().apply(data), samples)
            : ofCompact(backend, data);
    return standard.restored(targetScale());
  }

  private NumberPredictions ofPosterior(Backend backend, Dataset data, int samples)
      throws IOException {
    RegressionModel model = regression(backend);
    RegressionPrediction.Moments moments =
        new RegressionPrediction(backend, model, data, samples).moments();
    double[] noise = model.noiseVariances();
    double[] deviations = new double[moments.means().length];
    for (int i = 0; i < deviations.length; i++) {
      deviations[i] =
          Math.sqrt(moments.variances()[i] + noise[i % noise.length] * moments.noise()[i]);
    }
    return new NumberPredictions(targets(), moments.means(), deviations);
  }

  private NumberPredictions ofCompact(Backend backend, Dataset data) throws IOException {
    CompactNetwork network = compact();
    double[] noise = noiseVariances();
    int targets = noise.length;
    int batch = Math.min(BATCH, data.size());
    CompactPrediction prediction = new CompactPrediction(backend, network, batch);
    float[] features = new float[batch * data.inputShape().size()];
    float[] outputs = new float[batch * network.outputs()];
    double[] means = new double[data.size() * targets];
    double[] squares = new double[means.length];
    double[] noises = new double[means.length];
    int first = Math.min(1, network.samples());
    double weight = 1.0 / (network.samples() - first + 1);
    for (int from = 0; from < data.size(); from += batch) {
      int rows = Math.min(batch, data.size() - from);
      data.copyFeatures(from, rows, features, 0);
      for (int set = first; set <= network.samples(); set++) {
        prediction.outputs(set, features, rows, outputs);
        for (int i = 0; i < rows * targets; i++) {
          int row = i / targets;
          int k = i % targets;
          double mean = outputs[row * network.outputs() + k];
          int at = from * targets + i;
          means[at] += weight * mean;
          squares[at] += weight * mean * mean;
          noises[at] +=
              weight
                  * noise[k]
                  * (isHeteroscedastic()
                      ? relativeNoise(outputs[row * network.outputs() + targets + k])
                      : 1);
        }
      }
    }
    double[] deviations = new double[means.length];
    for (int i = 0; i < means.length; i++) {
      deviations[i] = Math.sqrt(Math.max(0, squares[i] - means[i] * means[i]) + noises[i]);
    }
    return new NumberPredictions(targets(), means, deviations);
  }

  /** 1/ρ of an output. */
  private static double relativeNoise(double output) {
    return Math.exp(-RegressionModel.Config.MOST_LOG_RATIO * Math.tanh(output));
  }

  /** The noise's variance for each target, of a standardized one. */
  private double[] noiseVariances() {
    return doubles("noise_variance");
  }

  /**
   * How programs make predictions of a regression's outputs.
   *
   * @param backend needed for a posterior
   */
  OnnxNetworks.Targets onnxTargets(Backend backend) throws IOException {
    return new OnnxNetworks.Targets(
        targetScale().mean(),
        targetScale().standardDeviation(),
        kind == Kind.REGRESSION ? regression(backend).noiseVariances() : noiseVariances(),
        isHeteroscedastic());
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

  private static double[] doubles(float[] values) {
    double[] wide = new double[values.length];
    Arrays.setAll(wide, i -> values[i]);
    return wide;
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
