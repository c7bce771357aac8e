"""Offramp: early-exit neural networks on FPGAs, exact to the bit.

``import toolkit as offramp``; see docs/python.md. Everything is imported at first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hw_models.own.attach import attach_exits
    from toolkit.core.errors import OfframpError
    from toolkit.flow.catalogue import models
    from toolkit.flow.exploration import explore_designs
    from toolkit.flow.places import rank_exits
    from toolkit.flow.run import Run, build
    from toolkit.flow.run import Run as open
    from toolkit.flow.sweep import sweep_bits

__all__ = [
    "OfframpError",
    "Run",
    "__version__",
    "attach_exits",
    "build",
    "explore_designs",
    "models",
    "open",
    "rank_exits",
    "sweep_bits",
]
__version__ = "0.1.0"

_OWNERS = {
    "OfframpError": ("toolkit.core.errors", "OfframpError"),
    "Run": ("toolkit.flow.run", "Run"),
    "attach_exits": ("hw_models.own.attach", "attach_exits"),
    "build": ("toolkit.flow.run", "build"),
    "explore_designs": ("toolkit.flow.exploration", "explore_designs"),
    "models": ("toolkit.flow.catalogue", "models"),
    "open": ("toolkit.flow.run", "Run"),
    "sweep_bits": ("toolkit.flow.sweep", "sweep_bits"),
    "rank_exits": ("toolkit.flow.places", "rank_exits"),
}
"""What is imported at first use, since it takes long: the module that owns it, and its name there."""


def __getattr__(name: str) -> Any:
    if name not in _OWNERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    owner, owned = _OWNERS[name]
    return getattr(importlib.import_module(owner), owned)


def __dir__() -> list[str]:
    return sorted({*globals(), *_OWNERS})
