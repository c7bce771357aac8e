"""Packages with a folder per member, such as chip families and links: a new folder is a new member."""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from toolkit.core.errors import UnknownName


def members(package: str) -> list[str]:
    """Names of the folders in an imported package that are packages themselves, sorted."""
    return sorted(module.name for module in iter_modules(sys.modules[package].__path__) if module.ispkg)


def member(package: str, name: str, constant: str, what: str) -> Any:
    """Import one member and return the constant that its ``__init__`` defines.

    Args:
        package: full name of the package.
        name: the member's folder.
        constant: name of the constant, such as ``FAMILY``.
        what: what a member is, for the message.

    Raises:
        UnknownName: there is no such folder; the nearest names are suggested.
    """
    if name not in (known := members(package)):
        raise UnknownName.among(what, name, known)
    return getattr(import_module(f"{package}.{name}"), constant)
