package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.BackendProvider.Availability;
import io.github.bmr4j.kernels.Backends;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bmr doctor}: what this machine and this Java can do, and what to mend. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description = {
      "Says what this machine and this Java can do: back ends with the reasons, threads, memory, and"
          + " where data sets are looked for.",
      ""
    },
    footer = {"", "Exit codes: 0 a back end works, 1 none does, or one fails the self-test."})
final class DoctorCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(
      names = "--selftest",
      description =
          "Compare every back end with the scalar one on random shapes for half a minute, and list"
              + " the builds of Java that are known to compile wrongly.")
  private boolean selfTest;

  @Mixin private OutputOptions output;

  DoctorCommand() {}

  @Override
  public Integer call() {
    output.apply();
    List<Availability> survey = Backends.survey();
    Optional<Availability> chosen = survey.stream().filter(Availability::available).findFirst();
    PrintWriter out = spec.commandLine().getOut();
    DoctorSelfTest tested = selfTest ? DoctorSelfTest.run(survey) : null;
    if (output.json()) {
      Map<String, Object> json = json(survey, chosen);
      if (tested != null) {
        json.put("selftest", tested.json());
      }
      out.println(ResultJson.line(json));
    } else {
      print(out, survey, chosen);
      if (tested != null) {
        tested.print(out);
      }
    }
    out.flush();
    boolean fails = tested != null && !tested.passed();
    return chosen.isPresent() && !fails ? ExitCode.OK : ExitCode.FAILED;
  }

  private static void print(
      PrintWriter out, List<Availability> survey, Optional<Availability> chosen) {
    Runtime runtime = Runtime.getRuntime();
    out.println("bmr       " + Main.Version.project());
    out.println("Java      " + java());
    out.println(
        "System    "
            + System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch")
            + ", "
            + runtime.availableProcessors()
            + " processors, heap of up to "
            + Numbers.mebibytes(runtime.maxMemory()));
    out.println();
    out.println("Back ends");
    for (Availability backend : survey) {
      out.println(
          "  "
              + backend.name()
              + (backend.available() ? " works: " : " does not work: ")
              + backend.reason());
      backend.devices().forEach(device -> out.println("    " + device));
    }
    out.println(
        chosen
            .map(best -> "  Without --backend, " + best.name() + " is used.")
            .orElse("  None works."));
    out.println();
    out.println("Data sets");
    for (KnownData data : KnownData.values()) {
      out.println("  " + data.title() + ": " + data.whereabouts());
    }
    List<String> warnings = Backends.warnings();
    if (!warnings.isEmpty()) {
      out.println();
      out.println("Warnings");
      warnings.forEach(warning -> out.println("  " + warning));
    }
  }

  private static String java() {
    return Runtime.version()
        + ", "
        + System.getProperty("java.vendor")
        + ", "
        + System.getProperty("java.vm.name")
        + " ("
        + System.getProperty("java.vm.info")
        + "), "
        + System.getProperty("java.home");
  }

  private static Map<String, Object> json(
      List<Availability> survey, Optional<Availability> chosen) {
    Runtime runtime = Runtime.getRuntime();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("command", "doctor");
    json.put("works", chosen.isPresent());
    json.put("backend", chosen.map(Availability::name).orElse(null));
    List<Object> backends = new ArrayList<>();
    for (Availability backend : survey) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", backend.name());
      entry.put("available", backend.available());
      entry.put("reason", backend.reason());
      entry.put("devices", backend.devices());
      backends.add(entry);
    }
    json.put("backends", backends);
    json.put("processors", runtime.availableProcessors());
    json.put("heap_bytes", runtime.maxMemory());
    json.put("java_home", System.getProperty("java.home"));
    List<Object> data = new ArrayList<>();
    for (KnownData known : KnownData.values()) {
      data.add(known.toJson());
    }
    json.put("data", data);
    json.put("warnings", Backends.warnings());
    json.put("versions", ResultJson.versions(chosen.map(Availability::reason).orElse(null)));
    return json;
  }
}
