"""Apicula's database of a die, and what it says of packages."""

from __future__ import annotations

import importlib.resources
from functools import cache
from typing import Any


@cache
def load(chip: str) -> Any:
    """Return the database of a die, ``GW2A-18C``."""
    from apycula.chipdb import load_chipdb

    with importlib.resources.as_file(importlib.resources.files("apycula") / f"{chip}.msgpack.xz") as path:
        return load_chipdb(path)


def pins(device: str, chip: str) -> frozenset[str]:
    """Return the pins of a part's package; empty if there is no such part."""
    database = load(chip)
    package, part, _ = database.packages.get(device, ("", "", ""))
    return frozenset(database.pinout.get(part, {}).get(package, ()))
