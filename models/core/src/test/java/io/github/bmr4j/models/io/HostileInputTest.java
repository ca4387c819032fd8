package io.github.bmr4j.models.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.onnx.OnnxException;
import io.github.bmr4j.engine.onnx.OnnxGraph;
import io.github.bmr4j.engine.onnx.OnnxModel;
import io.github.bmr4j.engine.onnx.OnnxPrediction;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.compact.CompactFiles;
import io.github.bmr4j.models.compact.Compaction;
import io.github.bmr4j.models.data.CifarFiles;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.IdxFiles;
import io.github.bmr4j.models.data.Table;
import io.github.bmr4j.models.data.TableFile;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.method.Checkpoints;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.method.InferenceScheme;
import io.github.bmr4j.models.method.NoisyModelFiles;
import io.github.bmr4j.models.method.PosteriorFiles;
import io.github.bmr4j.models.method.RegressionModel;
import io.github.bmr4j.models.method.RegressionModelFiles;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.method.StructureCertificateCheck;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.network.PlainNetwork;
import io.github.bmr4j.models.network.PlainNetworkFiles;
import io.github.bmr4j.models.network.PretrainedWeights;
import io.github.bmr4j.models.pruning.CertificateFiles;
import io.github.bmr4j.models.pruning.EvidenceThreshold;
import io.github.bmr4j.models.pruning.ModelReduction;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files that were damaged at random: every reader reads them or refuses them with its own exception
 * and a message, in bounded time and memory, and what carries a checksum is never read as something
 * else. {@code -Dbmr4j.fuzz=1000000} tries so many for each format, {@code -Dbmr4j.fuzzSeed}
 * others; {@code -Dbmr4j.fuzzOnly=IDX,CSV} only these formats, and {@code -Dbmr4j.fuzzFrom=500000}
 * goes on from an input, since each has a seed of its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileInputTest {

  private static final int INPUTS = Integer.getInteger("bmr4j.fuzz", 300);
  private static final int FROM = Integer.getInteger("bmr4j.fuzzFrom", 0);
  private static final long SEED = Long.getLong("bmr4j.fuzzSeed", 1);
  private static final String ONLY = System.getProperty("bmr4j.fuzzOnly", "");

  /** Between the seeds of inputs, since the first draws from seeds in a row are nearly the same. */
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  /** How often a long run says how far it is. */
  private static final int TOLD = 100_000;

  /** Bytes on the heap for each byte of a file, and besides: class loading, buffers, messages. */
  private static final long MOST_PER_BYTE = 400;

  private static final long MOST_BESIDES = 8 << 20;

  private static final long MOST_SECONDS = 20;

  /** What is read, and how. */
  enum Format {
    SAFETENSORS,
    NPZ,
    /** The arrays inside are damaged and zipped with the right checksum. */
    NPZ_CONTENT,
    IDX,
    IDX_GZIP,
    /** The content is damaged and compressed with the right checksum. */
    IDX_GZIP_CONTENT,
    CIFAR,
    CSV,
    JSON,
    POSTERIOR,
    COMPACT,
    REGRESSION,
    PLAIN,
    STRUCTURES,
    CHECKPOINT,
    /** Damaged, then given the right checksum. */
    CHECKPOINT_CONTENT,
    CERTIFICATE,
    /** Weights by the names of other libraries. */
    PRETRAINED,
    /** Up to the prediction of one example. */
    ONNX
  }

  private static List<Format> formats() {
    return ONLY.isEmpty()
        ? List.of(Format.values())
        : Arrays.stream(ONLY.split(",", -1)).map(Format::valueOf).toList();
  }

  @TempDir private static Path folder;
  private Backend backend;
  private StochasticBmr run;
  private byte[] safetensors;
  private byte[] npz;
  private byte[] posterior;
  private byte[] compact;
  private RegressionModel regression;
  private byte[] regressionPosterior;
  private PlainNetwork plain;
  private byte[] plainNetwork;
  private byte[] structures;
  private byte[] checkpoint;
  private byte[] certificate;
  private byte[] pretrained;
  private byte[] onnx;

  @BeforeAll
  void files() throws IOException {
    backend = Backends.open("scalar", 1);
    run =
        new StochasticBmr(
            backend,
            Networks.mlp(Shape.of(64), new int[] {3}, 10, UnaryFunction.RELU),
            Digits.split(0).train(),
            Digits.split(0).test(),
            StochasticBmr.Config.PUBLISHED,
            StochasticBmr.Listener.NONE);
    Path file = folder.resolve("whole");
    new SafetensorsWriter()
        .metadata("format", "pt")
        .floats("a.mean", new int[] {2, 3}, new float[] {1, 2, 3, 4, 5, 6})
        .floats("a.std", new int[] {2, 3}, new float[] {1, 1, 1, 2, 2, 2})
        .longs("steps", new int[] {1}, new long[] {7})
        .booleans("mask", new int[] {3}, new boolean[] {true, false, true})
        .write(file);
    safetensors = Files.readAllBytes(file);
    new NpzWriter()
        .floats("a.mean", new int[] {2, 3}, new float[] {1, 2, 3, 4, 5, 6})
        .floats("a.std", new int[] {2, 3}, new float[] {1, 1, 1, 2, 2, 2})
        .write(file);
    npz = Files.readAllBytes(file);
    PosteriorFiles.save(file, backend, (FlatModel) run.model(), Map.of());
    posterior = Files.readAllBytes(file);
    CompactFiles.save(file, Compaction.of(backend, run.model(), 1), Map.of());
    compact = Files.readAllBytes(file);
    Network small = Networks.mlp(Shape.of(2), new int[] {3}, 1, UnaryFunction.RELU);
    regression =
        new RegressionModel(backend, small, RegressionModel.Config.of(InferenceScheme.LOCAL), 0);
    RegressionModelFiles.save(file, backend, regression, Map.of());
    regressionPosterior = Files.readAllBytes(file);
    plain = new PlainNetwork(small, Map.of("layer1", new float[9], "layer2", new float[4]));
    PlainNetworkFiles.save(file, plain, Map.of());
    plainNetwork = Files.readAllBytes(file);
    new SafetensorsWriter()
        .metadata("format", NoisyModelFiles.CERTIFICATE_FORMAT)
        .metadata("lower", "-20.0")
        .metadata("upper", "0.0")
        .metadata("rule", "bmrs-n")
        .metadata("threshold", "-0.9")
        .floats("a.noise.location", new int[] {2}, new float[] {-1, -9})
        .floats("a.noise.log_scale", new int[] {2}, new float[] {-2, 1})
        .floats("a.noise.score", new int[] {2}, new float[] {-7, 1})
        .booleans("a.noise.kept", new int[] {2}, new boolean[] {true, false})
        .write(file);
    structures = Files.readAllBytes(file);
    Checkpoints.save(file, run, Map.of());
    checkpoint = Files.readAllBytes(file);
    ModelReduction reduction =
        new ModelReduction(
            backend,
            run.model().weights().stream()
                .map(layer -> new ModelReduction.Layer(layer.block(), layer.posterior(), true))
                .toList(),
            EvidenceThreshold.ZERO,
            true,
            true);
    reduction.prune();
    CertificateFiles.save(file, reduction, Map.of());
    certificate = Files.readAllBytes(file);
    SafetensorsWriter writer = new SafetensorsWriter();
    for (ParameterBlock block : plain().parameters()) {
      int[] shape = block.weightShape().toArray();
      writer.floats(block.layer() + ".weight", shape, new float[block.weightShape().size()]);
      writer.floats(block.layer() + ".bias", new int[] {block.rows()}, new float[block.rows()]);
    }
    writer.write(file);
    pretrained = Files.readAllBytes(file);
    onnx = onnx();
    Files.writeString(
        folder.resolve("fine_label_names.txt"),
        IntStream.range(0, 100).mapToObj(i -> "class" + i + "\n").collect(Collectors.joining()));
    Files.write(folder.resolve("train.bin"), new byte[3074]);
  }

  /** Images, a convolution of what is padded, a choice of what is pooled, classes. */
  private static byte[] onnx() {
    OnnxGraph graph = new OnnxGraph();
    String x = graph.input("x", 1, 4, 4);
    x = graph.node("Pad", x, graph.indices(0, 0, 1, 0, 0, 0, 0, 1));
    String filters = graph.constant(new float[] {1, 2, 3, 4, -1, -2, -3, -4}, 2, 1, 2, 2);
    x = graph.node("Conv", Map.of("strides", new int[] {1, 2}), x, filters);
    x = graph.node("Relu", x);
    int[] two = {2, 2};
    x = graph.node("MaxPool", Map.of("kernel_shape", two, "strides", two), x);
    x = graph.node("Reshape", x, graph.indices(0, -1));
    x = graph.node("Gather", Map.of("axis", 1), x, graph.indices(0, 2, 3));
    x = graph.node("MatMul", x, graph.constant(new float[] {1, 2, 3, 4, 5, 6}, 3, 2));
    x = graph.node("Mul", graph.node("Add", x, graph.constant(new float[2], 2)), x);
    graph.output(graph.node("Softmax", Map.of("axis", 1), x), "p", 2);
    return graph.toBytes("test", Map.of("classes", "[\"a\",\"b\"]"));
  }

  @AfterAll
  void close() {
    backend.close();
  }

  private static Network plain() {
    return Networks.mlp(Shape.of(3), new int[] {2}, 2, UnaryFunction.RELU);
  }

  private byte[] whole(Format format) throws IOException {
    return switch (format) {
      case SAFETENSORS -> safetensors;
      case NPZ -> npz;
      case NPZ_CONTENT -> npy("'<f4'", "(2, 3)", 24);
      case IDX, IDX_GZIP_CONTENT -> idx();
      case IDX_GZIP -> gzip(idx());
      case CIFAR -> new byte[2 * 3074];
      case CSV ->
          "a,b,\"c \"\"d\"\"\",y\n1,2.5,x,0\n-3e2,.5,y,1\n4,5.,\"x,\n\",1\n"
              .getBytes(StandardCharsets.UTF_8);
      case JSON ->
          "{\"a\":[1,-2.5e3,true,null,\"\\u00e9\\n\"],\"b\":{\"c\":{}},\"d\":9007199254740993}"
              .getBytes(StandardCharsets.UTF_8);
      case POSTERIOR -> posterior;
      case COMPACT -> compact;
      case REGRESSION -> regressionPosterior;
      case PLAIN -> plainNetwork;
      case STRUCTURES -> structures;
      case CHECKPOINT, CHECKPOINT_CONTENT -> checkpoint;
      case CERTIFICATE -> certificate;
      case PRETRAINED -> pretrained;
      case ONNX -> onnx;
    };
  }

  private static byte[] npy(String type, String shape, int bytes) throws IOException {
    String header = "{'descr': " + type + ", 'fortran_order': False, 'shape': " + shape + ", }";
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0});
    out.write((header + " ".repeat(117 - header.length()) + "\n").getBytes(StandardCharsets.UTF_8));
    out.write(new byte[bytes]);
    return out.toByteArray();
  }

  private static byte[] idx() {
    byte[] file = new byte[16 + 12];
    ByteBuffer.wrap(file).putInt(0x803).putInt(3).putInt(2).putInt(2);
    return file;
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    }
    return out.toByteArray();
  }

  /** What a damaged content is put into. */
  private static byte[] wrapped(Format format, byte[] damaged) throws IOException {
    return switch (format) {
      case IDX_GZIP_CONTENT -> gzip(damaged);
      case NPZ_CONTENT -> {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
          zip.putNextEntry(new ZipEntry("a.npy"));
          zip.write(damaged);
        }
        yield out.toByteArray();
      }
      case CHECKPOINT_CONTENT -> sealed(damaged);
      default -> damaged;
    };
  }

  /** With the checksum that it should have, where it still has a place for it. */
  private static byte[] sealed(byte[] damaged) {
    if (damaged.length < 8) {
      return damaged;
    }
    long length = ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 0 || length > damaged.length - 8) {
      return damaged;
    }
    byte[] header = Arrays.copyOf(damaged, 8 + (int) length);
    byte[] rest = Arrays.copyOfRange(damaged, header.length, damaged.length);
    SafetensorsHeader.putDigest(header, SafetensorsHeader.SEAL, SafetensorsHeader.NO_DIGEST);
    SafetensorsHeader.putDigest(header, SafetensorsHeader.SEAL, Sha256.of(header, rest));
    byte[] sealed = Arrays.copyOf(header, damaged.length);
    System.arraycopy(rest, 0, sealed, header.length, rest.length);
    return sealed;
  }

  @ParameterizedTest
  @MethodSource("formats")
  void damagedInputIsReadOrRefusedAndNothingElse(Format format) throws IOException {
    byte[] whole = whole(format);
    Path file = folder.resolve(format == Format.CIFAR ? "test.bin" : "damaged");
    long seeds = SEED * 31 + format.name().hashCode();
    byte[] fit = wrapped(format, whole);
    Files.write(file, fit);
    String expected = read(format, file, fit);
    int refused = 0;
    long slowest = 0;
    for (int i = FROM; i < FROM + INPUTS; i++) {
      byte[] damaged = wrapped(format, new Mutations(seeds + i * SPREAD).of(whole));
      Files.write(file, damaged);
      long allocated = Allocated.bytes();
      long start = System.nanoTime();
      try {
        String found = read(format, file, damaged);
        if (format == Format.IDX_GZIP || format == Format.CHECKPOINT) {
          assertEquals(expected, found, "read as something else");
        }
      } catch (InvalidFileException expectedRefusal) {
        assertTrue(expectedRefusal.getMessage().length() > 10, expectedRefusal.getMessage());
        refused++;
      } catch (RuntimeException | Error crash) {
        throw new AssertionError(format + ", input " + i + ": " + describe(damaged), crash);
      }
      slowest = Math.max(slowest, System.nanoTime() - start);
      long taken = Allocated.bytes() - allocated;
      assertTrue(
          taken <= MOST_BESIDES + MOST_PER_BYTE * damaged.length,
          () -> taken + " bytes for " + damaged.length + ": " + describe(damaged));
      if ((i + 1) % TOLD == 0) {
        System.out.printf("%s: %,d inputs so far%n", format, i + 1);
      }
    }
    assertTrue(slowest < MOST_SECONDS * 1_000_000_000L, slowest + " ns");
    if (format != Format.CIFAR) {
      assertTrue(refused > INPUTS / 10, "only " + refused + " were refused");
    }
    System.out.printf(
        "%s: inputs %,d to %,d, %,d refused, the slowest took %.1f ms%n",
        format, FROM, FROM + INPUTS - 1, refused, slowest * 1e-6);
  }

  private static String describe(byte[] bytes) {
    return new String(
        Arrays.copyOf(bytes, Math.min(bytes.length, 500)), StandardCharsets.ISO_8859_1);
  }

  /** Reads all that a reader gives; what it is, in short. */
  private String read(Format format, Path file, byte[] bytes) throws IOException {
    return switch (format) {
      case NPZ_CONTENT -> tensors(file);
      case SAFETENSORS, NPZ -> tensors(file) + posteriors(file);
      case IDX, IDX_GZIP, IDX_GZIP_CONTENT -> {
        IdxFiles.IdxArray array = IdxFiles.read(file);
        long product = 1;
        for (int dimension : array.dimensions()) {
          product *= dimension;
        }
        assertEquals(product, array.elements().length);
        yield Arrays.toString(array.dimensions()) + Arrays.toString(array.elements());
      }
      case CIFAR ->
          CifarFiles.read(folder, CifarFiles.Kind.CIFAR100).test().size() * 3074L == bytes.length
              ? "fits"
              : invalid("the size");
      case CSV -> table(file);
      case JSON -> {
        Object value = Json.parse(bytes, "json", Json.Limits.DEFAULT);
        String written = Json.write(value);
        assertEquals(value, Json.parse(written, "written"), "written and read again");
        yield written;
      }
      case POSTERIOR -> {
        PosteriorFiles.load(file, backend, (FlatModel) run.model());
        yield "posterior";
      }
      case COMPACT -> {
        CompactFiles.load(file);
        yield "compact";
      }
      case REGRESSION -> {
        RegressionModelFiles.load(file, backend, regression);
        yield "regression";
      }
      case PLAIN -> {
        PlainNetworkFiles.load(file, plain.network());
        yield "plain";
      }
      case STRUCTURES -> {
        new StructureCertificateCheck(file).firstDifference();
        yield "structures";
      }
      case CHECKPOINT, CHECKPOINT_CONTENT -> {
        Checkpoints.resume(file, run, Map.of());
        yield "step " + run.steps();
      }
      case CERTIFICATE -> {
        CertificateFiles.Certificate certificate = CertificateFiles.load(file);
        for (ModelReduction.Decisions layer : certificate.layers()) {
          assertEquals(layer.block().size(), layer.deltaF().length);
        }
        yield "certificate";
      }
      case PRETRAINED -> {
        PretrainedWeights.read(file, plain());
        yield "pretrained";
      }
      case ONNX -> {
        try {
          OnnxModel model = OnnxModel.read(file);
          int batch = model.batch().orElse(2);
          OnnxPrediction prediction = new OnnxPrediction(backend, model, batch, 1 << 18);
          Map<String, float[]> found = prediction.predict(new float[prediction.inputs()], 1);
          found.forEach((name, row) -> assertEquals(prediction.width(name), row.length));
          yield model.metadata() + found.keySet().toString();
        } catch (OnnxException refused) {
          throw new InvalidFileException(file.toString(), -1, refused.getMessage(), refused);
        }
      }
    };
  }

  private static String invalid(String what) {
    throw new AssertionError("read in silence, but wrong: " + what);
  }

  private static String tensors(Path file) throws IOException {
    StringBuilder all = new StringBuilder();
    try (TensorReader reader = TensorReader.open(file)) {
      for (TensorEntry tensor : reader.tensors()) {
        long elements = 1;
        for (long dimension : tensor.shape()) {
          elements = Math.multiplyExact(elements, dimension);
        }
        assertEquals(elements, tensor.elements());
        assertEquals(elements * tensor.type().bytes(), reader.bytes(tensor).byteSize());
        all.append(tensor.name()).append(tensor.shape());
        if (tensor.type().name().contains("F")) {
          all.append(Arrays.hashCode(reader.readFloats(tensor.name())));
        }
      }
    }
    return all.toString();
  }

  private static String posteriors(Path file) throws IOException {
    StringBuilder all = new StringBuilder();
    try (GaussianPosteriorReader reader =
        new GaussianPosteriorReader(
            file, GaussianPosteriorReader.Naming.MEAN_AND_STD, name -> true)) {
      for (GaussianPosteriorReader.Factors factors : reader.factors()) {
        int count = Math.toIntExact(factors.size());
        float[] mean = new float[count];
        float[] deviation = new float[count];
        reader.read(factors, 0, count, mean, deviation);
        all.append(factors.name()).append(Arrays.hashCode(mean)).append(Arrays.hashCode(deviation));
      }
    }
    return all.toString();
  }

  private static String table(Path file) throws IOException {
    Table table = TableFile.read(file, TableFile.Format.CSV);
    try {
      String target = table.columns().getLast();
      Table.Named named = table.regression(List.of(target), Set.of());
      assertEquals(table.size(), named.dataset().size());
      float[] row = new float[named.features().size()];
      named.dataset().copyFeatures(0, 1, row, 0);
      for (float value : row) {
        assertTrue(Float.isFinite(value), "a feature that is not finite");
      }
      return named.features().toString();
    } catch (IllegalArgumentException refused) {
      throw new InvalidFileException(file.toString(), -1, refused.getMessage(), refused);
    }
  }
}
