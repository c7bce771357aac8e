"""Finds the RTL library of the installed FINN+ and makes patched copies of its files."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from collections.abc import Iterable
from pathlib import Path

from toolkit.compile.rtllib.patch import FINN_VERSION, PATCHES
from toolkit.core.artifact import write_bytes
from toolkit.core.errors import ToolMissing, UnsupportedVersion
from toolkit.core.paths import is_file, is_folder


def library_root() -> Path:
    """Return the folder ``finn-rtllib`` of the installed FINN+.

    Raises:
        ToolMissing: FINN+ is not installed.
        UnsupportedVersion: it is not the version that the patches were written for.
    """
    fix = f"Install finn-plus=={FINN_VERSION}."
    try:
        version = importlib.metadata.version("finn-plus")
    except importlib.metadata.PackageNotFoundError as error:
        raise ToolMissing("FINN+ is not installed", fix=fix) from error
    if version != FINN_VERSION:
        raise UnsupportedVersion("FINN+ (finn-plus)", expected=FINN_VERSION, found=version, fix=fix)
    spec = importlib.util.find_spec("finn")  # finds FINN+ without the 5 s of importing it
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if is_folder(root := Path(folder) / "finn-rtllib"):
            return root
    raise ToolMissing("the installed FINN+ has no RTL library", expected="finn/finn-rtllib", fix=fix)


def patched_text(file: str, text: str) -> str:
    """Apply every patch of the library's ``file`` to its content ``text``.

    Raises:
        UnsupportedVersion: a patch does not match the text.
    """
    for patch in PATCHES:
        if patch.file == file:
            text = patch.apply(text)
    return text


def copy_library(dest: Path, files: Iterable[str | Path] | None = None) -> tuple[Path, ...]:
    """Copy sources of the library to ``dest``, keeping their folders, and patch the copies.

    Args:
        dest: folder for the copies, made if absent; equal files that exist are not written again.
        files: paths relative to the library or absolute ones inside it; None: every ``.sv`` and ``.v``.

    Returns:
        The copies without duplicates in compile order: packages first, otherwise the order of ``files``.

    Raises:
        ToolMissing: FINN+ is not installed.
        UnsupportedVersion: it has another version, lacks a file, or a patch does not match.
    """
    root = library_root()
    if files is None:
        files = sorted(path for suffix in ("sv", "v") for path in root.rglob(f"*.{suffix}"))
    names = dict.fromkeys(_relative(root, Path(file)) for file in files)
    ordered = sorted(names, key=lambda name: not name.endswith("_pkg.sv"))  # stable: only packages move
    return tuple(_copy(root, name, dest) for name in ordered)


def _relative(root: Path, path: Path) -> str:
    """Return the path below ``root``, with forward slashes."""
    full = Path(os.path.normpath(root / path))
    if not full.is_relative_to(root) or not is_file(full):
        raise UnsupportedVersion(
            f"FINN+'s RTL library has no file '{path}'",
            expected=f"a file below {root}",
            fix=f"Install finn-plus=={FINN_VERSION}.",
        )
    return full.relative_to(root).as_posix()


def _copy(root: Path, name: str, dest: Path) -> Path:
    """Write the patched copy of one file, atomically."""
    content = patched_text(name, (root / name).read_text("utf-8")).encode()
    target = dest / name
    if not is_file(target) or target.read_bytes() != content:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, content)
    return target
