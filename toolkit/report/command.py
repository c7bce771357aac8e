"""The command line that a options stands for."""

from __future__ import annotations

import shlex

from toolkit.flow.options import Options, flag

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
"""Fields of the options that show in it."""
FILES = ("checkpoint", "measurements", "power")
"""Fields that show in it as given, not by their path: digests say which file it was."""


def command(options: Options) -> str:
    """``offramp build ...`` with every option that is not the default; no path of this machine is named."""
    usual, quant = Options(), options.quant
    words = ["offramp", "build", options.network.model, "--dataset", options.data.dataset]
    if options.implementation.target != usual.implementation.target:
        words += ["--target", options.implementation.target]
    if quant.weight_bits == quant.act_bits:
        if quant.weight_bits != usual.quant.weight_bits:
            words += ["--bits", str(quant.weight_bits)]
    else:
        words += ["--weight-bits", str(quant.weight_bits), "--act-bits", str(quant.act_bits)]
    if quant.scaling != usual.quant.scaling:
        words += ["--scaling", quant.scaling]
    for name in _VALUES:
        value = options.value(name)
        if value != usual.value(name):
            words += [flag(name), str(value)]
    words += [flag(name) for name in _FLAGS if options.value(name)]
    for name in FILES:
        if options.value(name) is not None:
            words += [flag(name), name.upper()]
    return shlex.join(words)
