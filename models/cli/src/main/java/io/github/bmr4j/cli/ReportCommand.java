package io.github.bmr4j.cli;

import io.github.bmr4j.models.io.AtomicFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bmr report}: the page of a run, from the files that it left. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description = {
      "Makes report.html of a run from result.json, certificate.safetensors and posterior.safetensors"
          + " in its folder: one page without script or other files. 'bmr prune' writes it by"
          + " itself.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bmr report",
      "  bmr report runs/7 --out seven.html --figures paper",
      "",
      "Exit codes: 0 fine, 1 it cannot be written, 2 bad usage or bad input."
    })
final class ReportCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      defaultValue = "bmr-out",
      description = "Folder of the run (default: ${DEFAULT-VALUE}).")
  private Path folder;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      description = "The page (default: report.html in the run's folder).")
  private Path out;

  @Option(
      names = "--figures",
      paramLabel = "DIR",
      description = "Write each chart as an SVG file of its own into this folder, too.")
  private Path figures;

  @Mixin private OutputOptions output;

  ReportCommand() {}

  @Override
  public Integer call() throws IOException {
    output.apply();
    Path result = folder.resolve(ResultFiles.RESULT);
    if (!Files.isRegularFile(result)) {
      throw new InputException(
          folder
              + " has no "
              + ResultFiles.RESULT
              + "; name the folder that 'bmr prune --out' wrote its results into");
    }
    Path target = (out == null ? folder.resolve(ResultFiles.REPORT) : out).toAbsolutePath();
    JsonFields json = JsonFields.read(result);
    RunReport.write(target, json, folder);
    if (figures != null) {
      Files.createDirectories(figures);
      for (Figure figure : RunReport.figures(json, folder)) {
        AtomicFiles.writeText(
            figures.toAbsolutePath().resolve(figure.fileName()), figure.chart().standalone());
      }
    }
    PrintWriter console = spec.commandLine().getOut();
    if (output.json()) {
      Map<String, Object> said = new LinkedHashMap<>();
      said.put("command", "report");
      said.put("report", target.toString());
      console.println(ResultJson.line(said));
    } else {
      console.println(target);
    }
    console.flush();
    return ExitCode.OK;
  }
}
