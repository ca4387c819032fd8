package io.github.bmr4j.kernels;

/**
 * What a matrix product does with each element before it stores it: {@code c = f(product + c_old +
 * bias)}, each part optional.
 *
 * @param accumulate whether the old content of the output is added to the product
 * @param bias one value for each output column, or null for none
 * @param activation applied last; {@link UnaryFunction#IDENTITY} for none
 */
public record Epilogue(boolean accumulate, Slice bias, UnaryFunction activation) {

  /** Stores the product. */
  public static final Epilogue STORE = new Epilogue(false, null, UnaryFunction.IDENTITY);

  /** Adds the product to what is there. */
  public static final Epilogue ACCUMULATE = new Epilogue(true, null, UnaryFunction.IDENTITY);

  /** Stores {@code activation(product + bias)}; {@code bias} has one value a column. */
  public static Epilogue of(Slice bias, UnaryFunction activation) {
    return new Epilogue(false, bias, activation);
  }
}
