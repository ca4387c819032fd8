package io.github.bmr4j.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code bmr completion}: what makes a shell complete commands, options and names. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description = {"Prints a script that makes bash and zsh complete what is typed after bmr.", ""},
    footerHeading = "%nExamples:%n",
    footer = {
      "  source <(bmr completion)",
      "  bmr completion > ~/.local/share/bash-completion/completions/bmr"
    })
final class CompletionCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  CompletionCommand() {}

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.print(AutoComplete.bash("bmr", spec.root().commandLine()));
    out.flush();
    return ExitCode.OK;
  }
}
