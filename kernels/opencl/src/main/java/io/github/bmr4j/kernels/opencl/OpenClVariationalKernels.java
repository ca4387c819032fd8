package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalArguments;
import io.github.bmr4j.kernels.VariationalKernels;
import io.github.bmr4j.kernels.VariationalStep;

/** The passes of variational inference on the device, each over memory once. */
final class OpenClVariationalKernels implements VariationalKernels {

  private static final String FACTORS = "@mean, @rho, ?scale, ?mask, n";
  private static final String RULE =
      "keep1, take1, keep2, take2, root, epsilon, belief, rate, correction2";
  private static final String MOMENTS =
      "@meanMoment1, @meanMoment2, @rhoMoment1, @rhoMoment2, likelihoodWeight, klWeight,"
          + " precision, "
          + RULE;
  private static final int GROUP = OpenClReductionKernels.GROUP;

  private final Work work;
  private final Launch sample;
  private final Launch moments;
  private final Launch update;
  private final Launch updateByMoments;
  private final Launch updateIvon;
  private final Launch updatePoint;
  private final Launch divergence;
  private final Launch logNormal;
  private final Launch logNormalPoint;
  private final Launch logNormalIvon;

  OpenClVariationalKernels(Work work) {
    this.work = work;
    String coordinates = OpenClNoiseKernels.COORDINATES + ", ";
    sample = new Launch(work, "Sample", coordinates + FACTORS + ", noisy, @out");
    moments = new Launch(work, "Moments", FACTORS + ", rhoIsVariance, @means, @variances");
    update =
        new Launch(
            work, "Update", coordinates + FACTORS + ", " + MOMENTS + ", @gradient, analytic");
    updateByMoments =
        new Launch(
            work,
            "UpdateByMoments",
            FACTORS + ", " + MOMENTS + ", @byMean, @byVariance, rhoIsVariance");
    updateIvon =
        new Launch(
            work,
            "UpdateIvon",
            coordinates
                + FACTORS
                + ", @gradient, @meanMoment1, @rhoMoment1, likelihoodWeight, klWeight, precision,"
                + " keep1, take1, take2, learningRate, correction1");
    updatePoint =
        new Launch(
            work, "UpdatePoint", "@parameter, @gradient, @moment1, @moment2, n, weight, " + RULE);
    logNormal =
        new Launch(
            work,
            "LogNormal",
            "@mean, @rho, @drawn, @gradient, n, shape, rate, likelihoodWeight, klWeight, analytic,"
                + " @byMean, @byRho");
    logNormalPoint =
        new Launch(
            work,
            "LogNormalPoint",
            "@mean, @gradient, n, pull, rate, likelihoodWeight, klWeight, @byMean");
    logNormalIvon =
        new Launch(
            work,
            "LogNormalIvon",
            "@mean, @rho, @drawn, @gradient, @meanMoment1, @rhoMoment1, n, shape, rate,"
                + " likelihoodWeight, klWeight, analytic, keep1, take1, take2, learningRate,"
                + " correction1");
    divergence =
        new Launch(
            work,
            "DivergencePartials",
            "@mean, @rho, ?mask, rootPrecision, n, partials, highs, lows");
  }

  @Override
  public void sample(
      NormalFactors q, Slice scale, Slice mask, long seed, int stream, long step, Slice out) {
    VariationalArguments.weights("sample", q, scale, mask, out);
    synchronized (work.context()) {
      OpenClNoiseKernels.coordinates(sample.start(), seed, stream, step);
      factors(sample, q, scale, mask).flag(true).slice(out);
      sample.run(OpenClNoiseKernels.counters(q.length()));
    }
  }

  @Override
  public void mean(NormalFactors q, Slice scale, Slice mask, Slice out) {
    VariationalArguments.weights("mean", q, scale, mask, out);
    synchronized (work.context()) {
      OpenClNoiseKernels.coordinates(sample.start(), 0, 0, 0);
      factors(sample, q, scale, mask).flag(false).slice(out);
      sample.run(OpenClNoiseKernels.counters(q.length()));
    }
  }

  @Override
  public void moments(
      NormalFactors q,
      Slice scale,
      Slice mask,
      boolean rhoIsVariance,
      Slice means,
      Slice variances) {
    VariationalArguments.moments(q, scale, mask, means, variances);
    synchronized (work.context()) {
      factors(moments.start(), q, scale, mask).flag(rhoIsVariance).slice(means).slice(variances);
      moments.run(q.length());
    }
  }

  private static Launch factors(Launch launch, NormalFactors q, Slice scale, Slice mask) {
    return launch.slice(q.mean()).slice(q.rho()).optional(scale).optional(mask).number(q.length());
  }

  @Override
  public void update(
      NormalFactors q,
      Slice gradient,
      Slice scale,
      Slice mask,
      VariationalStep step,
      UpdateRule rule) {
    VariationalArguments.update(q, gradient, scale, mask, step, rule);
    synchronized (work.context()) {
      boolean isIvon = rule.kind == UpdateRule.Kind.IVON;
      Launch launch = isIvon ? updateIvon : update;
      OpenClNoiseKernels.coordinates(launch.start(), step.seed, step.stream, step.step);
      factors(launch, q, scale, mask);
      if (isIvon) {
        launch.slice(gradient).slice(q.meanMoment1()).slice(q.rhoMoment1());
        ivon(weights(launch, step), rule);
      } else {
        moments(launch, q, step, rule).slice(gradient);
        launch.number(step.divergence == VariationalStep.Divergence.ANALYTIC ? 1f : 0f);
      }
      launch.run(OpenClNoiseKernels.counters(q.length()));
    }
  }

  @Override
  public void updateByMoments(
      NormalFactors q,
      Slice byMean,
      Slice byVariance,
      Slice scale,
      Slice mask,
      boolean rhoIsVariance,
      VariationalStep step,
      UpdateRule rule) {
    VariationalArguments.updateByMoments(q, byMean, byVariance, scale, mask, step, rule);
    synchronized (work.context()) {
      factors(updateByMoments.start(), q, scale, mask);
      moments(updateByMoments, q, step, rule).slice(byMean).slice(byVariance).flag(rhoIsVariance);
      updateByMoments.run(q.length());
    }
  }

  private static Launch moments(
      Launch launch, NormalFactors q, VariationalStep step, UpdateRule rule) {
    launch.slice(q.meanMoment1()).slice(q.meanMoment2());
    launch.slice(q.rhoMoment1()).slice(q.rhoMoment2());
    return rule(weights(launch, step), rule);
  }

  private static Launch weights(Launch launch, VariationalStep step) {
    float precision = (float) (1.0 / step.priorVariance);
    return launch.number(step.likelihoodWeight).number(step.klWeight).number(precision);
  }

  private static Launch ivon(Launch launch, UpdateRule rule) {
    launch.number(rule.beta1).number(1 - rule.beta1).number(1 - rule.beta2);
    return launch.number(rule.learningRate()).number(rule.correction1());
  }

  private static Launch rule(Launch launch, UpdateRule rule) {
    boolean belief = rule.kind == UpdateRule.Kind.ADABELIEF;
    launch.number(rule.beta1).number(1 - rule.beta1).number(rule.beta2).number(1 - rule.beta2);
    launch.number(belief ? rule.epsilonRoot : 0).number(rule.epsilon).number(belief ? 1f : 0f);
    return launch.number(-rule.learningRate() * rule.correction1()).number(rule.correction2());
  }

  @Override
  public void logNormalGradients(
      Slice mean,
      Slice rho,
      Slice drawn,
      Slice gradient,
      double shape,
      double rate,
      VariationalStep step,
      Slice byMean,
      Slice byRho) {
    VariationalArguments.logNormal(mean, rho, drawn, gradient, byMean, byRho);
    synchronized (work.context()) {
      logNormal.start().slice(mean).slice(rho).slice(drawn).slice(gradient);
      logNormal.number(mean.length()).number((float) shape).number((float) rate);
      logNormal.number(step.likelihoodWeight).number(step.klWeight);
      logNormal.flag(step.divergence == VariationalStep.Divergence.ANALYTIC);
      logNormal.slice(byMean).slice(byRho).run(mean.length());
    }
  }

  @Override
  public void logNormalPointGradient(
      Slice mean, Slice gradient, double shape, double rate, VariationalStep step, Slice byMean) {
    VariationalArguments.logNormalPoint(mean, gradient, byMean);
    synchronized (work.context()) {
      logNormalPoint.start().slice(mean).slice(gradient).number(mean.length());
      logNormalPoint.number((float) (shape - 1)).number((float) rate);
      logNormalPoint.number(step.likelihoodWeight).number(step.klWeight);
      logNormalPoint.slice(byMean).run(mean.length());
    }
  }

  @Override
  public void updateLogNormal(
      NormalFactors q,
      Slice drawn,
      Slice gradient,
      double shape,
      double rate,
      VariationalStep step,
      UpdateRule rule) {
    VariationalArguments.updateLogNormal(q, drawn, gradient, step, rule);
    synchronized (work.context()) {
      logNormalIvon.start().slice(q.mean()).slice(q.rho()).slice(drawn).slice(gradient);
      logNormalIvon.slice(q.meanMoment1()).slice(q.rhoMoment1()).number(q.length());
      logNormalIvon.number((float) shape).number((float) rate);
      logNormalIvon.number(step.likelihoodWeight).number(step.klWeight);
      logNormalIvon.flag(step.divergence == VariationalStep.Divergence.ANALYTIC);
      ivon(logNormalIvon, rule).run(q.length());
    }
  }

  @Override
  public double klDivergence(Slice mean, Slice rho, Slice mask, float priorVariance) {
    VariationalArguments.divergence(mean, rho, mask);
    VariationalArguments.positive("klDivergence", "the prior variance", priorVariance);
    synchronized (work.context()) {
      int groups = Work.groups(mean.length());
      divergence.start().slice(mean).slice(rho).optional(mask);
      divergence.number((float) (1 / Math.sqrt(priorVariance))).number(mean.length());
      divergence.buffer(work.scratch(2 * groups)).local(GROUP).local(GROUP);
      divergence.runGroups(groups, GROUP);
      work.readPairs(groups);
      return 0.5 * work.total(0, groups);
    }
  }

  @Override
  public void updatePoint(
      Slice parameter,
      Slice gradient,
      Slice moment1,
      Slice moment2,
      float weight,
      UpdateRule rule) {
    VariationalArguments.point(parameter, gradient, moment1, moment2, rule);
    synchronized (work.context()) {
      updatePoint.start().slice(parameter).slice(gradient).slice(moment1).slice(moment2);
      rule(updatePoint.number(parameter.length()).number(weight), rule);
      updatePoint.run(parameter.length());
    }
  }
}
