package io.github.bmr4j.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Python examples of docs/posteriors.md, run as they stand there. */
class PythonExampleTest {

  private static final Pattern BLOCK = Pattern.compile("```(python|sh)\n(.*?)```", Pattern.DOTALL);

  @TempDir private Path folder;

  /** Three blocks, from the given one on: Python that writes, the command, Python that reads. */
  @ParameterizedTest
  @CsvSource({"0,'numpy, safetensors',posterior.safetensors", "3,numpy,posterior.npz"})
  void aPosteriorIsWrittenPrunedAndReadBack(int first, String packages, String file)
      throws Exception {
    assumeTrue(
        isInstalled(packages),
        "python3 with " + packages + " is not installed, so the example was not run");
    String page = Files.readString(Path.of("..", "docs", "posteriors.md"));
    String section = page.substring(page.indexOf("## From Python\n"));
    List<MatchResult> blocks = BLOCK.matcher(section).results().toList();
    python(blocks.get(first));

    String command = blocks.get(first + 1).group(2).strip();
    String expected = "./bmr prune ";
    assertTrue(command.startsWith(expected + file), command);
    String[] words = command.substring("./bmr ".length()).split(" ", -1);
    words[1] = folder.resolve(file).toString();
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--out", folder.resolve("bmr-out").toString(), "--quiet"));
    CommandProcess.Ended pruned =
        CommandProcess.onModulePath(List.of(), all.toArray(String[]::new)).end();
    assertEquals(0, pruned.code(), pruned.toString());

    String said = python(blocks.get(first + 2));
    assertTrue(said.matches("(?s)[1-9]\\d* of 1000 weights stayed\\s*"), said);
  }

  private String python(MatchResult block) throws IOException, InterruptedException {
    assertEquals("python", block.group(1));
    Path script = Files.writeString(folder.resolve("example.py"), block.group(2));
    CommandProcess.Ended ended =
        CommandProcess.of(
                List.of(
                    "/bin/sh",
                    "-c",
                    "cd \"$0\" && exec python3 \"$1\"",
                    folder.toString(),
                    script.toString()))
            .end();
    assertEquals(0, ended.code(), ended.toString());
    return ended.out();
  }

  private static boolean isInstalled(String packages) throws InterruptedException {
    try {
      return CommandProcess.of(List.of("python3", "-c", "import " + packages)).end().code() == 0;
    } catch (IOException noPython) {
      return false;
    }
  }
}
