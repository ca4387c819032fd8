package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import io.github.bmr4j.engine.onnx.OnnxModel;
import io.github.bmr4j.engine.onnx.OnnxPrediction;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever method made a result: it is evaluated, predicts, is exported and verified. */
class ResultsOfEveryMethodTest {

  @TempDir private static Path folder;

  private static Path houses;

  @BeforeAll
  static void writeTable() throws IOException {
    Random random = new Random(4);
    StringBuilder csv = new StringBuilder("rooms,area,noise,price,rent\n");
    for (int i = 0; i < 300; i++) {
      int rooms = 1 + random.nextInt(6);
      double area = 20 + 100 * random.nextDouble();
      csv.append(
          String.format(
              Locale.ROOT,
              "%d,%.3f,%.3f,%.3f,%.3f%n",
              rooms,
              area,
              random.nextGaussian(),
              100 + 20 * rooms + 2 * area + 5 * random.nextGaussian(),
              8 * area + 20 * random.nextGaussian()));
    }
    houses = Files.writeString(folder.resolve("houses.csv"), csv);
  }

  private static Console bmr(String line) {
    Console console =
        Console.run(
            line.replace("HOUSES", houses.toString())
                .replace("DIR", folder.toString())
                .split(" ", -1));
    assertEquals(0, console.code(), console.toString());
    return console;
  }

  private static Map<?, ?> json(String line) {
    return (Map<?, ?>) Json.parse(bmr(line + " --json").out(), "standard output");
  }

  private static double number(Object map, String key) {
    return ((Number) ((Map<?, ?>) map).get(key)).doubleValue();
  }

  /** Numbers of a CSV file, behind its header. */
  private static float[][] rows(Path csv) throws IOException {
    List<String> lines = Files.readAllLines(csv);
    return lines.stream()
        .skip(1)
        .map(
            line -> {
              String[] cells = line.split(",", -1);
              float[] row = new float[cells.length];
              for (int i = 0; i < row.length; i++) {
                row[i] = Float.parseFloat(cells[i]);
              }
              return row;
            })
        .toArray(float[][]::new);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--scheme variance-backpropagation --target-column price --ignore rent",
        "--scheme local --target-column price,rent",
        "--scheme global --target-column price --ignore rent --heteroscedastic"
      })
  void aRegressionPredictsWhatItsRunMeasured(String options) throws Exception {
    Map<?, ?> run =
        json(
            "prune --method principled-pruning --data HOUSES --epochs 150 --fine-tune 20"
                + " --learning-rate 2e-2 --hidden 8 -q --out DIR/numbers "
                + options);
    Map<?, ?> after = (Map<?, ?>) run.get("after");
    Map<?, ?> posterior = json("evaluate DIR/numbers/posterior.safetensors");
    Map<?, ?> compact = json("evaluate DIR/numbers");
    assertEquals(folder.resolve("numbers/compact.safetensors").toString(), compact.get("model"));
    assertEquals(30L, posterior.get("examples"), "the rows that it was not trained with");
    List<?> measured = (List<?>) after.get("targets");
    for (int k = 0; k < measured.size(); k++) {
      Object ours = ((List<?>) posterior.get("targets")).get(k);
      Object draws = ((List<?>) compact.get("targets")).get(k);
      double rmse = number(measured.get(k), "rmse");
      assertEquals(rmse, number(ours, "rmse"), 1e-3 * rmse);
      assertEquals(number(measured.get(k), "nll"), number(ours, "nll"), 1e-3);
      // Ten draws, not the posterior's moments.
      assertEquals(rmse, number(draws, "rmse"), 0.25 * rmse);
    }
    bmr("verify DIR/numbers");
    bmr("predict DIR/numbers --data HOUSES --all --out DIR/numbers.csv");
    bmr("export DIR/numbers --samples 10 --out DIR/numbers.onnx");
    assertSameAsOnnxruntime(folder.resolve("numbers.onnx"), folder.resolve("numbers.csv"));
    Map<?, ?> onnx = json("evaluate DIR/numbers.onnx");
    assertEquals(30L, onnx.get("examples"), "the rows that it was not trained with");
    assertEquals(number(compact, "nll"), number(onnx, "nll"), 1e-4);
  }

  /** Means and deviations, for all rows of the table. */
  private static void assertSameAsOnnxruntime(Path model, Path predictions) throws Exception {
    float[][] table = rows(houses);
    float[][] expected = rows(predictions);
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(model.toString())) {
      // Which columns are features: the rest are targets or ignored, and come last.
      int features = 3;
      float[] raw = new float[table.length * features];
      for (int i = 0; i < table.length; i++) {
        System.arraycopy(table[i], 0, raw, i * features, features);
      }
      long[] shape = {table.length, features};
      try (OnnxTensor x = OnnxTensor.createTensor(environment, FloatBuffer.wrap(raw), shape);
          OrtSession.Result result = session.run(Map.of("features", x))) {
        float[][] means = (float[][]) result.get("predictions").orElseThrow().getValue();
        float[][] deviations = (float[][]) result.get("deviations").orElseThrow().getValue();
        Map<String, float[]> read;
        try (Backend backend = Backends.open()) {
          read = new OnnxPrediction(backend, OnnxModel.read(model), 7).predict(raw, table.length);
        }
        for (int i = 0; i < expected.length; i++) {
          for (int k = 0; k < means[i].length; k++) {
            assertClose(expected[i][2 * k], means[i][k], "row " + i);
            assertClose(expected[i][2 * k + 1], deviations[i][k], "deviation in row " + i);
            int at = i * means[i].length + k;
            assertClose(means[i][k], read.get("predictions")[at], "row " + i + ", read");
            assertClose(deviations[i][k], read.get("deviations")[at], "deviation " + i + ", read");
          }
        }
      }
    }
  }

  private static void assertClose(float expected, float actual, String what) {
    assertEquals(expected, actual, 1e-5 * Math.max(1, Math.abs(expected)), what);
  }

  @Test
  void aNetworkThatUnitsHaveLeftIsEvaluatedExportedAndVerified() throws Exception {
    Map<?, ?> run =
        json(
            "prune --method bmrs --hidden 16,12 --epochs 16 --learning-rate 2e-2 --fine-tune 2"
                + " --seed 3 -q --out DIR/units");
    assertTrue(number(run, "pruned_structures_fraction") > 0);
    Map<?, ?> compact = json("evaluate DIR/units");
    assertEquals(number(run.get("after"), "accuracy"), number(compact, "accuracy"), 1e-9);
    assertEquals(number(run.get("after"), "nll"), number(compact, "nll"), 1e-4);
    bmr("predict DIR/units --out DIR/units.csv");
    bmr("export DIR/units --out DIR/units.onnx");
    Map<?, ?> onnx = json("evaluate DIR/units.onnx");
    assertEquals(number(compact, "nll"), number(onnx, "nll"), 1e-5);
    bmr("export DIR/units --out DIR/units.npz");
    Map<?, ?> verified = json("verify DIR/units");
    double removed = 28 * number(run, "pruned_structures_fraction");
    assertEquals(removed, number(verified, "decisions"), 1e-9);
    assertEquals(number(run, "delta_f_predicted"), number(verified, "delta_f_predicted"), 1e-2);

    Path certificate = folder.resolve("units").resolve(ResultFiles.CERTIFICATE);
    byte[] bytes = Files.readAllBytes(certificate);
    // The flags of 28 structures end the file; in front are the scores of layer2: one's fraction.
    bytes[bytes.length - 12 - 4 * 12 + 2] ^= 0x40;
    Files.write(certificate, bytes);
    Console refused = Console.run("verify", certificate.toString());
    assertEquals(1, refused.code(), refused.toString());
    assertTrue(refused.out().startsWith("No. "), refused.out());

    Console posterior =
        Console.run("evaluate", folder.resolve("units/posterior.safetensors").toString());
    assertEquals(2, posterior.code());
    assertTrue(posterior.err().contains("name compact.safetensors beside it"), posterior.err());
  }

  @Test
  void aModeHasOneSetOfWeightsThatPredicts() {
    Map<?, ?> run =
        json("prune --method flat-map --hidden 16 --warm-up 200 --samples 5 -q --out DIR/mode");
    Map<?, ?> evaluated = json("evaluate DIR/mode");
    assertEquals(number(run.get("after"), "nll"), number(evaluated, "nll"), 1e-5);
    bmr("export DIR/mode --out DIR/mode.onnx");
    Console draws =
        Console.run(
            "export",
            folder.resolve("mode").toString(),
            "--samples",
            "3",
            "--out",
            folder.resolve("draws.onnx").toString());
    assertEquals(2, draws.code());
    assertTrue(draws.err().contains("has one set of weights"), draws.err());
  }

  @Test
  void aSelectionLeavesANetworkThatPredicts() throws Exception {
    Map<?, ?> run =
        json(
            "select --data HOUSES --target-column price --ignore rent --seed 3 -q --out"
                + " DIR/selection");
    assertTrue(run.containsKey("files"));
    Map<?, ?> evaluated = json("evaluate DIR/selection");
    assertEquals(30L, evaluated.get("examples"));
    double price = 80;
    assertTrue(number(evaluated, "rmse") < price / 4, evaluated.toString());
    bmr("predict DIR/selection --data HOUSES --all --out DIR/selection.csv");
    bmr("export DIR/selection --samples 10 --out DIR/selection.onnx");
    assertSameAsOnnxruntime(folder.resolve("selection.onnx"), folder.resolve("selection.csv"));
    Console verify = Console.run("verify", folder.resolve("selection").toString());
    assertEquals(2, verify.code());
    assertTrue(verify.err().contains("inclusion probabilities"), verify.err());
  }

  @Test
  void aRegressionSaysWhatItCannotDo() {
    Map<?, ?> run =
        json(
            "prune --method principled-pruning --data HOUSES --target-column price --epochs 5"
                + " --hidden 4 -q --out DIR/short");
    assertEquals("principled-pruning", run.get("method"));
    for (String[] mistake :
        new String[][] {
          {"evaluate DIR/short --data digits", "give a table with --data"},
          {"evaluate DIR/short --target-column rooms", "predicts price"},
          {"prune --from DIR/short/posterior.safetensors", "no posterior of --method"}
        }) {
      Console console = Console.run(mistake[0].replace("DIR", folder.toString()).split(" ", -1));
      assertEquals(2, console.code(), Arrays.toString(mistake) + console);
      assertTrue(console.err().contains(mistake[1]), console.err());
    }
  }
}
