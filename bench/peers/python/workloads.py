"""What all peers share: the networks' shapes and the reduced priors, as in the Java contender."""

BATCH, CLASSES, PIXELS = 128, 10, 784
EXAMPLES = 60_000
LEARNING_RATE = 1e-3
INITIAL_RHO = -5.0

"""Weights of each layer: [out, in], or [out, in, height, width] of a convolution."""
SHAPES = {
    "mlp": [(400, 784), (400, 400), (10, 400)],
    "lenet": [(20, 1, 5, 5), (50, 20, 5, 5), (500, 800), (10, 500)],
}


"""Regression by variance backpropagation, as on the Boston data: features, hidden units, examples of an epoch and a step."""
MOMENTS = {"features": 13, "hidden": 50, "examples": 512, "batch": 16, "input_variance": 1e-3, "learning_rate": 1e-2}


def reduced_variances(count):
    """Candidate prior variances between the spike and the prior's 1, evenly in the logarithm."""
    return [10 ** (-3 + 3 * i / count) for i in range(count)]


def fan_in(shape):
    product = 1
    for extent in shape[1:]:
        product *= extent
    return product
