package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.io.AtomicFiles;
import io.github.bmr4j.models.io.GaussianPosteriorReader;
import io.github.bmr4j.models.io.GaussianPosteriorReader.Factors;
import io.github.bmr4j.models.io.GaussianPosteriorReader.Naming;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.io.NpzReader;
import io.github.bmr4j.models.io.Sha256;
import io.github.bmr4j.models.io.TensorReader;
import io.github.bmr4j.models.method.PosteriorFiles;
import io.github.bmr4j.models.pruning.PosteriorPruning;
import io.github.bmr4j.models.pruning.PosteriorPruning.Outcome;
import io.github.bmr4j.models.pruning.StreamedRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** {@code bmr prune FILE}: prunes a posterior that was trained elsewhere. */
final class PosteriorRun {

  static final String CERTIFICATE = "certificate.json";

  private static final String POSTERIOR_DIGEST = "posterior_sha256";

  private final Path file;
  private final PosteriorOptions options;
  private final StreamedRule rule;
  private final String ruleName;

  /**
   * @param file of the posterior
   * @param options that say what is in it
   * @param rule that chooses
   */
  PosteriorRun(Path file, PosteriorOptions options, StreamedRule rule) {
    this.file = file;
    this.options = options;
    this.rule = options.rule(rule);
    ruleName =
        switch (this.rule) {
          case StreamedRule.Evidence _ -> "evidence";
          case StreamedRule.Adaptive _ -> "adaptive";
          case StreamedRule.Target target -> target.global() ? "target" : "target-per-tensor";
        };
  }

  /**
   * Prunes and writes the results.
   *
   * @param out the folder to write into
   * @param backend opens a back end of one thread
   * @param threads that compute
   * @return the object that {@code --json} prints
   */
  Map<String, Object> run(Path out, Supplier<Backend> backend, int threads) throws IOException {
    long start = System.nanoTime();
    if (Files.notExists(file)) {
      throw new InputException(
          file
              + ": there is no such file; 'bmr prune FILE' takes a posterior as a safetensors or npz file");
    }
    Naming naming = options.naming();
    Double priorVariance = options.priorVariance();
    try (GaussianPosteriorReader reader = new GaussianPosteriorReader(file, naming, included());
        PosteriorPruning pruning =
            new PosteriorPruning(
                reader,
                of -> priorVariance == null ? storedPriorVariance(reader, of) : priorVariance,
                backend,
                threads);
        ResultFolder folder = ResultFolder.open(out)) {
      String pruned = reader.tensors() instanceof NpzReader ? "pruned.npz" : "pruned.safetensors";
      refuseToReplaceTheInput(folder.file(pruned));
      CompletableFuture<String> digest = CompletableFuture.supplyAsync(() -> digest(file));
      List<Outcome> outcomes = pruning.prune(rule);
      double pruneSeconds = (System.nanoTime() - start) * 1e-9;
      Map<String, String> metadata = new LinkedHashMap<>();
      metadata.put("bmr4j", Main.Version.project());
      metadata.put("rule", ruleName);
      Map<String, Supplier<String>> digests = Map.of(POSTERIOR_DIGEST, () -> joined(digest));
      Map<String, Object> json = new LinkedHashMap<>();
      folder.commit(
          List.of(
              new ResultFolder.Result(pruned, target -> pruning.save(target, metadata, digests)),
              new ResultFolder.Result(
                  CERTIFICATE,
                  target -> {
                    json.putAll(certificate(outcomes, options.naming(naming), joined(digest)));
                    AtomicFiles.writeText(target, Json.writeIndented(json));
                  }),
              new ResultFolder.Result(
                  ResultFiles.RESULT,
                  target -> {
                    json.put("threads", threads);
                    json.put("seconds", seconds(start, pruneSeconds));
                    json.put("files", files(folder, pruned));
                    AtomicFiles.writeText(target, Json.writeIndented(json));
                  })));
      return json;
    }
  }

  private void refuseToReplaceTheInput(Path result) throws IOException {
    if (file.toRealPath().equals(result)) {
      throw new InputException(
          "--out: the result would replace " + file + " itself; choose another folder");
    }
  }

  private static String digest(Path file) {
    try {
      return Sha256.of(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(
          new IOException(file + ": cannot be read: " + failure, failure));
    }
  }

  private static String joined(CompletableFuture<String> digest) {
    try {
      return digest.join();
    } catch (CompletionException failure) {
      throw failure.getCause() instanceof UncheckedIOException known ? known : failure;
    }
  }

  /** In a file of this project the scales of the layers have posteriors too, but no spike. */
  private Predicate<String> included() throws IOException {
    try (TensorReader reader = TensorReader.open(file)) {
      boolean own = PosteriorFiles.FORMAT.equals(reader.metadata().get("format"));
      Predicate<String> included = options.included();
      return own ? included.and(name -> !name.endsWith(".scale")) : included;
    }
  }

  /** The prior that the file's metadata has for a tensor, or for the layer that it belongs to. */
  private static double storedPriorVariance(GaussianPosteriorReader reader, Factors of) {
    Map<String, String> metadata = reader.tensors().metadata();
    for (String name = of.name(); ; name = name.substring(0, name.lastIndexOf('.'))) {
      String stored = metadata.get(name + ".prior_variance");
      if (stored != null) {
        try {
          return Double.parseDouble(stored);
        } catch (NumberFormatException bad) {
          throw new InvalidFileException(
              reader.file().toString(),
              -1,
              "the metadata has " + name + ".prior_variance = " + stored + ", expected a number",
              bad);
        }
      }
      if (name.lastIndexOf('.') < 0) {
        throw new InputException(
            "--prior-std is missing, and "
                + reader.file()
                + " does not say in its metadata what prior "
                + of.name()
                + " was trained with");
      }
    }
  }

  private Map<String, Object> certificate(
      List<Outcome> outcomes, Map<String, Object> naming, String digest) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("command", "prune");
    json.put("posterior", file.toString());
    json.put(POSTERIOR_DIGEST, digest);
    json.put("naming", naming);
    json.put("rule", ruleName);
    json.put("reduced_prior", "spike at 0");
    json.put("weights", outcomes.stream().mapToLong(Outcome::weights).sum());
    json.put("weights_before", outcomes.stream().mapToLong(Outcome::before).sum());
    json.put("weights_after", kept(outcomes));
    json.put("pruned_fraction", prunedFraction(outcomes));
    json.put("delta_f_predicted", predicted(outcomes));
    List<Object> tensors = new ArrayList<>();
    for (Outcome outcome : outcomes) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", outcome.name());
      entry.put("shape", outcome.shape());
      entry.put("prior_variance", outcome.priorVariance());
      entry.put("threshold", Json.finiteOrNull(outcome.threshold()));
      entry.put("weights_before", outcome.before());
      entry.put("weights_after", outcome.kept());
      entry.put("delta_f_predicted", outcome.predicted());
      tensors.add(entry);
    }
    json.put("tensors", tensors);
    json.put("bmr4j", Main.Version.project());
    return json;
  }

  private static long kept(List<Outcome> outcomes) {
    return outcomes.stream().mapToLong(Outcome::kept).sum();
  }

  private static double predicted(List<Outcome> outcomes) {
    return outcomes.stream().mapToDouble(Outcome::predicted).sum();
  }

  private static double prunedFraction(List<Outcome> outcomes) {
    long weights = outcomes.stream().mapToLong(Outcome::weights).sum();
    return weights == 0 ? 0 : 1 - (double) kept(outcomes) / weights;
  }

  private static Map<String, Object> seconds(long start, double pruneSeconds) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("total", (System.nanoTime() - start) * 1e-9);
    json.put("prune", pruneSeconds);
    return json;
  }

  private static Map<String, Object> files(ResultFolder folder, String pruned) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("pruned", folder.file(pruned).toString());
    json.put("certificate", folder.file(CERTIFICATE).toString());
    json.put("result", folder.file(ResultFiles.RESULT).toString());
    return json;
  }

  /**
   * The result as text.
   *
   * @param json as {@link #run} returns it
   */
  static String report(Map<String, Object> json) {
    Table table = new Table("tensor", "shape", "weights", "kept", "", "threshold", "sum of dF");
    for (Object each : (List<?>) json.get("tensors")) {
      Map<?, ?> tensor = (Map<?, ?>) each;
      long before = (Long) tensor.get("weights_before");
      long after = (Long) tensor.get("weights_after");
      table.row(
          (String) tensor.get("name"),
          ((List<?>) tensor.get("shape"))
              .stream().map(String::valueOf).reduce((a, b) -> a + " x " + b).orElse("-"),
          Numbers.count(before),
          Numbers.count(after),
          Numbers.percent((double) after / before),
          tensor.get("threshold") == null
              ? "-"
              : Numbers.fixed((Double) tensor.get("threshold"), 3),
          Numbers.signed((Double) tensor.get("delta_f_predicted"), 1));
    }
    long before = (Long) json.get("weights_before");
    long after = (Long) json.get("weights_after");
    table.row(
        "all",
        "",
        Numbers.count(before),
        Numbers.count(after),
        Numbers.percent((double) after / before),
        "",
        Numbers.signed((Double) json.get("delta_f_predicted"), 1));
    Map<?, ?> files = (Map<?, ?>) json.get("files");
    return String.format(
        Locale.ROOT,
        "%s%nLog evidence gained, in nats, as predicted: %s.%nResults: %s%n         %s%n         %s%n",
        table,
        Numbers.signed((Double) json.get("delta_f_predicted"), 1),
        files.get("pruned"),
        files.get("certificate"),
        files.get("result"));
  }
}
