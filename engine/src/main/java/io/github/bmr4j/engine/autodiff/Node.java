package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import java.util.List;

/**
 * One operation of a network and its result. A subclass holds the whole of an operation: its shape
 * rule in the constructor, {@link #forward}, and right beside it {@link #pullback}.
 *
 * <p>Nodes are composed by their constructors ({@code new Apply(UnaryFunction.TANH, new Linear(x,
 * w, b))}) and given their memory by the one {@link Graph} that they then belong to.
 */
public abstract class Node {

  private final Shape shape;
  private final List<Node> inputs;

  /** Set by {@link Graph} when it plans the memory. */
  private Tensor value;

  private Tensor gradient;
  private boolean[] accumulates;

  /**
   * @param shape of the result
   * @param inputs the operands, in the order in which {@link #input} numbers them
   */
  protected Node(Shape shape, Node... inputs) {
    this.shape = shape;
    this.inputs = List.of(inputs);
  }

  /**
   * Computes {@link #value} from the inputs' values. Called once a step, after the inputs'; must
   * not allocate.
   */
  protected abstract void forward(Backend backend);

  /**
   * Adds this node's share to the gradients of those inputs that have one, given {@link #gradient}
   * of its own result. For input i: where {@link #inputGradient} is null nothing is to be done;
   * where {@link #accumulates} is false the share overwrites what is there, else it is added. Must
   * not allocate.
   */
  protected abstract void pullback(Backend backend);

  /** Whether this node's own gradient is wanted even if no input has one (parameters). */
  protected boolean isTrainable() {
    return false;
  }

  /**
   * Whether the value must still be there in the next step, because the host writes it or because
   * the node does not compute it anew each time.
   */
  protected boolean keepsValue() {
    return false;
  }

  /** Memory that this node brings along for its value, or null if the graph is to plan it. */
  protected Tensor ownValue() {
    return null;
  }

  /**
   * Where in its first input's memory this node's value and gradient lie, or −1 if it has memory of
   * its own. See {@link View}.
   */
  int viewOffset() {
    return -1;
  }

  /** Shape of the result. */
  public final Shape shape() {
    return shape;
  }

  /** The operands. */
  public final List<Node> inputs() {
    return inputs;
  }

  /** The result, valid after {@link Graph#forward}. */
  public final Tensor value() {
    if (value == null) {
      throw new IllegalStateException(this + " belongs to no graph yet");
    }
    return value;
  }

  /** The gradient of the loss with respect to the result; null if nothing needs it. */
  public final Tensor gradient() {
    return gradient;
  }

  /** Value of operand {@code i}. */
  protected final Tensor input(int i) {
    return inputs.get(i).value;
  }

  /** Gradient of operand {@code i}, or null if nothing needs it. */
  protected final Tensor inputGradient(int i) {
    return inputs.get(i).gradient;
  }

  /** Whether the share of operand {@code i}'s gradient is added to what is there. */
  protected final boolean accumulates(int i) {
    return accumulates[i];
  }

  final boolean isPlanned() {
    return value != null;
  }

  final void plan(Tensor value, Tensor gradient) {
    this.value = value;
    this.gradient = gradient;
    this.accumulates = new boolean[inputs.size()];
  }

  final void accumulate(int i, boolean flag) {
    accumulates[i] = flag;
  }

  /** Requires a condition on the operands; the message names the operation. */
  @SuppressWarnings("AnnotateFormatMethod") // the annotation is a library that users would get, too
  protected static void require(boolean condition, String message, Object... arguments) {
    if (!condition) {
      throw new IllegalArgumentException(String.format(message, arguments));
    }
  }

  @Override
  public String toString() {
    return getClass().getSimpleName() + shape;
  }
}
