package io.github.bmr4j.models.io;

import java.util.List;

/**
 * A tensor of a safetensors file, as its header describes it.
 *
 * @param name of the tensor, unique in its file
 * @param type of its elements
 * @param shape its dimensions, each at least 0; empty for a single number
 * @param begin offset of the first byte behind the header
 * @param end offset behind the last byte, from the same origin
 */
public record TensorEntry(String name, ElementType type, List<Long> shape, long begin, long end) {

  /** Keeps the shape from being changed. */
  public TensorEntry {
    shape = List.copyOf(shape);
  }

  /** The number of elements: the product of the shape. */
  public long elements() {
    return (end - begin) / type.bytes();
  }
}
