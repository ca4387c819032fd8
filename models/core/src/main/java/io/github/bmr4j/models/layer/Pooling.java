package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.PoolingShape;
import io.github.bmr4j.kernels.Window;

/** One number for each window of each channel. */
public sealed interface Pooling extends Layer permits AveragePooling, MaxPooling {

  /** Size, stride and padding of the windows. */
  Window window();

  @Override
  default Shape outputShape(Shape input) {
    if (input.rank() != 3) {
      throw new IllegalArgumentException(
          "Pooling takes [channels, height, width], but gets " + input);
    }
    PoolingShape sizes =
        new PoolingShape(input.extent(0), input.extent(1), input.extent(2), window());
    return Shape.of(input.extent(0), sizes.outputHeight(), sizes.outputWidth());
  }

  @Override
  default boolean isChainLink() {
    return true;
  }
}
