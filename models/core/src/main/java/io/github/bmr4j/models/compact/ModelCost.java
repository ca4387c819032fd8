package io.github.bmr4j.models.compact;

import io.github.bmr4j.models.network.Network;

/**
 * What a network costs.
 *
 * @param parameters weights and biases that are stored and not 0
 * @param multiplyAdds multiply-adds for one example
 * @param bytes of one set of parameters, each layer in the smaller of dense and compressed rows
 */
public record ModelCost(long parameters, long multiplyAdds, long bytes) {

  /** What a network costs that stores all its parameters. */
  public static ModelCost of(Network network) {
    long parameters = network.parameterCount();
    return new ModelCost(parameters, network.multiplyAdds(), Float.BYTES * parameters);
  }
}
