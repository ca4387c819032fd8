package io.github.bmr4j.cli;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Options in a file: a line {@code name = value} for each, with the name of the long option without
 * its hyphens, {@code true} or {@code false} for what takes no value, {@code #} before comments
 * (the format of {@link Properties}, in UTF-8). What the command line says comes first.
 */
final class ConfigFile {

  /** Its option. */
  static final String OPTION = "--config";

  /** Where the command line is, what a result depends on not at all, or is the file itself. */
  private static final Set<String> NEVER_KEPT =
      Set.of(OPTION, "--out", "--json", "--quiet", "--verbose", "--backend", "--threads");

  private ConfigFile() {}

  /**
   * Puts the options of a file into a command line that names one.
   *
   * @param root of all commands
   * @param arguments as typed
   * @return the same without the file, with its options
   * @throws InputException if it cannot be read, or has what the command does not know
   */
  static String[] expand(CommandSpec root, String... arguments) {
    CommandSpec command = root;
    Set<OptionSpec> given = new HashSet<>();
    int at = -1;
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i].equals("--")) {
        break;
      }
      if (command.subcommands().containsKey(arguments[i])) {
        command = command.subcommands().get(arguments[i]).getCommandSpec();
      }
      String name = arguments[i].split("=", 2)[0];
      at = name.equals(OPTION) ? i : at;
      OptionSpec option = name.startsWith("-") ? command.findOption(name) : null;
      if (option != null) {
        given.add(option);
      }
    }
    // Without a file name it is picocli that says so.
    boolean joined = at >= 0 && arguments[at].startsWith(OPTION + "=");
    if (at < 0 || command.findOption(OPTION) == null || (!joined && at + 1 == arguments.length)) {
      return arguments;
    }
    Path file = Path.of(joined ? arguments[at].substring(OPTION.length() + 1) : arguments[at + 1]);
    int after = joined ? at + 1 : at + 2;
    List<String> expanded = new ArrayList<>(Arrays.asList(arguments).subList(0, after));
    expanded.addAll(options(file, command, given));
    expanded.addAll(Arrays.asList(arguments).subList(after, arguments.length));
    return expanded.toArray(String[]::new);
  }

  private static List<String> options(Path file, CommandSpec command, Set<OptionSpec> given) {
    Properties properties = new Properties();
    try (Reader reader = new StringReader(Files.readString(file))) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException failure) {
      throw new InputException(
          OPTION + ": " + file + " cannot be read: " + Failures.message(failure), failure);
    }
    List<String> options = new ArrayList<>();
    for (String key : new TreeSet<>(properties.stringPropertyNames())) {
      OptionSpec option = command.findOption("--" + key);
      if (option == null || key.equals("config")) {
        throw new InputException(
            file
                + " has "
                + key
                + ", but 'bmr "
                + command.name()
                + "' has no option --"
                + key
                + "; 'bmr "
                + command.name()
                + " --help' lists them");
      }
      String value = properties.getProperty(key).strip();
      if (given.contains(option)) {
        continue;
      }
      if (option.arity().max() > 0) {
        options.add("--" + key + "=" + value);
      } else if (value.equals("true")) {
        options.add("--" + key);
      } else if (!value.equals("false")) {
        throw new InputException(file + " has " + key + " = " + value + ", expected true or false");
      }
    }
    return options;
  }

  /**
   * The options that give a result again: those that were typed, and those that the run took by
   * itself.
   *
   * @param command that ran
   * @param refused options that it has, but does not take
   * @param result what {@code --json} prints
   */
  static String text(CommandSpec command, Collection<String> refused, JsonFields result) {
    Map<String, String> values = new TreeMap<>();
    JsonFields config = result.object("config");
    boolean published = !result.text("network").equals("mlp");
    for (OptionSpec option : command.options()) {
      String name = option.longestName();
      // A training without pruning is all warm-up.
      String key =
          name.equals("--steps") ? "warm_up" : name.replaceFirst("^--", "").replace('-', '_');
      JsonFields from = config.has(key) ? config : result;
      boolean layers = key.equals("hidden") || key.equals("activation");
      if (NEVER_KEPT.contains(name) || refused.contains(name) || (published && layers)) {
        continue;
      }
      if (from.has(key) && !(from.members().get(key) instanceof Map)) {
        values.put(name, value(from.members().get(key)));
      } else if (command.commandLine().getParseResult().hasMatchedOption(option)) {
        List<String> typed = option.originalStringValues();
        values.put(name, option.arity().max() == 0 ? "true" : String.join(",", typed));
      }
    }
    if (values.containsKey("--warm-up") || values.containsKey("--steps")) {
      // They say how long a run is, so its number of epochs cannot.
      values.remove("--epochs");
    }
    return "# bmr "
        + command.name()
        + " --config FILE"
        + values.entrySet().stream()
            .map(each -> "\n" + each.getKey().substring(2) + " = " + escaped(each.getValue()))
            .collect(Collectors.joining())
        + "\n";
  }

  private static String value(Object json) {
    return json instanceof List<?> list
        ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
        : String.valueOf(json);
  }

  /** A backslash would begin an escape. */
  private static String escaped(String value) {
    return value.replace("\\", "\\\\");
  }
}
