"""Where our SystemVerilog lies: layers' units in one folder, each link's blocks in its own."""

from __future__ import annotations

from pathlib import Path

from toolkit import rtl
from toolkit.links import serial

FOLDERS = (rtl.FOLDER, Path(serial.__file__).parent / "rtl")


def all_files() -> list[Path]:
    """Every hand-written module."""
    return sorted(path for folder in FOLDERS for path in folder.glob("*.sv"))


def source(module: str) -> Path:
    """File of a module."""
    (path,) = (path for path in all_files() if path.stem == module)
    return path
