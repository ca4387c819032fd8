package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.TensorEntry;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.method.PosteriorFiles;
import io.github.bmr4j.models.method.VariationalModel;
import java.io.IOException;
import java.nio.file.Path;

/** A posterior in a file that a run starts from. */
final class StartingPoint {

  private final SavedModel saved;

  /**
   * @param file posterior of this command
   * @throws InputException if it is none, or weights have left it
   */
  StartingPoint(Path file) throws IOException {
    saved = new SavedModel(file);
    if (saved.isCompact()) {
      throw new InputException(
          "--from: " + file + " is a compact network; name the posterior.safetensors beside it");
    }
    if (!saved.isFlatPosterior()) {
      throw new InputException(
          "--from: "
              + file
              + " is no posterior of --method stochastic-bmr; start from the posterior.safetensors"
              + " that 'bmr train' wrote");
    }
    try (SafetensorsReader reader = SafetensorsReader.open(saved.file())) {
      for (TensorEntry tensor : reader.tensors()) {
        if (tensor.name().endsWith(".mask")) {
          requireWhole(file, tensor.name(), reader.readBooleans(tensor.name()));
        }
      }
    }
  }

  private static void requireWhole(Path file, String name, boolean[] mask) {
    for (boolean in : mask) {
      if (!in) {
        throw new InputException(
            "--from: weights have left "
                + file
                + " ("
                + name
                + "); start from one that 'bmr train' wrote, or prune it as it is with 'bmr prune "
                + file
                + "'");
      }
    }
  }

  /**
   * Refuses options that say something else than the file.
   *
   * @param network that was asked for
   * @param hidden that were asked for, or null
   * @param activation that was asked for, or null
   */
  void requireNetwork(NetworkKind network, HiddenLayers hidden, UnaryFunction activation) {
    String asked = Choice.nameOf(network);
    if (!asked.equals(saved.metadata("network"))) {
      throw new InputException(
          "--from: "
              + saved.file()
              + " is of --network "
              + saved.metadata("network")
              + ", but --network is "
              + asked);
    }
    if (hidden != null && !hidden.equals(hidden())) {
      throw new InputException(
          "--from: "
              + saved.file()
              + " has hidden layers of "
              + hidden().sizes()
              + ", but --hidden is "
              + hidden.sizes()
              + "; leave it out");
    }
    if (activation != null && activation != activation()) {
      throw new InputException(
          "--from: "
              + saved.file()
              + " has --activation "
              + Choice.nameOf(activation())
              + ", but it is to be "
              + Choice.nameOf(activation)
              + "; leave it out");
    }
  }

  HiddenLayers hidden() {
    return saved.hidden();
  }

  UnaryFunction activation() {
    return saved.activation();
  }

  /**
   * Gives a model the posterior.
   *
   * @param backend that holds it
   * @param model of the same layers
   * @throws InvalidFileException if its layers are others
   * @throws InputException if the method has another kind of posterior
   */
  void give(Backend backend, VariationalModel model) throws IOException {
    if (!(model instanceof FlatModel flat)) {
      throw new InputException(
          saved.file()
              + " has the posterior of a flat network, which this --method does not train on from;"
              + " choose stochastic-bmr");
    }
    PosteriorFiles.load(saved.file(), backend, flat);
  }
}
