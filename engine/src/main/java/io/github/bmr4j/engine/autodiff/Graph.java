package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * A network for one shape of input: its nodes in execution order, over memory that was planned
 * once. Running it walks the list and allocates nothing.
 *
 * <p>Reverse-mode differentiation: {@link #backward} seeds the loss's gradient with 1 and walks the
 * list from its end. Buffers whose lifetimes do not meet share memory, so of the values only
 * inputs, trainable nodes with their operands, and the outputs may be read after a step, and of the
 * gradients those of trainable nodes.
 */
public final class Graph {

  private final Backend backend;
  private final Node[] nodes;
  private final Node loss;
  private final List<Slice> zeroedGradients = new ArrayList<>();
  private final long plannedBytes;

  private Graph(Backend backend, Node loss, List<Node> outputs) {
    this.backend = backend;
    this.loss = loss;
    List<Node> roots = new ArrayList<>(outputs);
    if (loss != null) {
      roots.add(loss);
    }
    this.nodes = executionOrder(roots);
    this.plannedBytes = new Planning(roots).run();
  }

  /**
   * A graph that computes a loss, its gradients, and further outputs.
   *
   * @param backend does the work
   * @param loss a node of one element
   * @param outputs further nodes whose values are to be readable after {@link #forward}
   */
  public static Graph forTraining(Backend backend, Node loss, Node... outputs) {
    if (loss.shape().size() != 1) {
      throw new IllegalArgumentException(
          "A loss is a single number, but " + loss + " has " + loss.shape().size() + " elements");
    }
    return new Graph(backend, loss, List.of(outputs));
  }

  /** A graph without gradients. */
  public static Graph forInference(Backend backend, Node... outputs) {
    return new Graph(backend, null, List.of(outputs));
  }

  /** Computes all values. */
  public void forward() {
    for (Node node : nodes) {
      node.forward(backend);
    }
  }

  /**
   * Computes all gradients; after {@link #forward}.
   *
   * @throws IllegalStateException if the graph was made for inference
   */
  public void backward() {
    if (loss == null) {
      throw new IllegalStateException("This graph was made for inference and has no loss");
    }
    for (int i = 0; i < zeroedGradients.size(); i++) {
      backend.elementwise().fill(zeroedGradients.get(i), 0);
    }
    if (loss.gradient() == null) {
      return;
    }
    backend.elementwise().fill(loss.gradient().slice(), 1);
    for (int i = nodes.length - 1; i >= 0; i--) {
      if (nodes[i].gradient() != null) {
        nodes[i].pullback(backend);
      }
    }
  }

  /** The nodes in execution order. */
  public List<Node> nodes() {
    return List.of(nodes);
  }

  /**
   * Bytes of working memory that were planned: values and gradients, without leaves' own memory.
   */
  public long plannedBytes() {
    return plannedBytes;
  }

  /** A node, and how many of its operands have been gone through. */
  private static final class Visit {

    private final Node node;
    private int operands;

    Visit(Node node) {
      this.node = node;
    }
  }

  /** Operands first, depth first; without recursion, since a network may be deep. */
  private static Node[] executionOrder(List<Node> roots) {
    List<Node> order = new ArrayList<>();
    IdentityHashMap<Node, Boolean> seen = new IdentityHashMap<>();
    Deque<Visit> path = new ArrayDeque<>();
    for (Node root : roots) {
      enter(root, seen, path);
      while (!path.isEmpty()) {
        Visit visit = path.getLast();
        List<Node> inputs = visit.node.inputs();
        if (visit.operands < inputs.size()) {
          enter(inputs.get(visit.operands++), seen, path);
        } else {
          order.add(path.removeLast().node);
        }
      }
    }
    return order.toArray(new Node[0]);
  }

  private static void enter(Node node, IdentityHashMap<Node, Boolean> seen, Deque<Visit> path) {
    if (seen.put(node, true) != null) {
      return;
    }
    if (node.isPlanned()) {
      throw new IllegalArgumentException(node + " belongs to another graph; make a new node");
    }
    path.addLast(new Visit(node));
  }

  /**
   * The one-time work of finding lifetimes, sharing memory and telling nodes when to accumulate.
   */
  private final class Planning {

    private final int count = nodes.length;
    private final IdentityHashMap<Node, Integer> index = new IdentityHashMap<>();

    /** The node in whose memory node i lies (itself unless it is a view), and where. */
    private final int[] root = new int[count];

    private final int[] offset = new int[count];
    private final boolean[] needsGradient = new boolean[count];
    private final int[] valueFrom = new int[count];
    private final int[] valueTo = new int[count];
    private final int[] gradientFrom = new int[count];
    private final int[] gradientTo = new int[count];

    Planning(List<Node> outputs) {
      for (int i = 0; i < count; i++) {
        index.put(nodes[i], i);
      }
      findRoots();
      findValueLifetimes(outputs);
      if (loss != null) {
        findGradientLifetimes();
      }
    }

    /** Time of node i's pullback; forward passes take the times 0 … count−1. */
    private int backwardTime(int i) {
      return 2 * count - 1 - i;
    }

    private int end() {
      return 2 * count;
    }

    private void findRoots() {
      for (int i = 0; i < count; i++) {
        Node node = nodes[i];
        root[i] = i;
        if (node.viewOffset() >= 0) {
          int operand = index.get(node.inputs().get(0));
          root[i] = root[operand];
          offset[i] = offset[operand] + node.viewOffset();
        }
        needsGradient[i] = loss != null && node.isTrainable();
        for (Node input : node.inputs()) {
          needsGradient[i] |= needsGradient[index.get(input)];
        }
      }
    }

    private void findValueLifetimes(List<Node> outputs) {
      for (int i = 0; i < count; i++) {
        int r = root[i];
        if (r == i) {
          valueFrom[i] = i;
          valueTo[i] = i;
        }
        if (loss != null) {
          valueTo[r] = Math.max(valueTo[r], backwardTime(i));
        }
        for (Node input : nodes[i].inputs()) {
          int operand = root[index.get(input)];
          // The update after the step needs what a trainable node was computed from.
          int until = loss != null && nodes[i].isTrainable() ? end() : i;
          valueTo[operand] = Math.max(valueTo[operand], until);
        }
        if (nodes[i].keepsValue()) {
          valueFrom[i] = 0;
          valueTo[i] = end();
        }
      }
      for (Node output : outputs) {
        valueTo[root[index.get(output)]] = end();
      }
    }

    private void findGradientLifetimes() {
      Arrays.fill(gradientFrom, end());
      Regions[] written = new Regions[count];
      for (int i = count - 1; i >= 0; i--) {
        if (!needsGradient[i]) {
          continue;
        }
        int r = root[i];
        gradientTo[r] = Math.max(gradientTo[r], nodes[i].isTrainable() ? end() : backwardTime(i));
        if (nodes[i].viewOffset() >= 0) {
          continue;
        }
        for (Node input : nodes[i].inputs()) {
          int operand = index.get(input);
          if (needsGradient[operand]) {
            int target = root[operand];
            gradientFrom[target] = Math.min(gradientFrom[target], backwardTime(i));
            written[target] = written[target] == null ? new Regions() : written[target];
            written[target].write(offset[operand], nodes[operand].shape().size());
          }
        }
      }
      int last = index.get(loss);
      for (int i = 0; i < count; i++) {
        if (needsGradient[i] && root[i] == i) {
          boolean seeded = root[last] == i && nodes[i].shape().size() == 1;
          if (!seeded && (written[i] == null || !written[i].tile(nodes[i].shape().size()))) {
            zeroed[i] = true;
            gradientFrom[i] = count;
          }
          if (root[last] == i) {
            gradientFrom[i] = count;
          }
        }
      }
    }

    /** Roots whose gradient is cleared before the backward pass because nobody stores all of it. */
    private final boolean[] zeroed = new boolean[count];

    long run() {
      BufferPlanner planner = new BufferPlanner();
      int[] valueBuffer = new int[count];
      int[] gradientBuffer = new int[count];
      for (int i = 0; i < count; i++) {
        if (root[i] == i) {
          int size = nodes[i].shape().size();
          if (nodes[i].ownValue() == null) {
            valueBuffer[i] = planner.add(size, valueFrom[i], valueTo[i]);
          }
          if (needsGradient[i]) {
            gradientBuffer[i] = planner.add(size, gradientFrom[i], gradientTo[i]);
          }
        }
      }
      int length = planner.plan();
      float[] arena = backend.memory().allocate(length);
      for (int i = 0; i < count; i++) {
        Node node = nodes[i];
        int r = root[i];
        Tensor value;
        Tensor gradient = null;
        if (r != i) {
          value = nodes[r].value().view(offset[i], node.shape());
          gradient = needsGradient[i] ? nodes[r].gradient().view(offset[i], node.shape()) : null;
        } else {
          value = node.ownValue();
          if (value == null) {
            value = tensor(arena, planner.offset(valueBuffer[i]), node.shape());
          }
          if (needsGradient[i]) {
            gradient = tensor(arena, planner.offset(gradientBuffer[i]), node.shape());
          }
        }
        node.plan(value, gradient);
        if (node instanceof Input input) {
          input.attach(backend);
        }
        if (zeroed[i]) {
          zeroedGradients.add(gradient.slice());
        }
      }
      setAccumulation();
      return (long) length * Float.BYTES;
    }

    private Tensor tensor(float[] arena, int at, Shape shape) {
      return new Tensor(shape, new Slice(arena, at, shape.size()));
    }

    /** The first share of each part of a gradient is stored, every further one added. */
    private void setAccumulation() {
      Regions[] written = new Regions[count];
      for (int i = count - 1; i >= 0; i--) {
        if (!needsGradient[i] || nodes[i].viewOffset() >= 0) {
          continue;
        }
        for (int k = 0; k < nodes[i].inputs().size(); k++) {
          int operand = index.get(nodes[i].inputs().get(k));
          if (needsGradient[operand]) {
            int target = root[operand];
            written[target] = written[target] == null ? new Regions() : written[target];
            boolean first = written[target].write(offset[operand], nodes[operand].shape().size());
            nodes[i].accumulate(k, zeroed[target] || !first);
          }
        }
      }
    }
  }

  /** The parts of one gradient in the order in which they are written. */
  private static final class Regions {

    private final List<int[]> regions = new ArrayList<>();
    private boolean exact = true;

    /** Notes a write and returns whether it is the first to this part. */
    boolean write(int from, int size) {
      for (int[] region : regions) {
        if (region[0] == from && region[1] == size) {
          return false;
        }
        exact &= from + size <= region[0] || region[0] + region[1] <= from;
      }
      regions.add(new int[] {from, size});
      return true;
    }

    /** Whether the parts cover {@code size} elements without overlap. */
    boolean tile(int size) {
      int sum = 0;
      for (int[] region : regions) {
        sum += region[1];
      }
      return exact && sum == size;
    }
  }
}
