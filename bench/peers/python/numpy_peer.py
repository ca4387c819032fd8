"""NumPy on the BLAS it was built with: a second opinion on products, and the plain form of the evidence."""
import math

import numpy

from workloads import reduced_variances


def product(peer, m, n, k, left, right):
    a = peer.normal((k, m)).T if left else peer.normal((m, k))
    b = peer.normal((n, k)).T if right else peer.normal((k, n))
    c = numpy.empty((m, n), numpy.float32)
    return lambda: numpy.dot(a, b, out=c)


def normal(peer, n):
    out = numpy.empty(n, numpy.float32)
    return lambda: peer.random.standard_normal(out=out, dtype=numpy.float32)


def evidence(peer, n, k, best):
    mean, deviation = 0.1 * peer.normal(n), 0.05 + 0.05 * peer.random.random(n, numpy.float32)
    half = numpy.float32(0.5)

    def call():
        variance, square = deviation * deviation, half * mean * mean
        sums, greatest, which = [], None, numpy.zeros(n, numpy.int32)
        for i, reduced in enumerate(reduced_variances(k)):
            gain = numpy.float32(1 / reduced - 1)
            spread = 1 + gain * variance
            delta = numpy.float32(0.5 * math.log(1 / reduced)) - half * numpy.log(spread) - gain * square / spread
            sums.append(delta.sum())
            if best:
                better = delta > greatest if i else numpy.ones(n, bool)
                greatest = numpy.where(better, delta, greatest) if i else delta
                which = numpy.where(better, numpy.int32(i), which)
        return sums, greatest, which

    return call


class Peer:
    WORKLOADS = {"product": product, "normal": normal, "evidence": evidence}

    def __init__(self, variant, threads):
        self.version = f"NumPy {numpy.__version__}"
        self.random = numpy.random.Generator(numpy.random.SFC64(1))

    def normal(self, shape):
        return self.random.standard_normal(shape, numpy.float32)
