"""JAX, everything in one jit, buffers donated; Adam is optax's."""
import math

import jax
import jax.numpy as jnp
import optax

from workloads import (BATCH, CLASSES, EXAMPLES, INITIAL_RHO, LEARNING_RATE, MOMENTS, PIXELS, SHAPES, fan_in,
                       reduced_variances)

KEY = jax.random.PRNGKey(0)
FUNCTIONS = {"exp": jnp.exp, "log": jnp.log, "tanh": jnp.tanh, "erf": jax.scipy.special.erf,
             "softplus": jax.nn.softplus}


def product(peer, m, n, k, left, right):
    a = jax.random.normal(KEY, (k, m) if left else (m, k))
    b = jax.random.normal(KEY, (n, k) if right else (k, n))
    multiply = jax.jit(lambda a, b: (a.T if left else a) @ (b.T if right else b))
    return lambda: multiply(a, b).block_until_ready()


def elementwise(peer, function, n):
    x = jax.random.normal(KEY, (n,))
    if function == "log":
        x = jnp.abs(x) + 0.01
    apply = jax.jit(FUNCTIONS[function])
    return lambda: apply(x).block_until_ready()


def normal(peer, n):
    draw = jax.jit(lambda key: (jax.random.split(key)[0], jax.random.normal(key, (n,))))
    key = KEY

    def call():
        nonlocal key
        key, drawn = draw(key)
        drawn.block_until_ready()

    return call


def evidence(peer, n, k, best):
    mean, deviation = 0.1 * jax.random.normal(KEY, (n,)), 0.05 + 0.05 * jax.random.uniform(KEY, (n,))

    @jax.jit
    def reduce(mean, deviation):
        variance, square = deviation * deviation, 0.5 * mean * mean
        sums, greatest, which = [], None, jnp.zeros(n, jnp.int32)
        for i, reduced in enumerate(reduced_variances(k)):
            gain = 1 / reduced - 1
            spread = 1 + gain * variance
            delta = 0.5 * math.log(1 / reduced) - 0.5 * jnp.log(spread) - gain * square / spread
            sums.append(delta.sum())
            if best:
                better = delta > greatest if i else jnp.ones(n, bool)
                greatest = jnp.where(better, delta, greatest) if i else delta
                which = jnp.where(better, i, which)
        return (jnp.stack(sums), greatest, which) if best else jnp.stack(sums)

    return lambda: jax.block_until_ready(reduce(mean, deviation))


def divergence(mean, deviation):
    """KL to N(0, 1), in nats, summed."""
    return (0.5 * (deviation * deviation + mean * mean) - jnp.log(deviation) - 0.5).sum()


def trained(loss, parameters):
    """A call that does one step of Adam on loss(parameters, key), which returns (loss, extra)."""
    optimizer = optax.adam(LEARNING_RATE)

    def step(parameters, moments, key):
        key, now = jax.random.split(key)
        (value, extra), gradient = jax.value_and_grad(loss, has_aux=True)(parameters, now)
        updates, moments = optimizer.update(gradient, moments)
        return optax.apply_updates(parameters, updates), moments, key, value, extra

    compiled = jax.jit(step, donate_argnums=(0, 1))
    state = parameters, optimizer.init(parameters), KEY

    def call():
        nonlocal state
        *state, value, _ = compiled(*state)
        value.block_until_ready()

    return call


def variational(peer, n):
    """Noise, w, KL, gradients of mean and rho for a given gradient of w, Adam on both."""
    gradient = 0.01 * jax.random.normal(KEY, (n,))

    def loss(parameters, key):
        mean, deviation = parameters["mean"], jax.nn.softplus(parameters["rho"])
        w = mean + deviation * jax.random.normal(key, (n,))
        return (w * gradient).sum() + divergence(mean, deviation) / EXAMPLES, w

    noise = jax.random.normal(KEY, (n,))
    return trained(loss, {"mean": 0.1 * noise, "rho": -3 + 0.1 * noise})


def apply_weights(x, w, b):
    if w.ndim == 2:
        return x @ w.T + b
    return jax.lax.conv_general_dilated(x, w, (1, 1), "VALID", dimension_numbers=("NHWC", "OHWI", "NHWC")) + b


def layer(p, x, key, local):
    deviation, bias_deviation = jax.nn.softplus(p["rho"]), jax.nn.softplus(p["bias_rho"])
    kl = divergence(p["mean"], deviation) + divergence(p["bias_mean"], bias_deviation)
    first, second = jax.random.split(key)
    if local:
        mean = apply_weights(x, p["mean"], p["bias_mean"])
        variance = apply_weights(x * x, deviation * deviation, bias_deviation * bias_deviation)
        return mean + jnp.sqrt(variance + 1e-16) * jax.random.normal(first, mean.shape), kl
    w = p["mean"] + deviation * jax.random.normal(first, deviation.shape)
    b = p["bias_mean"] + bias_deviation * jax.random.normal(second, bias_deviation.shape)
    return apply_weights(x, w, b), kl


def initial(shape, key):
    if len(shape) == 4:  # [out, height, width, in]
        shape = (shape[0], *shape[2:], shape[1])
    return {"mean": jax.random.normal(key, shape) / math.sqrt(fan_in(shape)),
            "bias_mean": jnp.zeros(shape[0]),
            "rho": jnp.full(shape, INITIAL_RHO),
            "bias_rho": jnp.full((shape[0],), INITIAL_RHO)}


def step(peer, network, local):
    shapes = SHAPES[network]
    convolutions = sum(len(shape) == 4 for shape in shapes)
    x = jax.random.normal(KEY, (BATCH, 28, 28, 1) if convolutions else (BATCH, PIXELS))
    labels = jax.random.randint(KEY, (BATCH,), 0, CLASSES)

    def loss(parameters, key):
        y, total = x, 0.0
        for i, p in enumerate(parameters):
            if i == convolutions and convolutions:
                y = y.reshape(BATCH, -1)
            y, kl = layer(p, y, jax.random.fold_in(key, i), local)
            total = total + kl
            if i < convolutions:
                y = jax.lax.reduce_window(y, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
            elif i < len(parameters) - 1:
                y = jax.nn.relu(y)
        likelihood = optax.softmax_cross_entropy_with_integer_labels(y, labels).mean()
        return likelihood + total / EXAMPLES, None

    return trained(loss, [initial(shape, jax.random.fold_in(KEY, i)) for i, shape in enumerate(shapes)])


def moments(peer):
    """An epoch of variance backpropagation, all its steps in one scan."""
    features, hidden, examples, batch = (MOMENTS[name] for name in ("features", "hidden", "examples", "batch"))
    keys = jax.random.split(KEY, 4)
    x = jax.random.normal(keys[0], (examples // batch, batch, features))
    y = x.sum(2, keepdims=True) + jax.random.normal(keys[1], (examples // batch, batch, 1))

    def weights(key, outputs, inputs):
        return {"mean": 0.01 * jax.random.normal(key, (outputs, inputs)), "bias_mean": jnp.zeros(outputs),
                "rho": jnp.full((outputs, inputs), 0.5413), "bias_rho": jnp.full(outputs, 0.5413)}

    parameters = {"first": weights(keys[2], hidden, features), "last": weights(keys[3], 1, hidden),
                  "log_shape": jnp.zeros(1), "log_rate": jnp.zeros(1)}

    def linear(p, mean, variance):
        spread, square = jax.nn.softplus(p["rho"]), p["mean"] * p["mean"]
        return (mean @ p["mean"].T + p["bias_mean"],
                variance @ (square + spread).T + (mean * mean) @ spread.T + jax.nn.softplus(p["bias_rho"]))

    def rectified(mean, variance):
        s = jnp.sqrt(variance)
        below, density = jax.scipy.stats.norm.cdf(mean / s), jax.scipy.stats.norm.pdf(mean / s)
        first = mean * below + s * density
        return first, (variance + mean * mean) * below + mean * s * density - first * first

    def loss(parameters, x, y):
        shape, rate = jnp.exp(parameters["log_shape"]), jnp.exp(parameters["log_rate"])
        mean, variance = linear(parameters["first"], x, jnp.full_like(x, MOMENTS["input_variance"]))
        mean, variance = linear(parameters["last"], *rectified(mean, variance))
        kl = ((shape - 1) * jax.scipy.special.digamma(shape) - jax.scipy.special.gammaln(shape)
              + jnp.log(rate) + shape * (1 - rate) / rate).sum()
        for layer in ("first", "last"):
            p = parameters[layer]
            kl += divergence(p["mean"], jnp.sqrt(jax.nn.softplus(p["rho"])))
            kl += divergence(p["bias_mean"], jnp.sqrt(jax.nn.softplus(p["bias_rho"])))
        error = 0.5 * (shape / rate * ((y - mean) ** 2 + variance) + math.log(2 * math.pi)
                       - jax.scipy.special.digamma(shape) + jnp.log(rate))
        return error.mean() + kl / examples

    optimizer = optax.adam(MOMENTS["learning_rate"])

    def step(state, batch):
        parameters, moments = state
        value, gradient = jax.value_and_grad(loss)(parameters, *batch)
        updates, moments = optimizer.update(gradient, moments)
        return (optax.apply_updates(parameters, updates), moments), value

    epoch = jax.jit(lambda state: jax.lax.scan(step, state, (x, y)), donate_argnums=0)
    state = parameters, optimizer.init(parameters)

    def call():
        nonlocal state
        state, values = epoch(state)
        values.block_until_ready()

    return call


class Peer:
    WORKLOADS = {"product": product, "elementwise": elementwise, "normal": normal, "evidence": evidence,
                 "variational": variational, "step": step, "moments": moments}

    def __init__(self, variant, threads):
        self.version = f"JAX {jax.__version__}"
