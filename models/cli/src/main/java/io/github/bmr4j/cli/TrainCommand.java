package io.github.bmr4j.cli;

import io.github.bmr4j.models.method.StochasticBmr;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code bmr train}: the training of {@code bmr prune}, without any pruning. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    description = {
      "Trains a Bayesian neural network by stochastic variational inference and writes its posterior."
          + " Takes the options of 'bmr prune' that are about training; 'bmr prune --from' goes on"
          + " from the posterior, 'bmr evaluate' and 'bmr predict' use it.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bmr train --out trained",
      "  bmr train --data houses.csv --classes --epochs 200 --hidden 32,32",
      "  bmr train && bmr prune --from bmr-out/posterior.safetensors --rule evidence --out pruned",
      "",
      "Exit codes: 0 fine, 1 the run failed, 2 bad usage or bad input."
    })
final class TrainCommand extends PruneCommand {

  private static final List<String> OF_PRUNING =
      List.of("--rounds", "--warm-up", "--iterations", "--rule", "--method", "--target");

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = {
        "Training steps (default: what 'bmr prune' has as its warm-up); --epochs says it otherwise."
      })
  private Integer steps;

  TrainCommand() {}

  @Override
  public Integer call() throws IOException {
    if (commandLine().getParseResult().hasMatchedPositional(0)) {
      throw new ParameterException(
          commandLine(),
          "'bmr train' takes no file: a posterior in a file is for 'bmr prune FILE'");
    }
    for (String option : refused()) {
      if (isGiven(option)) {
        throw new ParameterException(
            commandLine(),
            option
                + " is about pruning; 'bmr train' prunes nothing, so leave it out or use 'bmr prune'"
                + (option.equals("--warm-up") ? "; the length is --steps or --epochs" : ""));
      }
    }
    if (steps != null && (steps < 1 || isGiven("--epochs"))) {
      throw new ParameterException(
          commandLine(),
          steps < 1
              ? "--steps must be at least 1, but is " + steps
              : "--steps and --epochs both say how long; give one of them");
    }
    return super.call();
  }

  @Override
  List<String> refused() {
    return OF_PRUNING;
  }

  @Override
  StochasticBmr.Config scheduled(StochasticBmr.Config config) {
    long length = isGiven("--epochs") ? config.totalSteps() : config.warmUp();
    return config.withSchedule(steps == null ? Math.toIntExact(length) : steps, 0, 0);
  }
}
