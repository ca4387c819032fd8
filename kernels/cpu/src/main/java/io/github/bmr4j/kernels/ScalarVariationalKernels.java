package io.github.bmr4j.kernels;

/** The passes of variational inference one factor at a time, in double: the specification. */
final class ScalarVariationalKernels implements VariationalKernels {

  @Override
  public void sample(
      NormalFactors q, Slice scale, Slice mask, long seed, int stream, long step, Slice out) {
    VariationalArguments.weights("sample", q, scale, mask, out);
    int[] words = new int[4];
    for (int i = 0; i < q.length(); i++) {
      double noise = noise(seed, stream, step, i, words);
      double sample = q.mean().get(i) + sigma(q.rho().get(i)) * noise;
      out.set(i, (float) (factor(scale, mask, i) * sample));
    }
  }

  @Override
  public void mean(NormalFactors q, Slice scale, Slice mask, Slice out) {
    VariationalArguments.weights("mean", q, scale, mask, out);
    for (int i = 0; i < q.length(); i++) {
      out.set(i, (float) (factor(scale, mask, i) * q.mean().get(i)));
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
    for (int i = 0; i < q.length(); i++) {
      double factor = factor(scale, mask, i);
      double softplus = sigma(q.rho().get(i));
      means.set(i, (float) (factor * q.mean().get(i)));
      variances.set(
          i, (float) (factor * factor * (rhoIsVariance ? softplus : softplus * softplus)));
    }
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
    double v = step.priorVariance;
    int[] words = new int[4];
    for (int i = 0; i < q.length(); i++) {
      double mean = q.mean().get(i);
      double rho = q.rho().get(i);
      double sigma = sigma(rho);
      double noise = noise(step.seed, step.stream, step.step, i, words);
      double g = step.likelihoodWeight * factor(scale, mask, i) * gradient.get(i);
      if (rule.kind == UpdateRule.Kind.IVON) {
        ivon(rule, q, i, g, g * noise / sigma, step);
        continue;
      }
      double divergenceByMean;
      double divergenceBySigma;
      if (step.divergence == VariationalStep.Divergence.ANALYTIC) {
        divergenceByMean = mean / v;
        divergenceBySigma = sigma / v - 1 / sigma;
      } else {
        double sample = mean + sigma * noise;
        divergenceByMean = sample / v;
        divergenceBySigma = sample * noise / v - 1 / sigma;
      }
      double byMean = g + step.klWeight * divergenceByMean;
      double byRho = (g * noise + step.klWeight * divergenceBySigma) * slope(rho);
      apply(rule, q.mean(), q.meanMoment1(), q.meanMoment2(), i, byMean);
      apply(rule, q.rho(), q.rhoMoment1(), q.rhoMoment2(), i, byRho);
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
    double v = step.priorVariance;
    for (int i = 0; i < q.length(); i++) {
      double mean = q.mean().get(i);
      double rho = q.rho().get(i);
      double sigma = rhoIsVariance ? Math.sqrt(sigma(rho)) : sigma(rho);
      double slope = rhoIsVariance ? slope(rho) / (2 * sigma) : slope(rho);
      double factor = factor(scale, mask, i);
      double weight = step.likelihoodWeight * factor;
      double gradient = weight * byMean.get(i) + step.klWeight * mean / v;
      double bySigma =
          2 * weight * factor * sigma * byVariance.get(i) + step.klWeight * (sigma / v - 1 / sigma);
      apply(rule, q.mean(), q.meanMoment1(), q.meanMoment2(), i, gradient);
      apply(rule, q.rho(), q.rhoMoment1(), q.rhoMoment2(), i, bySigma * slope);
    }
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
    LogNormalPasses.gradients(mean, rho, drawn, gradient, shape, rate, step, byMean, byRho);
  }

  @Override
  public void logNormalPointGradient(
      Slice mean, Slice gradient, double shape, double rate, VariationalStep step, Slice byMean) {
    LogNormalPasses.point(mean, gradient, shape, rate, step, byMean);
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
    LogNormalPasses.update(q, drawn, gradient, shape, rate, step, rule);
  }

  @Override
  public double klDivergence(Slice mean, Slice rho, Slice mask, float priorVariance) {
    VariationalArguments.divergence(mean, rho, mask);
    VariationalArguments.positive("klDivergence", "the prior variance", priorVariance);
    double sum = 0;
    for (int i = 0; i < mean.length(); i++) {
      if (mask != null && mask.get(i) == 0) {
        continue;
      }
      double sigma = sigma(rho.get(i));
      double ratio = sigma * sigma / priorVariance;
      double square = (double) mean.get(i) * mean.get(i) / priorVariance;
      sum += 0.5 * (square + ratio - 1 - Math.log(ratio));
    }
    return sum;
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
    for (int i = 0; i < parameter.length(); i++) {
      apply(rule, parameter, moment1, moment2, i, (double) weight * gradient.get(i));
    }
  }

  /** s γ of one weight. */
  private static double factor(Slice scale, Slice mask, int i) {
    double s = scale == null ? 1 : scale.get(0);
    return mask == null ? s : s * mask.get(i);
  }

  private static double noise(long seed, int stream, long step, int i, int[] words) {
    ScalarNoiseKernels.words(seed, stream, step, i, words);
    return ScalarNoiseKernels.normal(words, ScalarNoiseKernels.word(i));
  }

  /** softplus(ρ), in the form that neither overflows nor cancels. */
  private static double sigma(double rho) {
    return ScalarMath.softplus(Math.max(rho, RHO_MIN));
  }

  /** sigmoid(ρ), the derivative of {@link #sigma}. */
  private static double slope(double rho) {
    double r = Math.max(rho, RHO_MIN);
    double z = Math.exp(-Math.abs(r));
    return (r >= 0 ? 1 : z) / (1 + z);
  }

  /** A step with the gradient g and the estimate of the curvature. */
  private static void ivon(
      UpdateRule rule, NormalFactors q, int i, double g, double estimate, VariationalStep step) {
    double delta = (double) step.klWeight / step.priorVariance;
    double m = rule.beta1 * (double) q.meanMoment1().get(i) + (1.0 - rule.beta1) * g;
    double h = rule.nextCurvature(q.rhoMoment1().get(i), estimate, delta);
    double mean = q.mean().get(i);
    double slope = m * rule.correction1() + delta * mean;
    q.meanMoment1().set(i, (float) m);
    q.rhoMoment1().set(i, (float) h);
    q.mean().set(i, (float) (mean - rule.learningRate() * slope / (h + delta)));
    q.rho().set(i, (float) ScalarMath.inverseSoftplus(Math.sqrt(step.klWeight / (h + delta))));
  }

  private static void apply(
      UpdateRule rule, Slice parameter, Slice moment1, Slice moment2, int i, double g) {
    boolean belief = rule.kind == UpdateRule.Kind.ADABELIEF;
    double m = rule.beta1 * (double) moment1.get(i) + (1.0 - rule.beta1) * g;
    double deviation = belief ? g - m : g;
    double v =
        rule.beta2 * (double) moment2.get(i)
            + (1.0 - rule.beta2) * deviation * deviation
            + (belief ? rule.epsilonRoot : 0);
    double direction = m * rule.correction1() / (Math.sqrt(v * rule.correction2()) + rule.epsilon);
    moment1.set(i, (float) m);
    moment2.set(i, (float) v);
    parameter.set(i, (float) (parameter.get(i) - rule.learningRate() * direction));
  }
}
