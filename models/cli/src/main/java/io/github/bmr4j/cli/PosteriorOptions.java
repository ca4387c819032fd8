package io.github.bmr4j.cli;

import io.github.bmr4j.models.io.GaussianPosteriorReader.Naming;
import io.github.bmr4j.models.io.NamePattern;
import io.github.bmr4j.models.io.Spread;
import io.github.bmr4j.models.pruning.StreamedRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import picocli.CommandLine.Option;

/** What has to be said about a posterior that was trained elsewhere. */
final class PosteriorOptions {

  private static final NamePattern IVON_HESSIAN = new NamePattern("*.hess");
  private static final NamePattern STD = new NamePattern("*.std");

  @Option(
      names = "--prior-std",
      paramLabel = "S",
      description = {
        "Standard deviation of the prior N(0, S^2) that the posterior was trained with; needed"
            + " unless the file's metadata has it (NAME.prior_variance) or --spread-kind is ivon."
      })
  private Double priorDeviation;

  @Option(
      names = "--mean",
      paramLabel = "PATTERN",
      description = "Names of the tensors of means (default: *.mean).")
  private String mean;

  @Option(
      names = "--spread",
      paramLabel = "PATTERN",
      description = "Names of the tensors that say how wide the posterior is (default: *.std).")
  private String spread;

  @Option(
      names = "--spread-kind",
      paramLabel = "KIND",
      converter = Choice.SpreadKind.class,
      completionCandidates = Choice.SpreadKind.class,
      description = {
        "What these hold: ${COMPLETION-CANDIDATES} (default: std). rho is Bayes by backprop's,"
            + " with std = ln(1 + exp rho); ivon is the Hessian of that optimiser."
      })
  private Kind kind;

  @Option(
      names = "--ess",
      paramLabel = "N",
      description = "IVON's effective sample size, with --spread-kind ivon.")
  private Double effectiveSampleSize;

  @Option(
      names = "--weight-decay",
      paramLabel = "D",
      description = "IVON's weight decay, with --spread-kind ivon; it is the prior too.")
  private Double weightDecay;

  @Option(
      names = "--keep",
      paramLabel = "NAMES",
      split = ",",
      description = "Tensors to leave as they are: names or patterns, as in fc.weight,*.bias.")
  private List<String> keep = List.of();

  @Option(
      names = "--target",
      paramLabel = "FRACTION",
      description =
          "Remove this fraction of the weights, those with the largest evidence for it, instead of"
              + " what --rule says.")
  private Double target;

  @Option(
      names = "--per-tensor",
      description = "With --target: from each tensor the same fraction, not one ranking of all.")
  private boolean perTensor;

  PosteriorOptions() {}

  /** What a tensor beside the means holds. */
  enum Kind {
    STD,
    VARIANCE,
    PRECISION,
    LOG_STD,
    RHO,
    IVON
  }

  Naming naming() {
    boolean ivon = kind == Kind.IVON;
    return new Naming(
        pattern("--mean", mean, Naming.MEAN_AND_STD.mean()),
        pattern("--spread", spread, ivon ? IVON_HESSIAN : STD),
        spread());
  }

  /** What a certificate says of it, so that the file can be read again. */
  Map<String, Object> naming(Naming naming) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("mean", naming.mean().text());
    json.put("spread", naming.spread().text());
    json.put("spread_kind", Choice.nameOf(kind == null ? Kind.STD : kind));
    json.put("ess", effectiveSampleSize);
    json.put("weight_decay", weightDecay);
    return json;
  }

  /**
   * The naming that a certificate has.
   *
   * @param json as {@link #naming(Naming)} wrote it
   */
  static Naming naming(JsonFields json) {
    PosteriorOptions options = new PosteriorOptions();
    options.mean = json.text("mean");
    options.spread = json.text("spread");
    options.kind = new Choice.SpreadKind().convert(json.text("spread_kind"));
    options.effectiveSampleSize = json.has("ess") ? json.number("ess") : null;
    options.weightDecay = json.has("weight_decay") ? json.number("weight_decay") : null;
    return options.naming();
  }

  private static NamePattern pattern(String option, String text, NamePattern otherwise) {
    try {
      return text == null ? otherwise : new NamePattern(text);
    } catch (IllegalArgumentException bad) {
      throw new InputException(option + ": " + bad.getMessage(), bad);
    }
  }

  private Spread spread() {
    if (kind != Kind.IVON && (effectiveSampleSize != null || weightDecay != null)) {
      throw new InputException("--ess and --weight-decay belong to --spread-kind ivon; add it");
    }
    return switch (kind == null ? Kind.STD : kind) {
      case STD -> Spread.STANDARD_DEVIATION;
      case VARIANCE -> Spread.VARIANCE;
      case PRECISION -> Spread.PRECISION;
      case LOG_STD -> Spread.LOG_STANDARD_DEVIATION;
      case RHO -> Spread.SOFTPLUS;
      case IVON -> {
        if (effectiveSampleSize == null || weightDecay == null) {
          throw new InputException("--spread-kind ivon needs --ess and --weight-decay");
        }
        try {
          yield Spread.ivonHessian(effectiveSampleSize, weightDecay);
        } catch (IllegalArgumentException bad) {
          throw new InputException("--ess, --weight-decay: " + bad.getMessage(), bad);
        }
      }
    };
  }

  /**
   * The variance of the prior.
   *
   * @return it, or null if the file has to say it
   */
  Double priorVariance() {
    if (kind == Kind.IVON) {
      if (priorDeviation != null) {
        throw new InputException(
            "--prior-std contradicts --spread-kind ivon, whose prior is its"
                + " weight decay; leave it out");
      }
      return Spread.ivonPriorVariance(effectiveSampleSize, weightDecay);
    }
    if (priorDeviation == null) {
      return null;
    }
    if (!(priorDeviation > 0 && priorDeviation < Double.POSITIVE_INFINITY)) {
      throw new InputException("--prior-std must be a positive number, but is " + priorDeviation);
    }
    return priorDeviation * priorDeviation;
  }

  /** Which tensors are pruned. */
  Predicate<String> included() {
    List<Predicate<String>> kept = new ArrayList<>();
    for (String text : keep) {
      kept.add(
          text.contains("*")
              ? name -> pattern("--keep", text, null).match(name) != null
              : text::equals);
    }
    return name -> kept.stream().noneMatch(each -> each.test(name));
  }

  /**
   * How the weights are chosen.
   *
   * @param otherwise without a target
   */
  StreamedRule rule(StreamedRule otherwise) {
    if (target == null) {
      if (perTensor) {
        throw new InputException("--per-tensor belongs to --target; add it");
      }
      return otherwise;
    }
    try {
      return new StreamedRule.Target(target, !perTensor);
    } catch (IllegalArgumentException bad) {
      throw new InputException("--target: " + bad.getMessage(), bad);
    }
  }
}
