package io.github.bmr4j.cli;

import io.github.bmr4j.models.io.GaussianPosteriorReader;
import io.github.bmr4j.models.io.GaussianPosteriorReader.Factors;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.Sha256;
import io.github.bmr4j.models.io.TensorReader;
import io.github.bmr4j.models.method.NoisyModelFiles;
import io.github.bmr4j.models.method.StructureCertificateCheck;
import io.github.bmr4j.models.pruning.CertificateCheck;
import io.github.bmr4j.models.pruning.CertificateFiles;
import io.github.bmr4j.models.pruning.ModelReduction.Decisions;
import io.github.bmr4j.models.pruning.ModelReduction.Reason;
import io.github.bmr4j.models.pruning.PosteriorCheck;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bmr verify}: computes a certificate again. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description = {
      "Computes every decision of a certificate again, in double precision and from its posteriors"
          + " and priors alone: the evidence for each weight that left, its threshold, which"
          + " weights were dead then, and the totals; that the posterior beside it has the same"
          + " weights out; and that the data are those that it names. Says yes, or what differs"
          + " first.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bmr verify",
      "  bmr verify runs/7",
      "  bmr verify bmr-out/certificate.json",
      "",
      "Exit codes: 0 all agrees, 1 something differs, 2 bad usage or bad input."
    })
final class VerifyCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE|DIR",
      defaultValue = "bmr-out",
      description = {
        "certificate.safetensors of a run, certificate.json of a posterior from elsewhere, or the"
            + " folder that has one (default: ${DEFAULT-VALUE})."
      })
  private Path certificate;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Folder of the data set's files, where it is not bundled; see 'bmr data list'.")
  private Path dataFolder;

  @Mixin private OutputOptions output;

  VerifyCommand() {}

  /**
   * What was found.
   *
   * @param decisions that were checked
   * @param predicted sum of their ΔF, in nats
   * @param difference what differs first, if anything does
   * @param data what is known of the data
   */
  private record Finding(
      long decisions, double predicted, Optional<String> difference, String data) {}

  @Override
  public Integer call() throws IOException {
    output.apply();
    Path file = file();
    Finding finding =
        file.toString().endsWith(".json")
            ? checkPosterior(file)
            : isOfStructures(file) ? checkStructures(file) : checkCertificate(file);
    PrintWriter out = spec.commandLine().getOut();
    if (output.json()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("command", "verify");
      json.put("certificate", file.toString());
      json.put("agrees", finding.difference().isEmpty());
      json.put("difference", finding.difference().orElse(null));
      json.put("decisions", finding.decisions());
      json.put("delta_f_predicted", Json.finiteOrNull(finding.predicted()));
      json.put("data", finding.data());
      out.println(ResultJson.line(json));
    } else if (finding.difference().isPresent()) {
      out.println("No. " + file + ": " + finding.difference().get() + ".");
    } else {
      out.println(
          "Yes. "
              + file
              + ": "
              + Numbers.count(finding.decisions())
              + " decisions"
              + (Double.isNaN(finding.predicted())
                  ? ""
                  : ", together " + Numbers.signed(finding.predicted(), 1) + " nats,")
              + " are as computed again. "
              + finding.data());
    }
    out.flush();
    return finding.difference().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
  }

  private Path file() throws IOException {
    if (!Files.isDirectory(certificate)) {
      if (Files.notExists(certificate)) {
        throw new InputException(
            certificate + ": there is no such file; 'bmr prune' writes certificates");
      }
      return certificate;
    }
    Path result = certificate.resolve(ResultFiles.RESULT);
    String named =
        Files.exists(result)
            ? JsonFields.read(result).object("files").text("certificate")
            : ResultFiles.CERTIFICATE;
    if (named.isEmpty()) {
      boolean selects = JsonFields.read(result).text("command").equals("select");
      throw new InputException(
          certificate
              + (selects
                  ? " has a run of 'bmr select', which decides by inclusion probabilities and leaves"
                      + " no certificate; they are in features.csv"
                  : " has a run that pruned nothing, so there is no certificate to verify"));
    }
    Path file = certificate.resolve(Path.of(named).getFileName());
    if (Files.notExists(file)) {
      throw new InputException(
          certificate + " has no certificate; name the folder that 'bmr prune --out' wrote into");
    }
    return file;
  }

  private Finding checkCertificate(Path file) throws IOException {
    CertificateFiles.Certificate read = CertificateFiles.load(file);
    CertificateCheck check = new CertificateCheck(read);
    Optional<String> difference = check.firstDifference();
    if (difference.isEmpty()) {
      difference = posteriorDifference(file.resolveSibling(ResultFiles.POSTERIOR), read.layers());
    }
    Data data = data(file, read.metadata());
    difference = difference.or(data::difference);
    String choice =
        read.comparesEvidence()
            ? ""
            : " The rule "
                + read.metadata().get("rule")
                + " decides by more than the evidence of single weights, so which left was not"
                + " decided again.";
    return new Finding(check.removed(), check.predicted(), difference, data.said() + choice);
  }

  private static boolean isOfStructures(Path file) throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      return NoisyModelFiles.CERTIFICATE_FORMAT.equals(reader.metadata().get("format"));
    }
  }

  private Finding checkStructures(Path file) throws IOException {
    StructureCertificateCheck check = new StructureCertificateCheck(file);
    Optional<String> difference = check.firstDifference();
    Path posterior = file.resolveSibling(ResultFiles.POSTERIOR);
    if (difference.isEmpty() && Files.exists(posterior)) {
      difference = structuresDifference(posterior, check.kept());
    }
    Data data = data(file, check.metadata());
    String scores =
        check.computesScores()
            ? ""
            : " The rule "
                + check.metadata().get("rule")
                + " goes by weights, which are not in the certificate, so its scores were taken as"
                + " they are.";
    return new Finding(
        check.removed(), check.predicted(), difference.or(data::difference), data.said() + scores);
  }

  private static Optional<String> structuresDifference(Path file, Map<String, boolean[]> layers)
      throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      for (Map.Entry<String, boolean[]> layer : layers.entrySet()) {
        String name = layer.getKey() + ".noise.kept";
        boolean[] kept = reader.contains(name) ? reader.readBooleans(name) : new boolean[0];
        if (!Arrays.equals(kept, layer.getValue())) {
          return Optional.of(
              "which structures of "
                  + layer.getKey()
                  + " stayed differs between the certificate and the posterior beside it");
        }
      }
    }
    return Optional.empty();
  }

  /**
   * What is known of the data.
   *
   * @param difference if they are others
   * @param said for people
   */
  private record Data(Optional<String> difference, String said) {}

  private Data data(Path file, Map<String, String> metadata) throws IOException {
    String data = metadata.getOrDefault("data", "");
    Map<String, String> recorded = digests(file, metadata.get("data_sha256"));
    Optional<Map<String, String>> found = digestsOf(data);
    if (found.isPresent() && !found.get().equals(recorded)) {
      String difference =
          "the data " + data + " have the SHA-256 " + found.get() + ", not " + recorded;
      return new Data(Optional.of(difference), "");
    }
    return new Data(
        Optional.empty(),
        found.isPresent()
            ? "The data " + data + " have the checksum."
            : "The data " + data + " are not here, so their checksum was not compared.");
  }

  private static Map<String, String> digests(Path file, String json) {
    if (json == null) {
      return Map.of();
    }
    return JsonFields.of(Map.of("digests", Json.parse(json, file.toString())))
        .object("digests")
        .members()
        .entrySet()
        .stream()
        .collect(Collectors.toMap(e -> (String) e.getKey(), e -> (String) e.getValue()));
  }

  /** The checksums of a data set, if it is here. */
  private Optional<Map<String, String>> digestsOf(String data) throws IOException {
    for (KnownData known : KnownData.values()) {
      if (known.title().equals(data)) {
        boolean here = known.isBundled() || dataFolder != null || known.find().isPresent();
        return here
            ? Optional.of(
                ResultJson.digests(known.loadOrRefuse(known.isBundled() ? null : dataFolder)))
            : Optional.empty();
      }
    }
    Path table = Path.of(data);
    return Files.isRegularFile(table)
        ? Optional.of(Map.of(table.getFileName().toString(), Sha256.of(table)))
        : Optional.empty();
  }

  /** The posterior, where it is beside the certificate, has the same weights out. */
  private static Optional<String> posteriorDifference(Path file, List<Decisions> layers)
      throws IOException {
    if (Files.notExists(file)) {
      return Optional.empty();
    }
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      for (Decisions layer : layers) {
        String name = layer.block().layer();
        int weights = layer.block().rows() * layer.block().columns();
        Optional<String> difference =
            maskDifference(reader, name + ".weight", layer, 0, weights)
                .or(
                    () ->
                        layer.block().bias()
                            ? maskDifference(
                                reader, name + ".bias", layer, weights, layer.block().size())
                            : Optional.empty());
        if (difference.isPresent()) {
          return difference;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> maskDifference(
      TensorReader posterior, String name, Decisions layer, int from, int to) {
    if (!posterior.contains(name + ".mask")) {
      return Optional.empty();
    }
    boolean[] mask = posterior.readBooleans(name + ".mask");
    if (mask.length != to - from) {
      return Optional.of(
          name + " has " + (to - from) + " weights, but " + mask.length + " in the posterior");
    }
    for (int i = 0; i < mask.length; i++) {
      boolean kept = layer.reason()[from + i] == Reason.KEPT.code();
      if (mask[i] != kept) {
        return Optional.of(
            name
                + "["
                + i
                + "] "
                + (kept ? "stayed" : "left")
                + " in the certificate, but not in the posterior beside it");
      }
    }
    return Optional.empty();
  }

  private static Finding checkPosterior(Path file) throws IOException {
    JsonFields json = JsonFields.read(file);
    Path posterior = Path.of(json.text("posterior"));
    if (Files.notExists(posterior)) {
      throw new InputException(
          file + " is about " + posterior + ", which is not there; put the posterior back");
    }
    String digest = Sha256.of(posterior);
    if (!digest.equals(json.text("posterior_sha256"))) {
      return new Finding(
          0,
          0,
          Optional.of(
              posterior + " has the SHA-256 " + digest + ", not " + json.text("posterior_sha256")),
          "");
    }
    Path prunedFile = file.resolveSibling("pruned.safetensors");
    if (Files.notExists(prunedFile)) {
      prunedFile = file.resolveSibling("pruned.npz");
    }
    try (GaussianPosteriorReader reader =
            new GaussianPosteriorReader(
                posterior, PosteriorOptions.naming(json.object("naming")), name -> true);
        TensorReader pruned = TensorReader.open(prunedFile)) {
      Map<String, Factors> factors =
          reader.factors().stream().collect(Collectors.toMap(Factors::name, each -> each));
      PosteriorCheck check = new PosteriorCheck(reader, pruned);
      Optional<String> difference = Optional.empty();
      for (JsonFields tensor : json.objects("tensors")) {
        Factors of = factors.get(tensor.text("name"));
        if (of == null) {
          difference = Optional.of(tensor.text("name") + " is not in " + posterior);
        } else {
          difference =
              check.firstDifference(
                  of,
                  tensor.number("prior_variance"),
                  tensor.number("threshold"),
                  (long) tensor.number("weights_after"),
                  tensor.number("delta_f_predicted"));
        }
        if (difference.isPresent()) {
          break;
        }
      }
      return new Finding(
          check.removed(), check.predicted(), difference, "The posterior has the checksum.");
    }
  }
}
