package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.network.Network;
import java.util.List;

/**
 * A run that is over, with all that a report of it says.
 *
 * @param method that was run
 * @param data as given by its name
 * @param split the data set as the network saw it
 * @param network that was pruned
 * @param hidden sizes of its hidden layers
 * @param activation name of the function between them
 * @param config schedule and settings
 * @param backend that did the work
 * @param result what came out
 * @param recorder what was heard of it
 * @param compacted what is left of the network, or null if its kind cannot be compacted
 * @param totalSeconds wall time from reading the data to the end of the last evaluation
 * @param files where the results are
 * @param warnings what is known to be wrong with this JVM
 */
record PruneRun(
    MethodKind method,
    DataSource data,
    Split split,
    Network network,
    List<Integer> hidden,
    String activation,
    StochasticBmr.Config config,
    Backend backend,
    StochasticBmr.Result result,
    RunRecorder recorder,
    Compacted compacted,
    double totalSeconds,
    ResultFiles files,
    List<String> warnings) {}
