"""PyTorch: eager, eager with the fused Adam, hand-written gradients in place, and torch.compile."""
import math

import torch
import torch.nn.functional as F

from workloads import (BATCH, CLASSES, EXAMPLES, INITIAL_RHO, LEARNING_RATE, MOMENTS, PIXELS, SHAPES, fan_in,
                       reduced_variances)


def product(peer, m, n, k, left, right):
    a = torch.randn(k, m).t() if left else torch.randn(m, k)
    b = torch.randn(n, k).t() if right else torch.randn(k, n)
    c = torch.empty(m, n)
    return lambda: torch.mm(a, b, out=c)


def elementwise(peer, function, n):
    x, out = torch.randn(n), torch.empty(n)
    if function == "log":
        x = x.abs() + 0.01
    if function == "softplus":
        return lambda: torch._C._nn.softplus(x, 1, 20, out=out)
    apply = getattr(torch, function)
    return lambda: apply(x, out=out)


def normal(peer, n):
    out = torch.empty(n)
    if peer.variant == "compile":
        drawn = torch.compile(torch.randn_like)
        return lambda: drawn(out)
    return out.normal_


def evidence(peer, n, k, best):
    mean, deviation = 0.1 * torch.randn(n), 0.05 + 0.05 * torch.rand(n)

    def reduce(mean, deviation):
        variance, square = deviation * deviation, 0.5 * mean * mean
        sums, greatest, which = [], None, None
        for i, reduced in enumerate(reduced_variances(k)):
            gain = 1 / reduced - 1
            spread = 1 + gain * variance
            delta = 0.5 * math.log(1 / reduced) - 0.5 * torch.log(spread) - gain * square / spread
            sums.append(delta.sum())
            if best and i == 0:
                greatest, which = delta, torch.zeros(n, dtype=torch.int32)
            elif best:
                better = delta > greatest
                greatest = torch.where(better, delta, greatest)
                which = torch.where(better, torch.full_like(which, i), which)
        return torch.stack(sums), greatest, which

    call = torch.compile(reduce) if peer.variant == "compile" else reduce

    @torch.no_grad()
    def without_gradients():
        return call(mean, deviation)

    return without_gradients


def divergence(mean, deviation):
    """KL to N(0, 1), in nats, summed."""
    return (0.5 * (deviation * deviation + mean * mean) - torch.log(deviation) - 0.5).sum()


def variational(peer, n):
    """Noise, w, KL, gradients of mean and rho for a given gradient of w, Adam on both."""
    weight = 1 / EXAMPLES
    gradient, mean, rho = 0.01 * torch.randn(n), 0.1 * torch.randn(n), -3 + 0.1 * torch.randn(n)
    if peer.variant in ("eager", "fused"):
        mean, rho = torch.nn.Parameter(mean), torch.nn.Parameter(rho)
        optimizer = peer.adam([mean, rho])

        def step():
            optimizer.zero_grad(set_to_none=True)
            deviation = F.softplus(rho)
            w = mean + deviation * torch.randn_like(mean)
            ((w * gradient).sum() + weight * divergence(mean, deviation)).backward()
            optimizer.step()

        return step
    moments = [torch.zeros(n) for _ in range(4)]

    def by_hand(mean, rho, gradient, m1, v1, m2, v2, debias1, debias2):
        noise, deviation = torch.randn_like(mean), F.softplus(rho)
        w = mean + deviation * noise
        kl = divergence(mean, deviation)
        by_mean = gradient + weight * mean
        by_rho = (gradient * noise + weight * (deviation - 1 / deviation)) * torch.sigmoid(rho)
        for x, g, m, v in ((mean, by_mean, m1, v1), (rho, by_rho, m2, v2)):
            m.mul_(0.9).add_(g, alpha=0.1)
            v.mul_(0.999).addcmul_(g, g, value=0.001)
            x.sub_(LEARNING_RATE / debias1 * m / (torch.sqrt(v / debias2) + 1e-8))
        return w, kl

    call = torch.compile(by_hand) if peer.variant == "compile" else by_hand
    debias = torch.tensor(0.5)

    @torch.no_grad()
    def without_gradients():
        return call(mean, rho, gradient, *moments, debias, debias)

    return without_gradients


class BayesianLayer(torch.nn.Module):
    """Weights N(mean, softplus(rho)²); a draw of them, or of the outputs (local reparameterisation)."""

    def __init__(self, shape, local):
        super().__init__()
        self.apply_weights = F.conv2d if len(shape) == 4 else F.linear
        self.local = local
        self.mean = torch.nn.Parameter(torch.randn(shape) / math.sqrt(fan_in(shape)))
        self.bias_mean = torch.nn.Parameter(torch.zeros(shape[0]))
        self.rho = torch.nn.Parameter(torch.full(shape, INITIAL_RHO))
        self.bias_rho = torch.nn.Parameter(torch.full((shape[0],), INITIAL_RHO))

    def forward(self, x):
        deviation, bias_deviation = F.softplus(self.rho), F.softplus(self.bias_rho)
        kl = divergence(self.mean, deviation) + divergence(self.bias_mean, bias_deviation)
        if self.local:
            mean = self.apply_weights(x, self.mean, self.bias_mean)
            variance = self.apply_weights(x * x, deviation * deviation, bias_deviation * bias_deviation)
            return mean + torch.sqrt(variance + 1e-16) * torch.randn_like(mean), kl
        w = self.mean + deviation * torch.randn_like(self.mean)
        b = self.bias_mean + bias_deviation * torch.randn_like(self.bias_mean)
        return self.apply_weights(x, w, b), kl


class BayesianNetwork(torch.nn.Module):
    """The loss: −ln p(y|x, w) a mean over the batch, and KL / N."""

    def __init__(self, network, local):
        super().__init__()
        self.convolutions = sum(len(shape) == 4 for shape in SHAPES[network])
        self.layers = torch.nn.ModuleList([BayesianLayer(shape, local) for shape in SHAPES[network]])

    def forward(self, x, labels):
        total = 0.0
        for i, layer in enumerate(self.layers):
            if i == self.convolutions and self.convolutions:
                x = x.flatten(1)
            x, kl = layer(x)
            total = total + kl
            if i < self.convolutions:
                x = F.max_pool2d(x, 2)
            elif i < len(self.layers) - 1:
                x = F.relu(x)
        return F.cross_entropy(x, labels) + total / EXAMPLES


def step(peer, network, local):
    if peer.variant == "manual":
        return None
    model = BayesianNetwork(network, local)
    optimizer = peer.adam(model.parameters())
    x = torch.randn(BATCH, PIXELS) if network == "mlp" else torch.randn(BATCH, 1, 28, 28)
    labels = torch.randint(0, CLASSES, (BATCH,))
    compiles = peer.variant == "compile"
    loss = torch.compile(model) if compiles else model
    update = torch.compile(optimizer.step) if compiles else optimizer.step

    def call():
        optimizer.zero_grad(set_to_none=True)
        loss(x, labels).backward()
        update()

    return call


class PropagatedMoments(torch.nn.Module):
    """The free energy of a regression network by variance backpropagation, a mean over the batch and KL / N."""

    def __init__(self):
        super().__init__()
        features, hidden = MOMENTS["features"], MOMENTS["hidden"]
        self.means, self.rhos = torch.nn.ParameterList(), torch.nn.ParameterList()
        for shape in (hidden, features), (hidden,), (1, hidden), (1,):
            self.means.append(torch.nn.Parameter(0.01 * torch.randn(shape)))
            self.rhos.append(torch.nn.Parameter(torch.full(shape, 0.5413)))
        self.log_shape, self.log_rate = torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.zeros(1))

    def linear(self, i, mean, variance):
        spread, square = F.softplus(self.rhos[i]), self.means[i] ** 2
        return (F.linear(mean, self.means[i], self.means[i + 1]),
                F.linear(variance, square + spread) + F.linear(mean * mean, spread, F.softplus(self.rhos[i + 1])))

    def forward(self, x, y):
        mean, variance = self.linear(0, x, torch.full_like(x, MOMENTS["input_variance"]))
        s = torch.sqrt(variance)
        r = mean / s
        below, density = torch.special.ndtr(r), torch.exp(-0.5 * r * r) / math.sqrt(2 * math.pi)
        first = mean * below + s * density
        variance = (variance + mean * mean) * below + mean * s * density - first * first
        mean, variance = self.linear(2, first, variance)
        shape, rate = torch.exp(self.log_shape), torch.exp(self.log_rate)
        kl = ((shape - 1) * torch.digamma(shape) - torch.lgamma(shape) + self.log_rate
              + shape * (1 - rate) / rate).sum()
        for m, rho in zip(self.means, self.rhos):
            kl = kl + divergence(m, torch.sqrt(F.softplus(rho)))
        error = 0.5 * (shape / rate * ((y - mean) ** 2 + variance) + math.log(2 * math.pi)
                       - torch.digamma(shape) + self.log_rate)
        return error.mean() + kl / MOMENTS["examples"]


def moments(peer):
    """An epoch of variance backpropagation."""
    if peer.variant == "manual":
        return None
    model = PropagatedMoments()
    optimizer = peer.adam(model.parameters(), MOMENTS["learning_rate"])
    x = torch.randn(MOMENTS["examples"], MOMENTS["features"])
    y = x.sum(1, keepdim=True) + torch.randn(MOMENTS["examples"], 1)
    batches = list(zip(x.split(MOMENTS["batch"]), y.split(MOMENTS["batch"])))
    compiles = peer.variant == "compile"
    loss = torch.compile(model) if compiles else model
    update = torch.compile(optimizer.step) if compiles else optimizer.step

    def call():
        for inputs, targets in batches:
            optimizer.zero_grad(set_to_none=True)
            loss(inputs, targets).backward()
            update()

    return call


class Peer:
    WORKLOADS = {"product": product, "elementwise": elementwise, "normal": normal, "evidence": evidence,
                 "variational": variational, "step": step, "moments": moments}

    def __init__(self, variant, threads):
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        if variant == "compile" and not hasattr(torch, "compile"):
            raise RuntimeError(f"torch.compile came with 2.0, this is {torch.__version__}")
        self.variant = variant
        if variant == "fused":
            self.adam([torch.nn.Parameter(torch.zeros(1))])  # refuses where there is none for the CPU
            self.WORKLOADS = {name: Peer.WORKLOADS[name] for name in ("variational", "step", "moments")}
        elif variant == "manual":
            self.WORKLOADS = {"variational": variational}
        elif variant == "compile":
            self.WORKLOADS = {name: make for name, make in Peer.WORKLOADS.items() if name != "product"}
        self.version = f"PyTorch {torch.__version__}"

    def adam(self, parameters, learning_rate=LEARNING_RATE):
        options = {"fused": True} if self.variant == "fused" else {}
        return torch.optim.Adam(parameters, lr=learning_rate, **options)
