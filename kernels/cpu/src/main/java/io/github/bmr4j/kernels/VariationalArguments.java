package io.github.bmr4j.kernels;

/** The argument checks of {@link VariationalKernels}, the same for every back end. */
public final class VariationalArguments {

  private VariationalArguments() {}

  public static void weights(
      String operation, NormalFactors q, Slice scale, Slice mask, Slice weights) {
    int n = q.length();
    Checks.length(operation, "the weights' slice", weights, n);
    if (scale != null) {
      Checks.length(operation, "scale", scale, 1);
    }
    if (mask != null) {
      Checks.length(operation, "mask", mask, n);
    }
    Checks.disjoint(operation, "mean", q.mean(), "the weights' slice", weights);
    Checks.disjoint(operation, "rho", q.rho(), "the weights' slice", weights);
  }

  public static void moments(
      NormalFactors q, Slice scale, Slice mask, Slice means, Slice variances) {
    weights("moments", q, scale, mask, means);
    weights("moments", q, scale, mask, variances);
    Checks.disjoint("moments", "means", means, "variances", variances);
  }

  public static void update(
      NormalFactors q,
      Slice gradient,
      Slice scale,
      Slice mask,
      VariationalStep step,
      UpdateRule rule) {
    weights("update", q, scale, mask, gradient);
    positive("update", "the prior variance", step.priorVariance);
    if (rule.kind == UpdateRule.Kind.IVON) {
      // Its standard deviations are proportional to the weight's root.
      positive("update by IVON", "the divergence's weight", step.klWeight);
    }
  }

  public static void updateByMoments(
      NormalFactors q,
      Slice byMean,
      Slice byVariance,
      Slice scale,
      Slice mask,
      VariationalStep step,
      UpdateRule rule) {
    String operation = "updateByMoments";
    if (rule.kind == UpdateRule.Kind.IVON) {
      throw new IllegalArgumentException(
          operation
              + ": IVON needs a draw of the weights, but here are only their moments; use Adam or"
              + " AdaBelief");
    }
    weights(operation, q, scale, mask, byMean);
    weights(operation, q, scale, mask, byVariance);
    positive(operation, "the prior variance", step.priorVariance);
  }

  public static void positive(String operation, String name, float value) {
    if (!(value > 0 && value < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          operation + ": " + name + " must be positive and finite, but is " + value);
    }
  }

  public static void divergence(Slice mean, Slice rho, Slice mask) {
    Checks.sameLength("klDivergence", "mean", mean, "rho", rho);
    if (mask != null) {
      Checks.sameLength("klDivergence", "mean", mean, "mask", mask);
    }
  }

  public static void logNormal(
      Slice mean, Slice rho, Slice drawn, Slice gradient, Slice byMean, Slice byRho) {
    String operation = "logNormalGradients";
    Checks.sameLength(operation, "mean", mean, "rho", rho);
    Checks.sameLength(operation, "mean", mean, "drawn", drawn);
    Checks.sameLength(operation, "mean", mean, "gradient", gradient);
    Checks.sameLength(operation, "mean", mean, "byMean", byMean);
    Checks.sameLength(operation, "mean", mean, "byRho", byRho);
    Checks.disjoint(operation, "byMean", byMean, "byRho", byRho);
  }

  public static void logNormalPoint(Slice mean, Slice gradient, Slice byMean) {
    String operation = "logNormalPointGradient";
    Checks.sameLength(operation, "mean", mean, "gradient", gradient);
    Checks.sameLength(operation, "mean", mean, "byMean", byMean);
    Checks.disjoint(operation, "mean", mean, "byMean", byMean);
    Checks.disjoint(operation, "gradient", gradient, "byMean", byMean);
  }

  public static void updateLogNormal(
      NormalFactors q, Slice drawn, Slice gradient, VariationalStep step, UpdateRule rule) {
    String operation = "updateLogNormal";
    if (rule.kind != UpdateRule.Kind.IVON) {
      throw new IllegalArgumentException(
          operation
              + ": this is the step of IVON, but the rule is "
              + rule.kind
              + "; use logNormalGradients and updatePoint");
    }
    Checks.sameLength(operation, "mean", q.mean(), "drawn", drawn);
    Checks.sameLength(operation, "mean", q.mean(), "gradient", gradient);
    positive(operation, "the divergence's weight", step.klWeight);
  }

  public static void point(
      Slice parameter, Slice gradient, Slice moment1, Slice moment2, UpdateRule rule) {
    String operation = "updatePoint";
    if (rule.kind == UpdateRule.Kind.IVON) {
      throw new IllegalArgumentException(
          operation
              + ": IVON updates a posterior, but these parameters have none; use Adam or AdaBelief");
    }
    Checks.sameLength(operation, "parameter", parameter, "gradient", gradient);
    Checks.sameLength(operation, "parameter", parameter, "moment1", moment1);
    Checks.sameLength(operation, "parameter", parameter, "moment2", moment2);
  }
}
