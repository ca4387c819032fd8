package io.github.bmr4j.engine.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.bmr4j.kernels.Slice;
import org.junit.jupiter.api.Test;

class TensorTest {

  @Test
  void shapesCountAndCompare() {
    Shape shape = Shape.of(2, 3, 4);
    assertEquals(24, shape.size());
    assertEquals(3, shape.rank());
    assertEquals(4, shape.extent(-1));
    assertEquals(Shape.of(2, 3, 4), shape);
    assertEquals(Shape.of(2, 3, 4).hashCode(), shape.hashCode());
    assertNotEquals(Shape.of(2, 12), shape);
    assertEquals("[2, 3, 4]", shape.toString());
    assertEquals(1, Shape.SCALAR.size());
    assertSame(Shape.SCALAR, Shape.of());
  }

  @Test
  void shapesThatCannotBeAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Shape.of(2, -1));
    assertThrows(IllegalArgumentException.class, () -> Shape.of(1 << 16, 1 << 16));
    assertThrows(IndexOutOfBoundsException.class, () -> Shape.of(2).extent(1));
  }

  @Test
  void aTensorIsItsLastDimensionWide() {
    Tensor tensor = Tensor.of(Shape.of(2, 1, 3), 0, 1, 2, 3, 4, 5);
    assertEquals(2, tensor.matrix().rows());
    assertEquals(3, tensor.matrix().columns());
    assertEquals(5, tensor.matrix().get(1, 2));
    assertSame(tensor.matrix(), tensor.matrix());
    Tensor view = tensor.view(3, Shape.of(3));
    assertEquals(4, view.slice().get(1));
    assertEquals(0, Tensor.allocate(Shape.of(4, 0)).size());
  }

  @Test
  void sizesThatDoNotFitAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> new Tensor(Shape.of(2, 2), Slice.allocate(3)));
    assertThrows(IllegalStateException.class, () -> Tensor.allocate(Shape.of(2)).item());
    assertThrows(
        IndexOutOfBoundsException.class, () -> Tensor.allocate(Shape.of(4)).view(2, Shape.of(3)));
  }
}
