import static org.bytedeco.pytorch.global.torch.*;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorType;
import org.bytedeco.pytorch.Type;

/**
 * LibTorch as a contender, through its Java binding: the operations of ../python/torch_peer.py one
 * by one, as eager PyTorch calls them, with autograd and its fused Adam. One source file, run as it
 * is: {@code java -cp 'LIB/*' LibTorch.java --threads N}. The protocol is ../README.md's.
 */
final class LibTorch {

  private static final int BATCH = 128;
  private static final int EXAMPLES = 60_000;
  private static final double LEARNING_RATE = 1e-3;
  private static final long[][] MLP = {{400, 784}, {400, 400}, {10, 400}};
  private static final long[][] LENET = {{20, 1, 5, 5}, {50, 20, 5, 5}, {500, 800}, {10, 500}};

  private LibTorch() {}

  public static void main(String[] arguments) throws Exception {
    PrintStream replies = new PrintStream(new FileOutputStream(FileDescriptor.out), true);
    System.setOut(System.err);
    try {
      set_num_threads(Integer.parseInt(arguments[1]));
    } catch (LinkageError e) {
      replies.println("{\"missing\":\"" + e.getMessage().replace('"', '\'') + "\"}");
      return;
    }
    manual_seed(0);
    replies.println("{\"ready\":\"LibTorch " + TORCH_VERSION_MAJOR + "." + TORCH_VERSION_MINOR
        + "." + TORCH_VERSION_PATCH + ", eager, fused Adam, OpenBLAS\"}");
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in));
    Runnable call = null;
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      if (line.contains("\"prepare\"")) {
        call = make(line);
        replies.println(
            call == null
                ? "{\"unsupported\":\"not written for this peer\"}"
                : "{\"calls\":" + warmUp(call) + "}");
      } else {
        replies.println("{\"seconds\":" + 1e-9 * run(call, number(line, "sample")) + "}");
      }
    }
  }

  private static int warmUp(Runnable call) {
    long end = System.nanoTime() + 1_000_000_000L;
    for (int calls = 0; calls < 5 || System.nanoTime() < end; calls++) {
      run(call, 1);
    }
    long fastest = Math.min(run(call, 1), Math.min(run(call, 1), run(call, 1)));
    return Math.max(1, (int) (4e7 / fastest));
  }

  /** Runs calls, frees what each left, and returns their nanoseconds. */
  private static long run(Runnable call, int calls) {
    long start = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      try (PointerScope scope = new PointerScope()) {
        call.run();
      }
    }
    return System.nanoTime() - start;
  }

  private static String text(String request, String name) {
    Matcher matcher = Pattern.compile('"' + name + "\":\"?([^,}\"]*)").matcher(request);
    return matcher.find() ? matcher.group(1) : "";
  }

  private static int number(String request, String name) {
    return Integer.parseInt(text(request, name));
  }

  private static boolean flag(String request, String name) {
    return text(request, name).equals("true");
  }

  private static Runnable make(String request) {
    return switch (text(request, "kind")) {
      case "product" -> product(request);
      case "elementwise" -> elementwise(text(request, "function"), number(request, "n"));
      case "normal" -> {
        Tensor out = randn(number(request, "n"));
        yield () -> out.normal_();
      }
      case "variational" -> variational(number(request, "n"));
      case "evidence" ->
          flag(request, "best") ? null : evidence(number(request, "n"), number(request, "k"));
      case "step" -> step(text(request, "network").equals("lenet"), flag(request, "local"));
      default -> null;
    };
  }

  private static Runnable product(String request) {
    int m = number(request, "m");
    int n = number(request, "n");
    int k = number(request, "k");
    Tensor a = flag(request, "left") ? randn(k, m).t() : randn(m, k);
    Tensor b = flag(request, "right") ? randn(n, k).t() : randn(k, n);
    Tensor c = randn(m, n);
    return () -> mm_out(c, a, b);
  }

  private static Runnable elementwise(String function, int n) {
    Tensor x = function.equals("log") ? randn(n).abs().add(new Scalar(0.01f)) : randn(n);
    Tensor out = randn(n);
    return switch (function) {
      case "exp" -> () -> exp_out(out, x);
      case "log" -> () -> log_out(out, x);
      case "tanh" -> () -> tanh_out(out, x);
      case "erf" -> () -> erf_out(out, x);
      case "softplus" -> () -> softplus_out(out, x);
      default -> null;
    };
  }

  private static Runnable evidence(int n, int k) {
    Tensor mean = times(randn(n), 0.1f);
    Tensor deviation = plus(times(rand(n), 0.05f), 0.05f);
    return () -> {
      Tensor variance = deviation.mul(deviation);
      Tensor square = times(mean.mul(mean), 0.5f);
      for (int i = 0; i < k; i++) {
        double reduced = Math.pow(10, -3 + 3.0 * i / k);
        float gain = (float) (1 / reduced - 1);
        Tensor spread = plus(times(variance, gain), 1);
        Tensor logs = plus(times(spread.log(), -0.5f), (float) (-0.5 * Math.log(reduced)));
        logs.sub(times(square, gain).div(spread)).sum();
      }
    };
  }

  private static Tensor times(Tensor x, float factor) {
    return x.mul(new Scalar(factor));
  }

  private static Tensor plus(Tensor x, float summand) {
    return x.add(new Scalar(summand));
  }

  /** KL to N(0, 1), in nats, summed. */
  private static Tensor divergence(Tensor mean, Tensor deviation) {
    Tensor squares = times(deviation.mul(deviation).add(mean.mul(mean)), 0.5f);
    return plus(squares.sub(deviation.log()), -0.5f).sum();
  }

  private static Runnable variational(int n) {
    Tensor gradient = times(randn(n), 0.01f);
    Tensor mean = times(randn(n), 0.1f).set_requires_grad(true);
    Tensor rho = plus(times(randn(n), 0.1f), -3).set_requires_grad(true);
    Adam adam = new Adam(List.of(mean, rho));
    return () -> {
      Tensor deviation = softplus(rho);
      Tensor w = mean.add(deviation.mul(randn_like(mean)));
      Tensor kl = times(divergence(mean, deviation), 1f / EXAMPLES);
      w.mul(gradient).sum().add(kl).backward();
      adam.step();
    };
  }

  private record Layer(Tensor mean, Tensor biasMean, Tensor rho, Tensor biasRho) {

    static Layer of(long[] shape) {
      long fanIn = 1;
      for (int i = 1; i < shape.length; i++) {
        fanIn *= shape[i];
      }
      return new Layer(
          times(randn(shape), (float) Math.sqrt(1.0 / fanIn)).set_requires_grad(true),
          zeros(shape[0]).set_requires_grad(true),
          full(shape, new Scalar(-5f)).set_requires_grad(true),
          full(new long[] {shape[0]}, new Scalar(-5f)).set_requires_grad(true));
    }

    Tensor forward(Tensor x, boolean local, List<Tensor> divergences) {
      Tensor deviation = softplus(rho);
      Tensor biasDeviation = softplus(biasRho);
      divergences.add(divergence(mean, deviation));
      divergences.add(divergence(biasMean, biasDeviation));
      if (local) {
        Tensor center = apply(x, mean, biasMean);
        Tensor variance =
            apply(x.mul(x), deviation.mul(deviation), biasDeviation.mul(biasDeviation));
        return center.add(plus(variance, 1e-16f).sqrt().mul(randn_like(center)));
      }
      Tensor w = mean.add(deviation.mul(randn_like(mean)));
      Tensor b = biasMean.add(biasDeviation.mul(randn_like(biasMean)));
      return apply(x, w, b);
    }

    private static Tensor apply(Tensor x, Tensor w, Tensor b) {
      if (w.dim() == 2) {
        return linear(x, w, new TensorOptional(b));
      }
      long[] one = {1, 1};
      return conv2d(x, w, new TensorOptional(b), one, new long[] {0, 0}, one, 1);
    }
  }

  private static Runnable step(boolean lenet, boolean local) {
    List<Layer> layers = new ArrayList<>();
    List<Tensor> parameters = new ArrayList<>();
    for (long[] shape : lenet ? LENET : MLP) {
      Layer layer = Layer.of(shape);
      layers.add(layer);
      parameters.addAll(List.of(layer.mean, layer.biasMean, layer.rho, layer.biasRho));
    }
    Adam adam = new Adam(parameters);
    Tensor x = lenet ? randn(BATCH, 1, 28, 28) : randn(BATCH, 784);
    Tensor labels = randint(10, new long[] {BATCH}).to(ScalarType.Long);
    return () -> {
      List<Tensor> divergences = new ArrayList<>();
      Tensor y = x;
      for (int i = 0; i < layers.size(); i++) {
        if (lenet && i == 2) {
          y = y.flatten(1, -1);
        }
        y = layers.get(i).forward(y, local, divergences);
        if (lenet && i < 2) {
          y = max_pool2d(y, 2, 2);
        } else if (i < layers.size() - 1) {
          y = y.relu();
        }
      }
      Tensor kl = divergences.get(0);
      for (Tensor more : divergences.subList(1, divergences.size())) {
        kl = kl.add(more);
      }
      cross_entropy_loss(y, labels).add(times(kl, 1f / EXAMPLES)).backward();
      adam.step();
    };
  }

  /** torch.optim.Adam(fused=True): one call of aten::_fused_adam_ for all parameters. */
  private static final class Adam {

    private final OperatorHandle fused =
        Dispatcher.singleton().findSchemaOrThrow("aten::_fused_adam_", "");
    private final List<Tensor> parameters;
    private final List<Tensor> firstMoments = new ArrayList<>();
    private final List<Tensor> secondMoments = new ArrayList<>();
    private final List<Tensor> steps = new ArrayList<>();

    Adam(List<Tensor> parameters) {
      this.parameters = parameters;
      for (Tensor parameter : parameters) {
        firstMoments.add(zeros_like(parameter).set_requires_grad(false));
        secondMoments.add(zeros_like(parameter).set_requires_grad(false));
        steps.add(zeros(1));
      }
    }

    void step() {
      List<Tensor> gradients = new ArrayList<>();
      for (int i = 0; i < parameters.size(); i++) {
        gradients.add(parameters.get(i).grad());
        steps.get(i).add_(new Scalar(1f));
      }
      boolean recorded = org.bytedeco.pytorch.GradMode.is_enabled();
      org.bytedeco.pytorch.GradMode.set_enabled(false);
      fused.callBoxed(
          new IValueVector(
              list(parameters),
              list(gradients),
              list(firstMoments),
              list(secondMoments),
              list(List.of()),
              list(steps),
              new IValue(LEARNING_RATE),
              new IValue(0.9),
              new IValue(0.999),
              new IValue(0.0),
              new IValue(1e-8),
              new IValue(false),
              new IValue(false),
              new IValue(),
              new IValue()));
      org.bytedeco.pytorch.GradMode.set_enabled(recorded);
      for (Tensor parameter : parameters) {
        parameter.mutable_grad().reset();
      }
    }

    private static IValue list(List<Tensor> tensors) {
      GenericList list = new GenericList(new Type.TypePtr(TensorType.get()));
      for (Tensor tensor : tensors) {
        list.push_back(new IValue(tensor));
      }
      return new IValue(list);
    }
  }
}
