package io.github.bmr4j.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documents name is there. */
class DocumentsTest {

  private static final Path ROOT = Path.of("..");
  private static final Pattern CLASS = Pattern.compile("`([A-Z][a-z]\\w*[a-z])(?:\\.\\w+)?`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)");

  private static List<Path> files(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().endsWith(ending))
          .filter(file -> !file.toString().contains("target"))
          .toList();
    }
  }

  @Test
  void everyClassOfTheAlgorithmsExists() throws IOException {
    Set<String> classes =
        files(ROOT, ".java").stream()
            .map(file -> file.getFileName().toString().replace(".java", ""))
            .collect(Collectors.toSet());
    List<String> missing = new ArrayList<>();
    int named = 0;
    for (Path page : files(ROOT.resolve("docs").resolve("algorithms"), ".md")) {
      Matcher names = CLASS.matcher(Files.readString(page));
      while (names.find()) {
        named++;
        if (!classes.contains(names.group(1))) {
          missing.add(page.getFileName() + ": " + names.group(1));
        }
      }
    }
    assertEquals(List.of(), missing);
    assertTrue(named > 50, "looked at only " + named);
  }

  /** By the same call as the script's; the Vector API is what it warns about in any case. */
  @Test
  void theApisDocumentationHasNoFault(@TempDir Path folder) throws IOException {
    String script = Files.readString(ROOT.resolve("bmr-javadoc"));
    List<String> arguments = new ArrayList<>(List.of("-quiet", "-Xdoclint:all,-missing"));
    arguments.addAll(List.of("-d", folder.toString()));
    Matcher modules = Pattern.compile("(io[.\\w]+)=\\$root/([/\\w]+)").matcher(script);
    List<String> names = new ArrayList<>();
    while (modules.find()) {
      names.add(modules.group(1));
      arguments.add("--module-source-path");
      arguments.add(modules.group(1) + "=" + ROOT.resolve(modules.group(2)));
    }
    assertEquals(3, names.size(), script);
    arguments.addAll(List.of("--module", String.join(",", names)));
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    int code =
        ToolProvider.findFirst("javadoc")
            .orElseThrow()
            .run(out, out, arguments.toArray(String[]::new));
    assertEquals(0, code, said::toString);
    List<String> faults =
        said.toString()
            .lines()
            .filter(line -> line.contains("warning:") && !line.contains("[incubating]"))
            .toList();
    assertEquals(List.of(), faults);
    assertTrue(Files.exists(folder.resolve("index.html")));
  }

  @Test
  void everyLinkLeadsToAFile() throws IOException {
    List<Path> pages = new ArrayList<>(files(ROOT.resolve("docs"), ".md"));
    pages.add(ROOT.resolve("README.md"));
    pages.addAll(files(ROOT.resolve("examples"), ".md"));
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path page : pages) {
      Matcher targets = LINK.matcher(Files.readString(page));
      while (targets.find()) {
        links++;
        if (!Files.exists(page.resolveSibling(targets.group(1)))) {
          broken.add(page + ": " + targets.group(1));
        }
      }
    }
    assertEquals(List.of(), broken);
    assertTrue(links > 20, "looked at only " + links);
  }
}
