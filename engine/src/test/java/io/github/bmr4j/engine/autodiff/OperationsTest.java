package io.github.bmr4j.engine.autodiff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.distribution.ActivationMoments;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.Window;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.DoubleBinaryOperator;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every operation against an independent double implementation and its finite differences. */
class OperationsTest {

  /** What float arithmetic over sums of some ten terms leaves. */
  private static final double TOLERANCE = 5e-6;

  private static Backend scalar;
  private static Backend best;

  @BeforeAll
  static void open() {
    scalar = Backends.open("scalar", 1);
    best = Backends.open();
  }

  @AfterAll
  static void close() {
    scalar.close();
    best.close();
  }

  /** A case: the classes of operations that it covers, and the check. */
  private record Case(String name, Set<Class<?>> covers, Check check) {}

  private interface Check {
    void on(Backend backend);
  }

  private static Stream<Case> cases() {
    Stream<Case> functions =
        Stream.of(UnaryFunction.values())
            .map(
                f ->
                    new Case(
                        "Apply " + f,
                        Set.of(Apply.class),
                        b -> {
                          GradientCheck check = new GradientCheck(b);
                          boolean positive = f == UnaryFunction.LOG || f == UnaryFunction.SQRT;
                          check = positive ? check.positive(5, 7) : check.operand(5, 7);
                          check.check(x -> new Apply(f, x.get(0)), x -> map(f, x[0]), TOLERANCE);
                        }));
    return Stream.concat(
        functions,
        Stream.of(
            new Case(
                "Linear",
                Set.of(Linear.class),
                b ->
                    new GradientCheck(b)
                        .operand(5, 7)
                        .operand(3, 7)
                        .operand(3)
                        .check(
                            x -> new Linear(x.get(0), x.get(1), x.get(2)),
                            x -> linear(x[0], x[1], x[2], 5, 7, 3),
                            TOLERANCE)),
            new Case(
                "Linear of a batch of one",
                Set.of(Linear.class),
                b ->
                    new GradientCheck(b)
                        .operand(1, 17)
                        .operand(1, 17)
                        .operand(1)
                        .check(
                            x -> new Linear(x.get(0), x.get(1), x.get(2)),
                            x -> linear(x[0], x[1], x[2], 1, 17, 1),
                            TOLERANCE)),
            new Case(
                "Convolution",
                Set.of(Convolution.class),
                b -> {
                  Window window = Window.square(3);
                  ImageReference reference = new ImageReference(2, 2, 5, 6, window);
                  new GradientCheck(b)
                      .operand(2, 2, 5, 6)
                      .operand(3, 2 * window.size())
                      .operand(3)
                      .check(
                          x -> new Convolution(x.get(0), x.get(1), x.get(2), window, 1),
                          x -> reference.convolution(x[0], x[1], x[2], 1),
                          TOLERANCE);
                }),
            new Case(
                "Convolution with stride, padding and groups",
                Set.of(Convolution.class),
                b -> {
                  Window window = new Window(3, 2, 2, 1, 1, 1);
                  ImageReference reference = new ImageReference(2, 4, 6, 5, window);
                  new GradientCheck(b)
                      .operand(2, 4, 6, 5)
                      .operand(6, 2 * window.size())
                      .operand(6)
                      .check(
                          x -> new Convolution(x.get(0), x.get(1), x.get(2), window, 2),
                          x -> reference.convolution(x[0], x[1], x[2], 2),
                          TOLERANCE);
                }),
            new Case(
                "MaxPool",
                Set.of(MaxPool.class),
                b -> {
                  Window window = Window.tiles(2);
                  ImageReference reference = new ImageReference(2, 2, 4, 8, window);
                  new GradientCheck(b)
                      .operand(2, 2, 4, 8)
                      .check(
                          x -> new MaxPool(x.get(0), window),
                          x -> reference.maxPool(x[0]),
                          TOLERANCE);
                }),
            new Case(
                "MaxPool of overlapping windows",
                Set.of(MaxPool.class),
                b -> {
                  Window window = Window.square(3, 2, 1);
                  ImageReference reference = new ImageReference(1, 3, 5, 7, window);
                  new GradientCheck(b)
                      .operand(1, 3, 5, 7)
                      .check(
                          x -> new MaxPool(x.get(0), window),
                          x -> reference.maxPool(x[0]),
                          TOLERANCE);
                }),
            new Case(
                "AveragePool",
                Set.of(AveragePool.class),
                b -> {
                  Window window = Window.tiles(2);
                  ImageReference reference = new ImageReference(2, 2, 5, 9, window);
                  new GradientCheck(b)
                      .operand(2, 2, 5, 9)
                      .check(
                          x -> new AveragePool(x.get(0), window),
                          x -> reference.averagePool(x[0]),
                          TOLERANCE);
                }),
            new Case(
                "AveragePool of overlapping windows",
                Set.of(AveragePool.class),
                b -> {
                  Window window = Window.square(3, 2, 1);
                  ImageReference reference = new ImageReference(1, 3, 5, 7, window);
                  new GradientCheck(b)
                      .operand(1, 3, 5, 7)
                      .check(
                          x -> new AveragePool(x.get(0), window),
                          x -> reference.averagePool(x[0]),
                          TOLERANCE);
                }),
            new Case(
                "image used by a pooling and a convolution",
                Set.of(Convolution.class, MaxPool.class, AveragePool.class),
                b -> {
                  Window one = Window.square(1);
                  Window two = Window.tiles(2);
                  ImageReference reference = new ImageReference(1, 1, 4, 8, one);
                  ImageReference halves = new ImageReference(1, 1, 4, 8, two);
                  new GradientCheck(b)
                      .operand(1, 1, 4, 8)
                      .operand(1, 1)
                      .operand(1)
                      .check(
                          x -> {
                            Node y = new Convolution(x.get(0), x.get(1), x.get(2), one, 1);
                            Node mean = new AveragePool(x.get(0), two);
                            Node largest = new MaxPool(x.get(0), two);
                            Node pooled = new AveragePool(y, two);
                            return new Add(new Add(mean, largest), pooled);
                          },
                          x -> {
                            double[] y = reference.convolution(x[0], x[1], x[2], 1);
                            double[] pooled = halves.averagePool(y);
                            double[] mean = halves.averagePool(x[0]);
                            double[] sum = zip(mean, halves.maxPool(x[0]), Double::sum);
                            return zip(sum, pooled, Double::sum);
                          },
                          TOLERANCE);
                }),
            new Case(
                "BatchNormalization of images",
                Set.of(BatchNormalization.class),
                b ->
                    new GradientCheck(b)
                        .operand(3, 5, 2, 4)
                        .operand(5)
                        .operand(5)
                        .check(
                            x ->
                                new BatchNormalization(
                                    x.get(0), x.get(1), x.get(2), new RunningStatistics(b, 5)),
                            x -> ImageReference.normalizeChannels(x[0], x[1], x[2], 8),
                            2e-5)),
            new Case(
                "BatchNormalization of vectors beside its operand",
                Set.of(BatchNormalization.class),
                b ->
                    new GradientCheck(b)
                        .operand(9, 3)
                        .operand(3)
                        .operand(3)
                        .check(
                            x ->
                                new Add(
                                    x.get(0),
                                    new BatchNormalization(
                                        x.get(0), x.get(1), x.get(2), new RunningStatistics(b, 3))),
                            x ->
                                zip(
                                    x[0],
                                    ImageReference.normalizeChannels(x[0], x[1], x[2], 1),
                                    Double::sum),
                            2e-5)),
            new Case(
                "Elements, some of them twice, some zeros",
                Set.of(Elements.class),
                b ->
                    new GradientCheck(b)
                        .operand(3, 4)
                        .check(
                            x -> new Elements(x.get(0), new int[] {2, 0, 2, -1}, COLUMNS),
                            x -> elements(x[0], new int[] {2, 0, 2, -1}, COLUMNS, 4),
                            TOLERANCE)),
            new Case(
                "Elements beside their operand",
                Set.of(Elements.class),
                b ->
                    new GradientCheck(b)
                        .operand(5)
                        .check(
                            x ->
                                new Add(
                                    x.get(0), new Elements(x.get(0), new int[] {4, 3, -1, 1, 1})),
                            x ->
                                zip(
                                    x[0],
                                    elements(x[0], new int[1], new int[] {4, 3, -1, 1, 1}, 5),
                                    Double::sum),
                            TOLERANCE)),
            new Case(
                "LogSumExp",
                Set.of(LogSumExp.class),
                b ->
                    new GradientCheck(b)
                        .operand(2, 3, 5)
                        .check(x -> new LogSumExp(x.get(0)), x -> logSumExp(x[0], 5), TOLERANCE)),
            new Case(
                "LogSumExp beside a function of its operand",
                Set.of(LogSumExp.class),
                b ->
                    new GradientCheck(b)
                        .operand(4, 1)
                        .check(
                            x ->
                                new Add(
                                    new LogSumExp(x.get(0)), View.reshape(x.get(0), Shape.of(4))),
                            x -> zip(x[0], logSumExp(x[0], 1), Double::sum),
                            TOLERANCE)),
            new Case(
                "LayerNormalization",
                Set.of(LayerNormalization.class),
                b ->
                    new GradientCheck(b)
                        .operand(2, 3, 19)
                        .operand(19)
                        .operand(19)
                        .check(
                            x -> new LayerNormalization(x.get(0), x.get(1), x.get(2)),
                            x -> SequenceReference.normalize(x[0], x[1], x[2]),
                            1e-5)),
            new Case(
                "LayerNormalization beside its operand",
                Set.of(LayerNormalization.class),
                b ->
                    new GradientCheck(b)
                        .operand(4, 5)
                        .operand(5)
                        .operand(5)
                        .check(
                            x ->
                                new Add(
                                    x.get(0), new LayerNormalization(x.get(0), x.get(1), x.get(2))),
                            x ->
                                zip(
                                    x[0],
                                    SequenceReference.normalize(x[0], x[1], x[2]),
                                    Double::sum),
                            1e-5)),
            new Case(
                "Softmax beside its operand",
                Set.of(Softmax.class),
                b ->
                    new GradientCheck(b)
                        .operand(2, 3, 65)
                        .check(
                            x -> new Add(new Softmax(x.get(0)), x.get(0)),
                            x -> zip(x[0], SequenceReference.softmax(x[0], 65), Double::sum),
                            TOLERANCE)),
            new Case(
                "Softmax",
                Set.of(Softmax.class),
                b ->
                    new GradientCheck(b)
                        .operand(7, 5)
                        .check(
                            x -> new Softmax(x.get(0)),
                            x -> SequenceReference.softmax(x[0], 5),
                            TOLERANCE)),
            new Case(
                "Permute of tokens into heads",
                Set.of(Permute.class),
                b ->
                    new GradientCheck(b)
                        .operand(2, 3, 4, 5)
                        .check(
                            x -> new Permute(x.get(0), 2, 0, 3, 1),
                            x -> {
                              double[] y = new double[120];
                              for (int i = 0; i < 120; i++) {
                                int q = i % 3;
                                int d = i / 3 % 5;
                                int n = i / 15 % 2;
                                int h = i / 30;
                                y[i] = x[0][((n * 3 + q) * 4 + h) * 5 + d];
                              }
                              return y;
                            },
                            TOLERANCE)),
            new Case(
                "Permute, of an operand used twice",
                Set.of(Permute.class),
                b ->
                    new GradientCheck(b)
                        .operand(3, 3)
                        .check(
                            x -> new Add(new Permute(x.get(0), 1, 0), x.get(0)),
                            x -> {
                              double[] y = new double[9];
                              for (int i = 0; i < 9; i++) {
                                y[i] = x[0][i] + x[0][i % 3 * 3 + i / 3];
                              }
                              return y;
                            },
                            TOLERANCE)),
            new Case(
                "BatchedProduct",
                Set.of(BatchedProduct.class),
                b ->
                    new GradientCheck(b)
                        .operand(3, 4, 5)
                        .operand(3, 5, 7)
                        .check(
                            x -> new BatchedProduct(x.get(0), x.get(1), false),
                            x -> SequenceReference.product(x[0], x[1], 3, 4, 5, 7, false),
                            TOLERANCE)),
            new Case(
                "BatchedProduct, transposed, of operands used twice",
                Set.of(BatchedProduct.class),
                b ->
                    new GradientCheck(b)
                        .operand(2, 5, 5)
                        .operand(2, 5, 5)
                        .check(
                            x ->
                                new Add(
                                    new BatchedProduct(x.get(0), x.get(1), true),
                                    new Add(x.get(0), x.get(1))),
                            x ->
                                zip(
                                    SequenceReference.product(x[0], x[1], 2, 5, 5, 5, true),
                                    zip(x[0], x[1], Double::sum),
                                    Double::sum),
                            TOLERANCE)),
            new Case(
                "Attention",
                Set.of(Attention.class),
                b ->
                    new GradientCheck(b)
                        .operand(2, 5, 18)
                        .check(
                            x -> new Attention(x.get(0), 2),
                            x -> SequenceReference.attention(x[0], 2, 5, 2, 3),
                            TOLERANCE)),
            new Case(
                "Attention, of an operand used twice",
                Set.of(Attention.class),
                b ->
                    new GradientCheck(b)
                        .operand(1, 3, 6)
                        .check(
                            x ->
                                new Add(
                                    new Attention(x.get(0), 1),
                                    View.reshape(
                                        new View(x.get(0), 0, Shape.of(6)), Shape.of(1, 3, 2))),
                            x -> {
                              double[] y = SequenceReference.attention(x[0], 1, 3, 1, 2);
                              for (int i = 0; i < y.length; i++) {
                                y[i] += x[0][i];
                              }
                              return y;
                            },
                            TOLERANCE)),
            new Case(
                "ClassTokens",
                Set.of(ClassTokens.class),
                b ->
                    new GradientCheck(b)
                        .operand(3, 2, 5)
                        .operand(5)
                        .operand(3, 5)
                        .check(
                            x -> new ClassTokens(x.get(0), x.get(1), x.get(2)),
                            x -> {
                              double[] y = new double[45];
                              for (int i = 0; i < 45; i++) {
                                int t = i / 5 % 3;
                                double token = t == 0 ? x[1][i % 5] : x[0][i - 5 * (i / 15 + 1)];
                                y[i] = token + x[2][i % 15];
                              }
                              return y;
                            },
                            TOLERANCE)),
            new Case(
                "Add",
                Set.of(Add.class),
                b ->
                    new GradientCheck(b)
                        .operand(33)
                        .operand(33)
                        .check(
                            x -> new Add(x.get(0), x.get(1)),
                            x -> zip(x[0], x[1], (p, q) -> p + q),
                            TOLERANCE)),
            new Case(
                "Multiply",
                Set.of(Multiply.class),
                b ->
                    new GradientCheck(b)
                        .operand(33)
                        .operand(33)
                        .check(
                            x -> new Multiply(x.get(0), x.get(1)),
                            x -> zip(x[0], x[1], (p, q) -> p * q),
                            TOLERANCE)),
            new Case(
                "one operand used thrice",
                Set.of(Add.class, Multiply.class),
                b ->
                    new GradientCheck(b)
                        .operand(21)
                        .check(
                            x -> new Add(x.get(0), new Multiply(x.get(0), x.get(0))),
                            x -> zip(x[0], x[0], (p, q) -> p + p * q),
                            TOLERANCE)),
            new Case(
                "Scale",
                Set.of(Scale.class),
                b ->
                    new GradientCheck(b)
                        .operand(2, 9)
                        .check(
                            x -> new Add(new Scale(-1.5f, x.get(0)), new Scale(0.25f, x.get(0))),
                            x -> zip(x[0], x[0], (p, q) -> -1.25 * p),
                            TOLERANCE)),
            new Case(
                "Sum",
                Set.of(Sum.class),
                b ->
                    new GradientCheck(b)
                        .operand(3, 11)
                        .check(
                            x -> new Apply(UnaryFunction.SQUARE, new Sum(x.get(0))),
                            x -> new double[] {square(sum(x[0]))},
                            1e-5)),
            new Case(
                "Sum beside another use",
                Set.of(Sum.class),
                b ->
                    new GradientCheck(b)
                        .operand(1)
                        .check(
                            x -> new Add(View.reshape(new Sum(x.get(0)), Shape.of(1)), x.get(0)),
                            x -> new double[] {2 * x[0][0]},
                            TOLERANCE)),
            new Case(
                "View",
                Set.of(View.class),
                b ->
                    new GradientCheck(b)
                        .operand(4, 6)
                        .operand(2, 3)
                        .check(
                            // Two views that tile, one that overlaps both, and a part nobody uses.
                            x ->
                                new Add(
                                    new Multiply(
                                        new View(x.get(0), 0, Shape.of(2, 3)),
                                        new View(x.get(0), 6, Shape.of(2, 3))),
                                    new Multiply(new View(x.get(0), 3, Shape.of(2, 3)), x.get(1))),
                            x -> {
                              double[] y = new double[6];
                              for (int i = 0; i < 6; i++) {
                                y[i] = x[0][i] * x[0][i + 6] + x[0][i + 3] * x[1][i];
                              }
                              return y;
                            },
                            TOLERANCE)),
            new Case(
                "views of a block of parameters",
                Set.of(View.class, Linear.class),
                b ->
                    new GradientCheck(b)
                        .operand(2, 4)
                        .operand(15)
                        .check(
                            x ->
                                new Linear(
                                    x.get(0),
                                    new View(x.get(1), 0, Shape.of(3, 4)),
                                    new View(x.get(1), 12, Shape.of(3))),
                            x ->
                                linear(
                                    x[0],
                                    Arrays.copyOf(x[1], 12),
                                    Arrays.copyOfRange(x[1], 12, 15),
                                    2,
                                    4,
                                    3),
                            TOLERANCE)),
            new Case(
                "SoftmaxCrossEntropy",
                Set.of(SoftmaxCrossEntropy.class),
                b ->
                    new GradientCheck(b)
                        .operand(4, 5)
                        .check(
                            x -> new SoftmaxCrossEntropy(x.get(0), labels(b, 3, 0, 4, 1)),
                            x -> crossEntropy(x[0], 5, 3, 0, 4, 1),
                            TOLERANCE)),
            new Case(
                "MomentLinear",
                Set.of(MomentLinear.class),
                b ->
                    new GradientCheck(b)
                        .positive(10, 7)
                        .operand(3, 7)
                        .positive(3, 7)
                        .operand(3)
                        .positive(3)
                        .check(
                            x -> new MomentLinear(x.get(0), x.get(1), x.get(2), x.get(3), x.get(4)),
                            x -> momentLinear(x[0], x[1], x[2], x[1], x[3], x[4], 5, 7, 3),
                            1e-5)),
            new Case(
                "MomentLinear without bias, with other squares, of operands used twice",
                Set.of(MomentLinear.class),
                b ->
                    new GradientCheck(b)
                        .positive(4, 5)
                        .operand(2, 5)
                        .positive(2, 5)
                        .operand(2, 5)
                        .check(
                            x ->
                                new Add(
                                    new MomentLinear(
                                        x.get(0), x.get(1), x.get(2), x.get(3), null, null),
                                    new MomentLinear(
                                        x.get(0), x.get(3), x.get(2), x.get(1), null, null)),
                            x ->
                                zip(
                                    momentLinear(
                                        x[0],
                                        x[1],
                                        x[2],
                                        x[3],
                                        new double[2],
                                        new double[2],
                                        2,
                                        5,
                                        2),
                                    momentLinear(
                                        x[0],
                                        x[3],
                                        x[2],
                                        x[1],
                                        new double[2],
                                        new double[2],
                                        2,
                                        5,
                                        2),
                                    (p, q) -> p + q),
                            1e-5)),
            new Case(
                "MomentApply",
                Set.of(MomentApply.class),
                b -> {
                  for (ActivationMoments f : ActivationMoments.values()) {
                    new GradientCheck(b)
                        .positive(6, 5)
                        .check(
                            x -> new MomentApply(f, new Add(x.get(0), shift(b, 3, 5))),
                            x -> momentApply(f, x[0]),
                            1e-5);
                  }
                }),
            new Case(
                "MomentProduct",
                Set.of(MomentProduct.class),
                b -> {
                  moments(b, 2, x -> new MomentProduct(x[0], x[1]), x -> product(x, false));
                  moments(b, 2, x -> new MomentProduct(x[0], x[1], true), x -> product(x, true));
                }),
            new Case(
                "MomentMix",
                Set.of(MomentMix.class),
                b -> {
                  moments(b, 3, x -> new MomentMix(x[0], x[1], x[2]), x -> mix(x, false));
                  moments(b, 3, x -> new MomentMix(x[0], x[1], x[2], true), x -> mix(x, true));
                }),
            new Case(
                "Columns",
                Set.of(Columns.class),
                b ->
                    new GradientCheck(b)
                        .operand(3, 7)
                        .check(
                            x ->
                                new Multiply(
                                    new Columns(x.get(0), 1, 3), new Columns(x.get(0), 3, 3)),
                            x -> {
                              double[] y = new double[9];
                              for (int i = 0; i < 9; i++) {
                                int row = i / 3 * 7 + i % 3;
                                y[i] = x[0][row + 1] * x[0][row + 3];
                              }
                              return y;
                            },
                            TOLERANCE)),
            new Case(
                "Linear without bias",
                Set.of(Linear.class),
                b ->
                    new GradientCheck(b)
                        .operand(5, 7)
                        .operand(3, 7)
                        .check(
                            x -> new Linear(x.get(0), x.get(1)),
                            x -> linear(x[0], x[1], new double[3], 5, 7, 3),
                            TOLERANCE)),
            new Case(
                "Gather",
                Set.of(Gather.class),
                b ->
                    new GradientCheck(b)
                        .operand(4, 3)
                        .check(
                            x -> new Gather(x.get(0), indices(b)),
                            x -> gather(x[0], 3),
                            TOLERANCE)),
            new Case(
                "Gather from a table used twice",
                Set.of(Gather.class),
                b ->
                    new GradientCheck(b)
                        .operand(4, 3)
                        .check(
                            x ->
                                new Multiply(
                                    new Gather(x.get(0), indices(b)),
                                    new Gather(x.get(0), indices(b))),
                            x -> zip(gather(x[0], 3), gather(x[0], 3), (p, q) -> p * q),
                            TOLERANCE)),
            new Case(
                "RepeatRows",
                Set.of(RepeatRows.class),
                b -> {
                  repeatRows(b, 3, 5, true);
                  repeatRows(b, 7, 17, false);
                  repeatRows(b, 4, 0, true);
                }),
            new Case(
                "RepeatRows of an operand used twice",
                Set.of(RepeatRows.class),
                b ->
                    new GradientCheck(b)
                        .operand(3)
                        .check(
                            x ->
                                new Multiply(
                                    new RepeatRows(x.get(0), 4, true),
                                    new RepeatRows(x.get(0), 4, true)),
                            x ->
                                zip(
                                    repeatRows(x[0], 4, true),
                                    repeatRows(x[0], 4, true),
                                    (p, q) -> p * q),
                            TOLERANCE)),
            new Case(
                "HorseshoeScale of rows",
                Set.of(HorseshoeScale.class),
                b ->
                    new GradientCheck(b)
                        .operand(1)
                        .operand(1)
                        .operand(3)
                        .operand(1)
                        .operand(3)
                        .check(
                            x ->
                                new HorseshoeScale(
                                    0.8, x.get(0), x.subList(1, 3), x.subList(3, 5), 3, 0, true),
                            x -> horseshoe(0.8, x[0], 3, i -> i, x, 2),
                            TOLERANCE)),
            new Case(
                "HorseshoeScale of weights and biases",
                Set.of(HorseshoeScale.class),
                b ->
                    new GradientCheck(b)
                        .operand(1)
                        .operand(1)
                        .operand(2)
                        .operand(8)
                        .operand(1)
                        .operand(2)
                        .operand(8)
                        .check(
                            x ->
                                new HorseshoeScale(
                                    0.8, x.get(0), x.subList(1, 4), x.subList(4, 7), 2, 3, true),
                            x -> horseshoe(0.8, x[0], 8, i -> i < 6 ? i / 3 : i - 6, x, 3),
                            TOLERANCE)),
            new Case(
                "HorseshoeScale without a slab, of an operand used twice",
                Set.of(HorseshoeScale.class),
                b ->
                    new GradientCheck(b)
                        .operand(2)
                        .operand(2)
                        .check(
                            x ->
                                new Multiply(
                                    new HorseshoeScale(
                                        1.5, null, x.subList(0, 1), x.subList(1, 2), 2, 0, true),
                                    x.get(0)),
                            x ->
                                new double[] {
                                  1.5 * Math.exp(0.5 * (x[0][0] - x[1][0])) * x[0][0],
                                  1.5 * Math.exp(0.5 * (x[0][1] - x[1][1])) * x[0][1]
                                },
                            TOLERANCE)),
            new Case(
                "GaussianNegativeLogLikelihood",
                Set.of(GaussianNegativeLogLikelihood.class),
                b -> {
                  gaussian(b, 5, 1, 1);
                  gaussian(b, 4, 3, 1);
                  gaussian(b, 4, 2, 2);
                }),
            new Case(
                "GaussianNegativeLogLikelihood with a relative precision",
                Set.of(GaussianNegativeLogLikelihood.class),
                b -> {
                  heteroscedastic(b, 5, 1);
                  heteroscedastic(b, 4, 3);
                }),
            new Case(
                "GaussianNegativeLogLikelihood of operands used twice",
                Set.of(GaussianNegativeLogLikelihood.class),
                b ->
                    new GradientCheck(b)
                        .positive(4, 2)
                        .positive(2, 2)
                        .check(
                            x ->
                                new Add(
                                    new GaussianNegativeLogLikelihood(
                                        x.get(0), x.get(0), targets(b, 4, 2), x.get(1)),
                                    new GaussianNegativeLogLikelihood(
                                        x.get(0), null, targets(b, 4, 2), x.get(1))),
                            x ->
                                zip(
                                    gaussian(x[0], x[0], x[1], 1),
                                    gaussian(x[0], new double[8], x[1], 1),
                                    (p, q) -> p + q),
                            1e-5))));
  }

  private static final int[] COLUMNS = {3, -1, 1};

  /** Of a matrix, by rows and columns, −1 for a zero. */
  private static double[] elements(double[] x, int[] rows, int[] columns, int width) {
    double[] y = new double[rows.length * columns.length];
    for (int i = 0; i < y.length; i++) {
      int row = rows[i / columns.length];
      int column = columns[i % columns.length];
      y[i] = row < 0 || column < 0 ? 0 : x[row * width + column];
    }
    return y;
  }

  private static double[] logSumExp(double[] x, int columns) {
    double[] y = new double[x.length / columns];
    for (int i = 0; i < y.length; i++) {
      y[i] = Math.log(Arrays.stream(x, i * columns, (i + 1) * columns).map(Math::exp).sum());
    }
    return y;
  }

  @Test
  void elementsThatAreNotThereAreRefused() {
    Node x = new Input(Shape.of(3, 4));
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> new Elements(x, new int[] {0}, new int[] {0, 4}))
            .getMessage();
    assertEquals("Coordinate 4 lies outside of axis 1 of [3, 4]", message);
    assertThrows(IllegalArgumentException.class, () -> new Elements(x, new int[] {0}));
  }

  /** [2, 3], one of four rows not at all and another three times. */
  private static final float[] INDICES = {3, 0, 3, 1, 3, 0};

  private static Node indices(Backend backend) {
    float[] array = backend.memory().allocate(INDICES.length);
    System.arraycopy(INDICES, 0, array, 0, INDICES.length);
    Tensor tensor = Tensor.of(Shape.of(2, 3), array);
    backend.memory().push(tensor.slice());
    return new Parameter(tensor);
  }

  private static double[] gather(double[] table, int width) {
    double[] y = new double[INDICES.length * width];
    for (int i = 0; i < y.length; i++) {
      y[i] = table[width * (int) INDICES[i / width] + i % width];
    }
    return y;
  }

  @Test
  void anIndexThatIsNoRowIsRefused() {
    float[] wrong = scalar.memory().allocate(3);
    wrong[1] = 4;
    Node table = new Parameter(Tensor.of(Shape.of(4, 3), scalar.memory().allocate(12)));
    Node indices = new Parameter(Tensor.of(Shape.of(3), wrong));
    Graph graph = Graph.forInference(scalar, new Gather(table, indices));
    String message = assertThrows(IllegalArgumentException.class, graph::forward).getMessage();
    assertEquals("An embedding has the rows 0 to 3, but index 1 is 4.0", message);
    wrong[1] = 0.5f;
    assertThrows(IllegalArgumentException.class, graph::forward);
  }

  private static void repeatRows(Backend backend, int rows, int columns, boolean bias) {
    new GradientCheck(backend)
        .operand(rows)
        .check(
            x -> new RepeatRows(x.get(0), columns, bias),
            x -> repeatRows(x[0], columns, bias),
            TOLERANCE);
  }

  private static double[] repeatRows(double[] x, int columns, boolean bias) {
    double[] y = new double[x.length * (columns + (bias ? 1 : 0))];
    for (int i = 0; i < y.length; i++) {
      y[i] = i < x.length * columns ? x[i / columns] : x[i - x.length * columns];
    }
    return y;
  }

  /** x[0] is ln c⁻²; then come logarithms of {@code count} numerators and as many denominators. */
  private static double[] horseshoe(
      double globalScale,
      double[] slab,
      int elements,
      IntUnaryOperator row,
      double[][] x,
      int count) {
    double[] gamma = new double[elements];
    for (int i = 0; i < elements; i++) {
      double ratio = globalScale * globalScale;
      for (int k = 1; k < x.length; k++) {
        int at = x[k].length == 1 ? 0 : x[k].length == elements ? i : row.applyAsInt(i);
        ratio *= Math.exp(k <= count ? x[k][at] : -x[k][at]);
      }
      gamma[i] = 1 / Math.sqrt(1 / ratio + Math.exp(slab[0]));
    }
    return gamma;
  }

  @TestFactory
  Stream<DynamicTest> operationsAndPullbacks() {
    return cases()
        .flatMap(
            c ->
                Stream.of(scalar, best)
                    .map(
                        b ->
                            DynamicTest.dynamicTest(
                                c.name() + ", " + b.name(), () -> c.check().on(b))));
  }

  @Test
  void everyOperationOfThePackageHasACase() throws Exception {
    Set<String> covered =
        cases()
            .flatMap(c -> c.covers().stream())
            .map(Class::getSimpleName)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> operations = new TreeSet<>();
    for (Class<?> type : classesBeside(Node.class)) {
      if (Node.class.isAssignableFrom(type)
          && !Modifier.isAbstract(type.getModifiers())
          && type != Input.class
          && type != Parameter.class) {
        operations.add(type.getSimpleName());
      }
    }
    assertTrue(operations.size() >= 8, () -> "found only " + operations);
    assertEquals(operations, covered);
  }

  private static Set<Class<?>> classesBeside(Class<?> type) throws IOException {
    Path folder =
        Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath())
            .resolve(type.getPackageName().replace('.', '/'));
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".class") && !name.contains("$"))
          .map(name -> load(type.getPackageName() + "." + name.replace(".class", "")))
          .collect(Collectors.toSet());
    }
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shapesThatDoNotFitAreRefusedWithBothShapes() {
    Node a = new Input(Shape.of(2, 3));
    Node b = new Input(Shape.of(3, 2));
    String add = assertThrows(IllegalArgumentException.class, () -> new Add(a, b)).getMessage();
    assertEquals("Cannot add [2, 3] and [3, 2]", add);
    String linear =
        assertThrows(IllegalArgumentException.class, () -> new Linear(a, b, new Input(Shape.of(3))))
            .getMessage();
    assertTrue(linear.contains("[2, 3], [3, 2] and [3]"), linear);
    assertThrows(IllegalArgumentException.class, () -> new View(a, 4, Shape.of(3)));
    assertThrows(IllegalArgumentException.class, () -> View.reshape(a, Shape.of(7)));
    assertThrows(
        IllegalArgumentException.class, () -> new SoftmaxCrossEntropy(a, new Input(Shape.of(3))));
  }

  private static Input labels(Backend backend, float... classes) {
    float[] memory = backend.memory().allocate(classes.length);
    System.arraycopy(classes, 0, memory, 0, classes.length);
    Tensor tensor = Tensor.of(Shape.of(classes.length), memory);
    backend.memory().push(tensor.slice());
    return new Input(tensor);
  }

  private static double[] momentLinear(
      double[] x,
      double[] m,
      double[] v,
      double[] squared,
      double[] biasMean,
      double[] biasVariance,
      int batch,
      int in,
      int out) {
    double[] y = new double[2 * batch * out];
    for (int i = 0; i < batch; i++) {
      for (int j = 0; j < out; j++) {
        double mean = biasMean[j];
        double variance = biasVariance[j];
        for (int k = 0; k < in; k++) {
          double xm = x[i * in + k];
          double xv = x[(batch + i) * in + k];
          int w = j * in + k;
          mean += xm * m[w];
          variance += xv * (squared[w] * squared[w] + v[w]) + xm * xm * v[w];
        }
        y[i * out + j] = mean;
        y[(batch + i) * out + j] = variance;
      }
    }
    return y;
  }

  /** −1 in the half of means, 0 in that of variances, so that means have either sign. */
  private static Input shift(Backend backend, int batch, int n) {
    Tensor tensor = Tensor.of(Shape.of(2 * batch, n), backend.memory().allocate(2 * batch * n));
    for (int i = 0; i < batch * n; i++) {
      tensor.slice().set(i, -1);
    }
    backend.memory().push(tensor.slice());
    return new Input(tensor);
  }

  private static double[] momentApply(ActivationMoments f, double[] x) {
    int half = x.length / 2;
    double[] y = new double[x.length];
    double[] result = new double[ActivationMoments.RESULTS];
    for (int i = 0; i < half; i++) {
      f.evaluate(x[i] - 1, x[half + i], result);
      y[i] = result[0];
      y[half + i] = result[1];
    }
    return y;
  }

  private static void moments(
      Backend backend, int operands, Function<Node[], Node> node, Combination expected) {
    GradientCheck check = new GradientCheck(backend);
    for (int i = 0; i < operands; i++) {
      check = check.positive(4, 5);
    }
    // The first operand's means get either sign.
    check.check(
        x -> {
          Node[] all = x.toArray(new Node[0]);
          all[0] = new Add(all[0], shift(backend, 2, 5));
          return node.apply(all);
        },
        x -> {
          double[][] y = x.clone();
          y[0] = x[0].clone();
          for (int i = 0; i < 10; i++) {
            y[0][i]--;
          }
          return packed(y, expected);
        },
        1e-5);
  }

  /** Mean and variance of one element from those of the operands, in turns. */
  private interface Combination {
    double[] of(double[] moments);
  }

  private static double[] packed(double[][] operands, Combination combination) {
    int half = operands[0].length / 2;
    double[] y = new double[2 * half];
    for (int i = 0; i < half; i++) {
      double[] at = new double[2 * operands.length];
      for (int k = 0; k < operands.length; k++) {
        at[2 * k] = operands[k][i];
        at[2 * k + 1] = operands[k][half + i];
      }
      double[] result = combination.of(at);
      y[i] = result[0];
      y[half + i] = result[1];
    }
    return y;
  }

  private static double[] product(double[] x, boolean published) {
    double spread = published ? x[2] * x[2] * x[3] : x[2] * x[2] + x[3];
    return new double[] {x[0] * x[2], x[1] * spread + x[3] * x[0] * x[0]};
  }

  /** Var[u a + (1 − u) b] from the second moments of the three, which are independent. */
  private static double[] mix(double[] x, boolean published) {
    double u = x[0];
    double mean = u * x[2] + (1 - u) * x[4];
    if (published) {
      return new double[] {
        mean,
        x[1] * (x[2] * x[2] + x[3]) + u * u * x[3] + x[1] * (x[4] * x[4] + x[5]) + u * u * x[5]
      };
    }
    double gap = x[2] - x[4];
    double ofU = u * u + x[1];
    double ofRest = (1 - u) * (1 - u) + x[1];
    return new double[] {mean, gap * gap * x[1] + ofU * x[3] + ofRest * x[5]};
  }

  private static void gaussian(Backend backend, int batch, int outputs, int constants) {
    new GradientCheck(backend)
        .operand(batch, outputs)
        .positive(batch, outputs)
        .positive(2, outputs)
        .check(
            x ->
                new GaussianNegativeLogLikelihood(
                    x.get(0),
                    x.get(1),
                    targets(backend, batch, outputs),
                    x.get(2),
                    null,
                    constants),
            x -> gaussian(x[0], x[1], x[2], constants),
            TOLERANCE);
  }

  private static void heteroscedastic(Backend backend, int batch, int outputs) {
    new GradientCheck(backend)
        .operand(batch, outputs)
        .positive(batch, outputs)
        .positive(2, outputs)
        .positive(batch, outputs)
        .operand(batch, outputs)
        .check(
            x ->
                new GaussianNegativeLogLikelihood(
                    x.get(0),
                    x.get(1),
                    targets(backend, batch, outputs),
                    x.get(2),
                    new GaussianNegativeLogLikelihood.RelativePrecision(x.get(3), x.get(4)),
                    1),
            x -> heteroscedastic(x[0], x[1], x[2], x[3], x[4]),
            TOLERANCE);
  }

  private static double[] heteroscedastic(
      double[] f, double[] v, double[] precision, double[] rho, double[] logRho) {
    int outputs = precision.length / 2;
    double[] losses = new double[f.length / outputs];
    for (int i = 0; i < f.length; i++) {
      double error = f[i] - (i / 4.0 - 1);
      losses[i / outputs] +=
          0.5
              * (precision[i % outputs] * rho[i] * (error * error + v[i])
                  - precision[outputs + i % outputs]
                  - logRho[i]
                  + Math.log(2 * Math.PI));
    }
    return losses;
  }

  /** Target i is i / 4 − 1. */
  private static Input targets(Backend backend, int rows, int columns) {
    Tensor tensor = Tensor.of(Shape.of(rows, columns), backend.memory().allocate(rows * columns));
    for (int i = 0; i < tensor.size(); i++) {
      tensor.slice().set(i, i / 4f - 1);
    }
    backend.memory().push(tensor.slice());
    return new Input(tensor);
  }

  private static double[] gaussian(double[] f, double[] v, double[] precision, int constants) {
    int outputs = precision.length / 2;
    double[] losses = new double[f.length / outputs];
    for (int i = 0; i < f.length; i++) {
      double error = f[i] - (i / 4.0 - 1);
      double constant = Math.log(2 * Math.PI) - precision[outputs + i % outputs];
      losses[i / outputs] +=
          0.5 * (precision[i % outputs] * (error * error + v[i]) + constants * constant);
    }
    return losses;
  }

  private static double[] map(UnaryFunction f, double[] x) {
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = function(f, x[i]);
    }
    return y;
  }

  private static double function(UnaryFunction f, double x) {
    return switch (f) {
      case IDENTITY -> x;
      case RELU -> Math.max(x, 0);
      case TANH -> Math.tanh(x);
      case SIGMOID -> 1 / (1 + Math.exp(-x));
      case SWISH -> x / (1 + Math.exp(-x));
      case GELU_TANH ->
          0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case GELU -> 0.5 * x * (1 + erf(x / Math.sqrt(2)));
      case SOFTPLUS -> Math.log1p(Math.exp(x));
      case EXP -> Math.exp(x);
      case LOG -> Math.log(x);
      case SQUARE -> x * x;
      case SQRT -> Math.sqrt(x);
      case ERF -> erf(x);
      case SIN -> Math.sin(x);
      case COS -> Math.cos(x);
    };
  }

  /** Maclaurin series: good to 1e-12 for the |x| &lt; 4 of these tests. */
  private static double erf(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < 200; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }

  private static double[] linear(double[] x, double[] w, double[] b, int batch, int in, int out) {
    double[] y = new double[batch * out];
    for (int i = 0; i < batch; i++) {
      for (int j = 0; j < out; j++) {
        double sum = b[j];
        for (int k = 0; k < in; k++) {
          sum += x[i * in + k] * w[j * in + k];
        }
        y[i * out + j] = sum;
      }
    }
    return y;
  }

  private static double[] crossEntropy(double[] logits, int classes, int... labels) {
    double[] losses = new double[labels.length];
    for (int i = 0; i < labels.length; i++) {
      double sum = 0;
      for (int j = 0; j < classes; j++) {
        sum += Math.exp(logits[i * classes + j]);
      }
      losses[i] = Math.log(sum) - logits[i * classes + labels[i]];
    }
    return losses;
  }

  private static double[] zip(double[] a, double[] b, DoubleBinaryOperator f) {
    double[] y = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      y[i] = f.applyAsDouble(a[i], b[i]);
    }
    return y;
  }

  private static double sum(double[] x) {
    double sum = 0;
    for (double value : x) {
      sum += value;
    }
    return sum;
  }

  private static double square(double x) {
    return x * x;
  }
}
