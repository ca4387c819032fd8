"""One peer as a process that measures on request: one JSON object a line, on standard input and output.

    python3 contender.py {torch-eager,torch-fused,torch-manual,torch-compile,jax,numpy} --threads N

It first says {"ready": version} or {"missing": why}. Then it answers

    {"prepare": {"kind": …, …}}   with  {"calls": calls that fill a sample} or {"unsupported": why}
    {"sample": calls}             with  {"seconds": of wall clock for all of them}

until its input ends. Who asks decides on order, rounds and statistics; see README.md.
"""
import argparse
import importlib
import json
import os
import sys
import time

MODULES = {"torch": "torch_peer", "jax": "jax_peer", "numpy": "numpy_peer"}
WARM_UP_CALLS, WARM_UP_SECONDS, SAMPLE_SECONDS = 5, 1.0, 0.04


def limit_processors(threads):
    """XLA takes the size of its pools from the affinity; the others from their environment variables."""
    os.environ["JAX_PLATFORMS"] = "cpu"
    if hasattr(os, "sched_getaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def warm_up(call):
    """Runs until compilers, caches and allocators have settled; returns how many calls fill a sample."""
    end, calls = time.perf_counter() + WARM_UP_SECONDS, 0
    while calls < WARM_UP_CALLS or time.perf_counter() < end:
        call()
        calls += 1
    fastest = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        call()
        fastest = min(fastest, time.perf_counter() - start)
    return max(1, int(SAMPLE_SECONDS / fastest))


def sample(call, calls):
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return time.perf_counter() - start


def answer(request, peer, state):
    if "prepare" in request:
        state.pop("call", None)  # its memory goes before the next workload's comes
        workload = dict(request["prepare"])
        make = peer.WORKLOADS.get(workload.pop("kind"))
        call = make(peer, **workload) if make else None
        if call is None:
            return {"unsupported": "not written for this peer"}
        state["call"] = call
        return {"calls": warm_up(call)}
    return {"seconds": sample(state["call"], request["sample"])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("peer")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    library, _, variant = given.peer.partition("-")
    if library == "jax":
        limit_processors(given.threads)
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes to standard error

    def reply(message):
        print(json.dumps(message), file=replies, flush=True)

    try:
        peer = importlib.import_module(MODULES[library]).Peer(variant, given.threads)
    except Exception as reason:
        reply({"missing": f"{type(reason).__name__}: {reason}"})
        return
    reply({"ready": peer.version})
    state = {}
    for line in sys.stdin:
        try:
            reply(answer(json.loads(line), peer, state))
        except Exception as reason:
            reply({"unsupported": f"{type(reason).__name__}: {reason}"[:300]})


if __name__ == "__main__":
    main()
