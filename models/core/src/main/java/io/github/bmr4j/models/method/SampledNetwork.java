package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.inference.Sampling;
import io.github.bmr4j.models.layer.WeightSource;
import io.github.bmr4j.models.network.Network;

/** A network with what its parameters are: what training and prediction need to know of a model. */
public interface SampledNetwork {

  /** The network. */
  Network network();

  /** New nodes that bring this model's parameters, drawn where they are random, into one graph. */
  WeightSource draws();

  /** Which draw all graphs of this model compute with. */
  Sampling sampling();
}
