"""Offramp: early-exit neural networks on FPGAs, exact to the bit."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hw_models.own.attach import attach_exits

__all__ = ["__version__", "attach_exits"]
__version__ = "0.1.0"

_OWNERS = {"attach_exits": "hw_models.own.attach"}
"""What is imported at first use, since it needs PyTorch, and the module that owns it."""


def __getattr__(name: str) -> Any:
    if name not in _OWNERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_OWNERS[name]), name)
