"""The command line that makes a run again."""

from __future__ import annotations

import shlex
from typing import Any

from toolkit.flow.declaration import FILE, Option
from toolkit.flow.options import DECLARED, Options

SHOWN = tuple(
    sorted((one for one in DECLARED.values() if one.place is not None), key=lambda one: one.place or 0)
)
"""The options that show in it, in order."""


def command(options: Options) -> str:
    """``offramp build ...`` with every option that is not the default.

    A file shows by the option's name, not by its path: digests say which file it was.
    """
    quant = options.quant
    if quant.weight_bits != quant.act_bits:
        bits = ["--weight-bits", str(quant.weight_bits), "--act-bits", str(quant.act_bits)]
    else:
        bits = _words("--bits", DECLARED["weight_bits"], quant.weight_bits)
    own = {
        "model": [options.network.model],
        "dataset": ["--dataset", options.data.dataset],
        "weight_bits": bits,
        "act_bits": [],
    }
    words = ["offramp", "build"]
    for one in SHOWN:
        words += own[one.name] if one.name in own else _words(one.flag, one, options.value(one.name))
    return shlex.join(words)


def _words(flag: str, one: Option, value: Any) -> list[str]:
    if value == one.default:
        return []
    if one.kind is bool:
        return [flag]
    return [flag, one.name.upper() if one.place == FILE else str(value)]
