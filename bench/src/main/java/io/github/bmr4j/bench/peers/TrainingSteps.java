package io.github.bmr4j.bench.peers;

import io.github.bmr4j.bench.RandomNumbers;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.SoftmaxCrossEntropy;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.inference.LocalDraw;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.Sampling;
import io.github.bmr4j.engine.inference.StochasticVariationalInference;
import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Epochs;
import io.github.bmr4j.models.data.InputShape;
import io.github.bmr4j.models.data.Provenance;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.WeightSource;
import io.github.bmr4j.models.method.InferenceScheme;
import io.github.bmr4j.models.method.RegressionModel;
import io.github.bmr4j.models.method.RegressionTraining;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whole steps of Bayes by backprop (Blundell et al. 2015) on one batch of random data: one draw of
 * the weights, closed-form divergence from N(0, 1), Adam. What bench/peers/python/workloads.py says
 * of the peers' networks holds here, too.
 */
final class TrainingSteps {

  private static final int BATCH = 128;
  private static final int PIXELS = 784;
  private static final int CLASSES = 10;
  private static final int EXAMPLES = 60_000;
  private static final double LEARNING_RATE = 1e-3;
  private static final double INITIAL_DEVIATION = Math.log1p(Math.exp(-5));

  private static final int ROWS = 512;
  private static final int FEATURES = 13;
  private static final int HIDDEN = 50;
  private static final int REGRESSION_BATCH = 16;

  private TrainingSteps() {}

  /** A step of the named network, or null if there is none. */
  static Runnable make(Backend backend, String name, boolean local) {
    return switch (name) {
      case "mlp" -> perceptron(backend, BATCH, new int[] {400, 400}, local);
      case "lenet" -> step(backend, Networks.lenetCaffe(1, CLASSES), BATCH, local);
      default -> null;
    };
  }

  /**
   * A step of a perceptron on 784 inputs and 10 classes.
   *
   * @param batch examples
   * @param hidden sizes of the hidden layers
   * @param local whether sums are drawn instead of weights
   */
  static Runnable perceptron(Backend backend, int batch, int[] hidden, boolean local) {
    Network network = Networks.mlp(Shape.of(PIXELS), hidden, CLASSES, UnaryFunction.RELU);
    return step(backend, network, batch, local);
  }

  /**
   * An epoch of variance backpropagation (Beckers et al. 2024) of the network for the Boston data:
   * 13 features, 50 units, 512 examples in batches of 16.
   */
  static Runnable moments(Backend backend) {
    RandomNumbers random = new RandomNumbers(1);
    float[] features = random.normal(ROWS * FEATURES, 1);
    float[] targets = random.normal(ROWS, 1);
    for (int i = 0; i < features.length; i++) {
      targets[i / FEATURES] += features[i];
    }
    Dataset data =
        Dataset.regression(
            "random",
            InputShape.row(FEATURES),
            features,
            targets,
            1,
            new Provenance("computed", "none needed", Map.of()));
    Network network = Networks.mlp(Shape.of(FEATURES), new int[] {HIDDEN}, 1, UnaryFunction.RELU);
    RegressionModel model =
        new RegressionModel(
            backend,
            network,
            RegressionModel.Config.of(InferenceScheme.VARIANCE_BACKPROPAGATION),
            1);
    RegressionTraining training =
        new RegressionTraining(
            backend,
            model,
            data,
            new Epochs(ROWS, false, 1),
            REGRESSION_BATCH,
            Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(1e-2)),
            ROWS,
            false);
    return training::epoch;
  }

  private static Runnable step(Backend backend, Network network, int batch, boolean local) {
    Sampling sampling = new Sampling(0);
    Input x = new Input(network.batchShape(batch));
    Input labels = new Input(Shape.of(batch));
    Node logits = network.forward(x, weights(backend, sampling, local));
    Node loss = new Sum(new SoftmaxCrossEntropy(logits, labels));
    Graph graph = Graph.forTraining(backend, loss);
    fill(x, labels);
    StochasticVariationalInference inference =
        new StochasticVariationalInference(
            backend,
            graph,
            loss,
            Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(LEARNING_RATE)),
            sampling,
            EXAMPLES,
            batch,
            VariationalStep.Divergence.ANALYTIC);
    return inference::step;
  }

  /** New posteriors for each block: drawn, or seen through the moments of their sums. */
  private static WeightSource weights(Backend backend, Sampling sampling, boolean local) {
    AtomicInteger index = new AtomicInteger();
    return new WeightSource() {
      @Override
      public Node weights(ParameterBlock block) {
        return latent(backend, block, index.getAndIncrement(), sampling).draw(block.shape(), null);
      }

      @Override
      public Node linear(Node x, ParameterBlock block) {
        if (!local) {
          return WeightSource.super.linear(x, block);
        }
        MeanFieldNormal latent = latent(backend, block, index.getAndIncrement(), sampling);
        return LocalDraw.linear(x, latent.moments(null), block.rows());
      }
    };
  }

  private static MeanFieldNormal latent(
      Backend backend, ParameterBlock block, int index, Sampling sampling) {
    MeanFieldNormal latent =
        new MeanFieldNormal(backend, block.layer(), index, block.size(), 1, sampling);
    latent.initialize(Math.sqrt(3.0 / block.columns()), INITIAL_DEVIATION);
    return latent;
  }

  private static void fill(Input x, Input labels) {
    RandomNumbers random = new RandomNumbers(1);
    x.value().slice().copyFrom(random.normal(x.shape().size(), 1), 0);
    int[] classes = random.labels(labels.shape().size(), CLASSES);
    for (int i = 0; i < classes.length; i++) {
      labels.value().slice().set(i, classes[i]);
    }
    x.push();
    labels.push();
  }
}
