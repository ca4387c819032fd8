package io.github.bmr4j.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.onnx.OnnxGraph;
import io.github.bmr4j.tests.CommandProcess.Ended;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of {@code examples/embedding}, in the ways that its README tells. */
class EmbeddingExampleTest {

  private static final Path SOURCES = Path.of("..", "examples", "embedding", "src", "main", "java");
  private static final String MAIN = "example.TrainAndPrune";

  @TempDir private Path folder;

  private static void tool(String name, Object... arguments) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    String[] words = Arrays.stream(arguments).map(String::valueOf).toArray(String[]::new);
    assertEquals(
        0, ToolProvider.findFirst(name).orElseThrow().run(out, out, words), said::toString);
  }

  private static void requireResults(Ended ended, String backend) {
    assertEquals(0, ended.code(), ended.toString());
    assertTrue(ended.out().contains("round 10: "), ended.toString());
    assertTrue(ended.out().contains(backend), ended.toString());
    assertTrue(ended.out().contains("accuracy 0.9"), ended.toString());
  }

  private static String expectedBackend() {
    return System.getProperty("bmr4j.expectBackend", "simd");
  }

  @Test
  void onTheModulePathAndLinkedIntoAnImageOfItsOwn() throws IOException, InterruptedException {
    Path classes = folder.resolve("modules");
    tool(
        "javac",
        "-d",
        classes,
        "-p",
        CommandProcess.library(),
        SOURCES.resolve("module-info.java"),
        SOURCES.resolve("example/TrainAndPrune.java"));
    String path = classes + File.pathSeparator + CommandProcess.library();
    requireResults(
        CommandProcess.java(List.of("-p", path, "-m", "example/" + MAIN)).end(), expectedBackend());

    Path image = folder.resolve("image");
    tool(
        "jlink",
        "-p",
        path,
        "--add-modules",
        "example",
        "--output",
        image,
        "--launcher",
        "train=example/" + MAIN);
    requireResults(
        CommandProcess.of(List.of(image.resolve("bin").resolve("train").toString())).end(), "t");
  }

  /** Without the modules of models and of the command. */
  @Test
  void anOnnxModelIsRunByTheEngineAlone() throws IOException, InterruptedException {
    OnnxGraph graph = new OnnxGraph();
    String x = graph.input("features", 2);
    String weights = graph.constant(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    graph.output(graph.node("MatMul", x, weights), "logits", 3);
    Path model = Files.write(folder.resolve("model.onnx"), graph.toBytes("test", Map.of()));
    Path classes = folder.resolve("engine");
    tool(
        "javac",
        "-d",
        classes,
        "-cp",
        CommandProcess.engine(),
        SOURCES.resolve("example/PredictFromOnnx.java"));
    List<String> run =
        List.of(
            "-cp",
            classes + File.pathSeparator + CommandProcess.engine(),
            "example.PredictFromOnnx",
            model.toString(),
            "1",
            "-2");
    Ended ended = CommandProcess.java(run).end();
    assertEquals(0, ended.code(), ended.toString());
    assertTrue(ended.out().contains("logits [-7.0, -8.0, -9.0]"), ended.toString());
  }

  @Test
  void itsMavenProjectDependsOnThisVersion() throws IOException {
    String parent = Files.readString(Path.of("..", "pom.xml"));
    String own = Files.readString(Path.of("..", "examples", "embedding", "pom.xml"));
    Pattern version = Pattern.compile("<artifactId>bmr4j-\\w+</artifactId>\\s*<version>([^<]*)<");
    Matcher expected = version.matcher(parent);
    Matcher found = version.matcher(own);
    assertTrue(expected.find() && found.find(), own);
    assertEquals(expected.group(1), found.group(1));
  }

  @Test
  void onTheClassPathWithAndWithoutTheVectorApi() throws IOException, InterruptedException {
    Path classes = folder.resolve("classes");
    tool(
        "javac",
        "-d",
        classes,
        "-cp",
        CommandProcess.library(),
        SOURCES.resolve("example/TrainAndPrune.java"));
    List<String> run =
        List.of("-cp", classes + File.pathSeparator + CommandProcess.library(), MAIN);
    requireResults(CommandProcess.java(run).end(), "scalar");
    List<String> withVectors = new ArrayList<>(List.of("--add-modules", "jdk.incubator.vector"));
    withVectors.addAll(run);
    requireResults(CommandProcess.java(withVectors).end(), expectedBackend());
  }
}
