package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;

/** Puts the same token before those of each example and adds a position to every one. */
public final class ClassTokens extends Node {

  private Slice[][] slices;
  private MatrixView firstGradients;
  private MatrixView gradients;

  /**
   * @param x [batch, tokens, width]
   * @param token [width]
   * @param positions [tokens + 1, width]
   */
  public ClassTokens(Node x, Node token, Node positions) {
    super(shape(x.shape(), token.shape(), positions.shape()), x, token, positions);
  }

  private static Shape shape(Shape x, Shape token, Shape positions) {
    require(
        x.rank() == 3
            && token.equals(Shape.of(x.extent(2)))
            && positions.equals(Shape.of(x.extent(1) + 1, x.extent(2))),
        "ClassTokens needs x [batch, tokens, width], a token [width] and positions [tokens + 1,"
            + " width], but got %s, %s and %s",
        x,
        token,
        positions);
    return Shape.of(x.extent(0), x.extent(1) + 1, x.extent(2));
  }

  @Override
  protected void forward(Backend backend) {
    int width = shape().extent(2);
    int rest = (shape().extent(1) - 1) * width;
    if (slices == null) {
      Slice positions = input(2).slice();
      slices =
          new Slice[][] {
            parts(input(0), 0, rest),
            parts(value(), 0, width),
            parts(value(), width, rest),
            parts(inputGradient(0), 0, rest),
            parts(gradient(), width, rest),
            {positions.slice(0, width), positions.slice(width, rest)}
          };
      if (gradient() != null) {
        Slice all = gradient().slice();
        int batch = shape().extent(0);
        int example = rest + width;
        gradients = all.asMatrix(batch, example);
        firstGradients = new MatrixView(all.array(), all.offset(), batch, width, example);
      }
    }
    for (int i = 0; i < shape().extent(0); i++) {
      backend.elementwise().add(input(1).slice(), slices[5][0], slices[1][i]);
      backend.elementwise().add(slices[0][i], slices[5][1], slices[2][i]);
    }
  }

  private static Slice[] parts(Tensor x, int from, int length) {
    if (x == null) {
      return new Slice[0];
    }
    Slice[] parts = new Slice[x.shape().extent(0)];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = x.slice().slice(i * (x.size() / parts.length) + from, length);
    }
    return parts;
  }

  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) != null) {
      for (int i = 0; i < shape().extent(0); i++) {
        if (accumulates(0)) {
          backend.elementwise().addScaled(1, slices[4][i], slices[3][i]);
        } else {
          backend.elementwise().copy(slices[4][i], slices[3][i]);
        }
      }
    }
    if (inputGradient(1) != null) {
      backend.reduction().columnSums(firstGradients, inputGradient(1).slice(), accumulates(1));
    }
    if (inputGradient(2) != null) {
      backend.reduction().columnSums(gradients, inputGradient(2).slice(), accumulates(2));
    }
  }
}
