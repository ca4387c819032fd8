package io.github.bmr4j.cli;

import io.github.bmr4j.models.data.DataFetcher;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.FashionMnist;
import io.github.bmr4j.models.data.Split;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bmr data}: which data sets there are, getting them, and making sure of them. */
@Command(
    name = "data",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {
      DataCommand.ListCommand.class,
      DataCommand.FetchCommand.class,
      DataCommand.CheckCommand.class
    },
    description = "Lists, downloads and checks data sets.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  bmr data list",
      "  bmr data fetch fashion-mnist",
      "  bmr data check fashion-mnist --data-dir /data/fashion",
      "",
      "BMR_CACHE names the folder that downloads go into (default: bmr4j in the user's cache)."
    })
final class DataCommand implements Runnable {

  @Spec private CommandSpec spec;

  DataCommand() {}

  @Override
  public void run() {
    throw Main.missingSubcommand(spec);
  }

  /** {@code bmr data list}. */
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class,
      description = "Lists the data sets and where they are.")
  static final class ListCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private OutputOptions output;

    ListCommand() {}

    @Override
    public Integer call() {
      output.apply();
      PrintWriter out = spec.commandLine().getOut();
      if (output.json()) {
        List<Object> data = new ArrayList<>();
        for (KnownData known : KnownData.values()) {
          data.add(known.toJson());
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("command", "data list");
        json.put("data", data);
        out.println(ResultJson.line(json));
      } else {
        for (KnownData known : KnownData.values()) {
          out.printf("%-14s %s%n", known.title(), known.description());
          out.printf("%-14s %s examples of %s%n", "", known.examples(), known.shape());
          out.printf("%-14s %s%n", "", known.whereabouts());
        }
      }
      out.flush();
      return ExitCode.OK;
    }
  }

  /** {@code bmr data fetch}. */
  @Command(
      name = "fetch",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class,
      description = {
        "Downloads a data set. Size and SHA-256 of each file must be the published ones, whatever"
            + " server it comes from; files that are there and right are kept."
      },
      footer = {
        "",
        "Example: bmr data fetch fashion-mnist --to /data/fashion",
        "Exit codes: 0 fine, 1 the download failed, 2 bad usage."
      })
  static final class FetchCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(
        index = "0",
        paramLabel = "NAME",
        converter = Choice.Data.class,
        completionCandidates = Choice.Data.class,
        description = "Data set: ${COMPLETION-CANDIDATES}.")
    private KnownData data;

    @Option(
        names = "--to",
        paramLabel = "DIR",
        description = "Folder for the files (default: the cache, where it is found by itself).")
    private Path folder;

    @Option(
        names = "--from",
        paramLabel = "URL",
        description = "Address of a folder with the files (default: where they are published).")
    private URI base;

    @Mixin private OutputOptions output;

    FetchCommand() {}

    @Override
    public Integer call() throws IOException {
      output.apply();
      PrintWriter out = spec.commandLine().getOut();
      Path target = folder == null ? null : folder.toAbsolutePath().normalize();
      if (!data.isBundled()) {
        target = target == null ? FashionMnist.cacheFolder() : target;
        download(target);
      } else if (folder != null) {
        throw new InputException(
            "The data set "
                + data.title()
                + " is bundled, so there is nothing to put into "
                + folder);
      }
      if (output.json()) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("command", "data fetch");
        json.put("data", data.title());
        json.put("folder", target == null ? null : target.toString());
        out.println(ResultJson.line(json));
      } else {
        out.println(
            data.title()
                + (target == null ? " is bundled; there is nothing to do" : " is in " + target));
      }
      out.flush();
      return ExitCode.OK;
    }

    private void download(Path target) throws IOException {
      PrintWriter err = spec.commandLine().getErr();
      StatusLine status = StatusLine.on(err);
      DataFetcher.Progress progress =
          (file, bytes) -> {
            if (!output.quiet() && status.isDue(System.nanoTime())) {
              status.update(
                  file.name()
                      + ": "
                      + Numbers.mebibytes(bytes)
                      + " of "
                      + Numbers.mebibytes(file.size()),
                  System.nanoTime());
            }
          };
      DataFetcher fetcher;
      try {
        fetcher = new DataFetcher(base == null ? FashionMnist.PUBLISHED : base, progress);
      } catch (IllegalArgumentException refused) {
        throw new InputException("--from: " + refused.getMessage(), refused);
      }
      try {
        fetcher.fetch(target, FashionMnist.FILES);
      } finally {
        status.clear();
      }
    }
  }

  /** {@code bmr data check}. */
  @Command(
      name = "check",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class,
      description = {
        "Reads a data set as a run would and says what is in it, with the SHA-256 of each file's"
            + " content."
      },
      footer = {"", "Exit codes: 0 it can be used, 2 it is missing or broken."})
  static final class CheckCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(
        index = "0",
        paramLabel = "NAME",
        converter = Choice.Data.class,
        completionCandidates = Choice.Data.class,
        description = "Data set: ${COMPLETION-CANDIDATES}.")
    private KnownData data;

    @Option(
        names = "--data-dir",
        paramLabel = "DIR",
        description = "Folder of its files (default: where it is found by itself).")
    private Path folder;

    @Mixin private OutputOptions output;

    CheckCommand() {}

    @Override
    public Integer call() {
      output.apply();
      Split split = data.loadOrRefuse(folder);
      PrintWriter out = spec.commandLine().getOut();
      if (output.json()) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("command", "data check");
        json.put("data", data.title());
        json.put("dataset", ResultJson.dataset(split));
        out.println(ResultJson.line(json));
      } else {
        print(out, split);
      }
      out.flush();
      return ExitCode.OK;
    }

    private void print(PrintWriter out, Split split) {
      out.println(
          data.title()
              + ": "
              + Numbers.count(split.train().size())
              + " training examples and "
              + Numbers.count(split.test().size())
              + " for testing, "
              + split.train().inputShape().size()
              + " features each");
      out.println(split.train().provenance().source());
      out.println();
      Table table = new Table("class", "training", "testing");
      long[] train = countByClass(split.train());
      long[] test = countByClass(split.test());
      List<String> names = split.train().classNames();
      for (int c = 0; c < names.size(); c++) {
        table.row(names.get(c), Numbers.count(train[c]), Numbers.count(test[c]));
      }
      out.println(table);
      ResultJson.digests(split).forEach((file, sha256) -> out.println(sha256 + "  " + file));
    }

    private static long[] countByClass(Dataset part) {
      long[] counts = new long[part.classNames().size()];
      for (int i = 0; i < part.size(); i++) {
        counts[part.label(i)]++;
      }
      return counts;
    }
  }
}
