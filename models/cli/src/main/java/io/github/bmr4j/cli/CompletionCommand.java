package io.github.bmr4j.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  /** The values of an option, with its long name in the comment. */
  private static final Pattern VALUES =
      Pattern.compile("(\\s*local )(\\w+)(_option_args=.* # (--[\\w-]+) values)");

  /** What follows is about an option; its long name is the last. */
  private static final Pattern BRANCH = Pattern.compile("\\s*(?:'[\\w-]+'\\|)*'(--[\\w-]+)'\\)");

  private static final Pattern USE = Pattern.compile("\\{\\w+_option_args");

  @Spec private CommandSpec spec;

  CompletionCommand() {}

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.print(withNamesOfTheirOwn(AutoComplete.bash("bmr", spec.root().commandLine())));
    out.flush();
    return ExitCode.OK;
  }

  /**
   * The generated script names an option's values by the option's placeholder, which several
   * options share; here they are named by the option.
   */
  private static String withNamesOfTheirOwn(String generated) {
    StringBuilder script = new StringBuilder();
    String option = "";
    for (String line : generated.split("\n", -1)) {
      Matcher values = VALUES.matcher(line);
      Matcher branch = BRANCH.matcher(line);
      if (values.matches()) {
        line = values.replaceFirst("$1" + variable(values.group(4)) + "$3");
      } else if (branch.matches()) {
        option = variable(branch.group(1));
      } else {
        line = USE.matcher(line).replaceFirst("{" + option + "_option_args");
      }
      script.append(line).append('\n');
    }
    script.setLength(script.length() - 1);
    return script.toString();
  }

  private static String variable(String option) {
    return option.replaceFirst("^-+", "").replace('-', '_');
  }
}
