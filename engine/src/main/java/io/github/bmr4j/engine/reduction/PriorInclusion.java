package io.github.bmr4j.engine.reduction;

/**
 * Prior inclusion probabilities from the sizes of a network and of its data, for a spike exactly at
 * zero.
 */
public final class PriorInclusion {

  private PriorInclusion() {}

  /**
   * Of weights (Bai, Song, Cheng 2020, theorem 1 with δ = 0.1): −ln λ = ln T + δ [(L + 1) ln N +
   * ln(√n p)].
   *
   * @param parameters T, of the network
   * @param hiddenLayers L
   * @param width N, of the hidden layers
   * @param examples n
   * @param features p
   * @param delta δ, positive
   */
  public static double ofWeights(
      long parameters, int hiddenLayers, int width, int examples, int features, double delta) {
    return Math.exp(
        -Math.log(parameters)
            - delta
                * ((hiddenLayers + 1) * Math.log(width)
                    + Math.log(Math.sqrt(examples) * features)));
  }

  /**
   * Of the units of the two hidden layers of a network (Jantre, Bhattacharya, Maiti 2023): −ln λ_l
   * = ln k_(l+1) + 1e-9 (k_l + 1) v_l, as their code has it.
   *
   * @param features p = k₀
   * @param hidden1 k₁
   * @param hidden2 k₂
   * @param outputs k₃
   * @param examples n
   * @return λ of the units of the first and of the second hidden layer
   */
  public static double[] ofUnits(
      int features, int hidden1, int hidden2, int outputs, int examples) {
    double[] k = {features, hidden1, hidden2, outputs};
    int layers = 2;
    double u = 0;
    for (int l = 0; l <= layers; l++) {
      u +=
          Math.pow(layers + 1, 2)
              * (Math.log(examples)
                  + Math.log(layers + 1)
                  + Math.log(k[l] + 1)
                  + Math.log(k[l + 1]));
    }
    double common = layers + Math.log(examples) + Math.log(u);
    double v0 =
        Math.pow(k[0] + 1, 2)
            + Math.log(k[1] + 1)
            + Math.log(k[2] + 1)
            + Math.log(k[1])
            + Math.log(k[0] + 1)
            + common;
    double v1 =
        Math.pow(k[1] + 1, 2)
            + Math.log(k[0] + 1)
            + Math.log(k[2] + 1)
            + Math.log(k[2])
            + Math.log(k[1] + 1)
            + common;
    return new double[] {
      Math.exp(-Math.log(k[1]) - 1e-9 * (k[0] + 1) * v0),
      Math.exp(-Math.log(k[2]) - 1e-9 * (k[1] + 1) * v1)
    };
  }
}
