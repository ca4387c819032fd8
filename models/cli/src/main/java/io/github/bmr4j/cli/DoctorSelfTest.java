package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.BackendProvider.Availability;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.SelfTest;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * {@code bmr doctor --selftest}: every back end against the scalar one.
 *
 * @param outcomes by the back end's name
 */
record DoctorSelfTest(Map<String, List<SelfTest.Outcome>> outcomes) {

  private static final double SECONDS = 30;
  private static final long SEED = 1;

  /** Runs it for every back end that works, half a minute in all. */
  static DoctorSelfTest run(List<Availability> survey) {
    List<String> names =
        survey.stream()
            .filter(Availability::available)
            .map(Availability::name)
            .filter(name -> !name.equals("scalar"))
            .toList();
    Map<String, List<SelfTest.Outcome>> outcomes = new LinkedHashMap<>();
    for (String name : names) {
      try (Backend backend = Backends.open(name)) {
        outcomes.put(name, SelfTest.run(backend, SECONDS / names.size(), SEED));
      }
    }
    return new DoctorSelfTest(outcomes);
  }

  boolean passed() {
    return outcomes.values().stream().flatMap(List::stream).allMatch(SelfTest.Outcome::passed);
  }

  void print(PrintWriter out) {
    out.println();
    out.println("Self-test against the scalar back end");
    if (outcomes.isEmpty()) {
      out.println("  There is no other back end to compare with it.");
    }
    outcomes.forEach(
        (name, kernels) -> {
          for (SelfTest.Outcome outcome : kernels) {
            out.println(
                String.format(
                    Locale.ROOT,
                    "  %s, %s: %s, %s shapes, largest difference %.1e (%.0e allowed)%s",
                    name,
                    outcome.kernel(),
                    outcome.passed() ? "agrees" : "FAILS",
                    Numbers.count(outcome.shapes()),
                    outcome.worst(),
                    outcome.tolerance(),
                    outcome.passed() ? "" : ": " + outcome.failure()));
          }
        });
    if (!passed()) {
      out.println("  Use --backend scalar until this is mended, and report it with these lines.");
    }
    out.println();
    out.println("Builds of Java that are known to be wrong");
    Backends.knownDefects().forEach(defect -> out.println("  " + defect));
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("passed", passed());
    List<Object> all = new ArrayList<>();
    outcomes.forEach(
        (name, kernels) -> {
          for (SelfTest.Outcome outcome : kernels) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("backend", name);
            entry.put("kernel", outcome.kernel());
            entry.put("passed", outcome.passed());
            entry.put("shapes", outcome.shapes());
            entry.put(
                "largest_difference", Double.isFinite(outcome.worst()) ? outcome.worst() : null);
            entry.put("failure", outcome.failure());
            all.add(entry);
          }
        });
    json.put("kernels", all);
    json.put("known_defects", Backends.knownDefects());
    return json;
  }
}
