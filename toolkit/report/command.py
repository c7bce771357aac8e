"""The command line that a request stands for."""

from __future__ import annotations

import shlex

from toolkit.flow.request import Request

_VALUES = (
    "first_weight_bits",
    "last_weight_bits",
    "seed",
    "epochs",
    "float_epochs",
    "cycles",
    "luts",
    "frames",
    "criterion",
    "fraction_bits",
    "exit_rate",
    "max_loss",
    "max_latency",
    "max_energy",
    "epsilon",
    "delta",
    "host_cycles",
    "clock_mhz",
    "seeds",
)
_FLAGS = ("per_channel", "train", "layers", "require_clock", "force")
OPTIONS = ("model", "dataset", "target", "weight_bits", "act_bits", "scaling", *_VALUES, *_FLAGS)
"""Fields of the request that show in it."""
FILES = ("checkpoint", "measurements", "power")
"""Fields that show in it as given, not by their path: digests say which file it was."""


def command(request: Request) -> str:
    """``offramp build ...`` with every option that is not the default; no path of this machine is named."""
    usual, words = Request(), ["offramp", "build", request.model, "--dataset", request.dataset]
    if request.target != usual.target:
        words += ["--target", request.target]
    if request.weight_bits == request.act_bits:
        if request.weight_bits != usual.weight_bits:
            words += ["--bits", str(request.weight_bits)]
    else:
        words += ["--weight-bits", str(request.weight_bits), "--act-bits", str(request.act_bits)]
    if request.scaling != usual.scaling:
        words += ["--scaling", request.scaling]
    for name in _VALUES:
        value = getattr(request, name)
        if value != getattr(usual, name):
            words += [_option(name), str(value)]
    words += [_option(name) for name in _FLAGS if getattr(request, name)]
    for name in FILES:
        if getattr(request, name) is not None:
            words += [_option(name), name.upper()]
    return shlex.join(words)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
