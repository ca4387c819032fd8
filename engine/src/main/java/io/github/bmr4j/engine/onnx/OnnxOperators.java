package io.github.bmr4j.engine.onnx;

import io.github.bmr4j.kernels.UnaryFunction;

/** The operators that are read: each gives the value of its node from those before it. */
final class OnnxOperators {

  private final OnnxScope scope;
  private final OnnxArithmetic arithmetic;
  private final OnnxShapes shapes;
  private final OnnxLinear linear;

  /**
   * @param scope the values so far
   */
  OnnxOperators(OnnxScope scope) {
    this.scope = scope;
    this.arithmetic = new OnnxArithmetic(scope);
    this.shapes = new OnnxShapes(scope);
    this.linear = new OnnxLinear(scope, arithmetic, shapes);
  }

  /**
   * What a node computes.
   *
   * @throws OnnxException if its operator is not read, or cannot take its operands
   */
  OnnxValue of(OnnxNode node) {
    try {
      OnnxValue value = dispatch(node);
      scope.reserve(node, value.shape());
      return value;
    } catch (IllegalArgumentException | ArithmeticException doesNotFit) {
      throw new OnnxException(
          node.source(), node + " does not fit: " + doesNotFit.getMessage(), doesNotFit);
    }
  }

  private OnnxValue dispatch(OnnxNode node) {
    return switch (node.operator()) {
      case "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Equal" -> arithmetic.binary(node);
      case "Sum" -> arithmetic.sumOfAll(node, false);
      case "Mean" -> arithmetic.sumOfAll(node, true);
      case "Relu" -> arithmetic.apply(node, UnaryFunction.RELU);
      case "Tanh" -> arithmetic.apply(node, UnaryFunction.TANH);
      case "Sigmoid" -> arithmetic.apply(node, UnaryFunction.SIGMOID);
      case "Softplus" -> arithmetic.apply(node, UnaryFunction.SOFTPLUS);
      case "Exp" -> arithmetic.apply(node, UnaryFunction.EXP);
      case "Log" -> arithmetic.apply(node, UnaryFunction.LOG);
      case "Sqrt" -> arithmetic.apply(node, UnaryFunction.SQRT);
      case "Erf" -> arithmetic.apply(node, UnaryFunction.ERF);
      case "Sin" -> arithmetic.apply(node, UnaryFunction.SIN);
      case "Cos" -> arithmetic.apply(node, UnaryFunction.COS);
      case "Gelu" -> arithmetic.gelu(node);
      case "Softmax" -> arithmetic.softmax(node, false);
      case "LogSoftmax" -> arithmetic.softmax(node, true);
      case "ReduceMean" -> arithmetic.mean(node);
      case "Gemm" -> linear.gemm(node);
      case "MatMul" -> linear.matmul(node);
      case "Conv" -> linear.convolution(node);
      case "MaxPool" -> linear.maxPool(node);
      case "AveragePool" -> linear.averagePool(node);
      case "GlobalAveragePool" -> linear.globalAveragePool(node);
      case "BatchNormalization" -> linear.batchNormalization(node);
      case "LayerNormalization" -> linear.layerNormalization(node);
      case "Identity" -> scope.operand(node, 0);
      case "Dropout" -> shapes.dropout(node);
      case "Constant" -> shapes.constant(node);
      case "ConstantOfShape" -> shapes.constantOfShape(node);
      case "Where" -> shapes.where(node);
      case "Cast" -> shapes.cast(node);
      case "Shape" -> shapes.shape(node);
      case "Flatten" -> shapes.flatten(node);
      case "Reshape" -> shapes.reshape(node);
      case "Squeeze" -> shapes.squeeze(node);
      case "Unsqueeze" -> shapes.unsqueeze(node);
      case "Transpose" -> shapes.transpose(node);
      case "Gather" -> shapes.gather(node);
      case "Slice" -> shapes.slice(node);
      case "Expand" -> shapes.expand(node);
      case "Pad" -> shapes.pad(node);
      case "Concat" -> shapes.concat(node);
      default ->
          throw node.refused(
              "is not read; read are elementwise arithmetic and activations, Gemm, MatMul, Conv,"
                  + " pooling, normalisations, Softmax, ReduceMean, and what moves elements");
    };
  }
}
