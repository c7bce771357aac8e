"""The command line that reproduces a run."""

from __future__ import annotations

import shlex
from typing import Any

from toolkit.core.declaration import FILE, NUMBERS, Option
from toolkit.flow.options import DECLARED, Options

BEHIND = {"host_cycles": "delta"}
"""Options placed right after another one, whatever their group: the text is part of a report's digest."""


def _in_order() -> tuple[Option, ...]:
    """Sort the options by place, then by group and declaration, except those in :data:`BEHIND`."""
    shown = (one for one in DECLARED.values() if one.place is not None and one.name not in BEHIND)
    order = sorted(shown, key=lambda one: one.place or 0)
    for name, before in BEHIND.items():
        order.insert(order.index(DECLARED[before]) + 1, DECLARED[name])
    return tuple(order)


SHOWN = _in_order()
"""The options that show in the command, in order."""


def named(model: str, *, own: bool) -> str:
    """Return a network as the command line names it; of a user's own, the file is called ``FILE.py``."""
    return f"FILE.py:{model}" if own else model


def command(options: Options) -> str:
    """Return ``offramp build ...`` with every option that differs from its default.

    A file is shown by the option's name instead of its path, which differs between machines; the digests of
    the steps identify it.
    """
    quant = options.quant
    if quant.weight_bits != quant.act_bits:
        bits = ["--weight-bits", str(quant.weight_bits), "--act-bits", str(quant.act_bits)]
    else:
        bits = _words("--bits", DECLARED["weight_bits"], quant.weight_bits)
    own = {
        "model": [named(options.network.model, own=options.network.description is not None)],
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
        return [flag if value else f"--no-{flag.removeprefix('--')}"]
    if one.kind == NUMBERS:
        return [flag, ",".join(map(str, value))]
    return [flag, one.name.upper() if one.place == FILE else str(value)]
