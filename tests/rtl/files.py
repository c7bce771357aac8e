"""Where our SystemVerilog lies: layers' units in one folder, each link's blocks in its own."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from toolkit import rtl
from toolkit.links import serial
from toolkit.links.serial.protocol import PACKAGE, package

FOLDERS = (rtl.FOLDER, Path(serial.__file__).parent / "rtl")


def all_files() -> list[Path]:
    """Every module of ours, packages first."""
    return [protocol(), *sorted(path for folder in FOLDERS for path in folder.glob("*.sv"))]


@cache
def protocol() -> Path:
    """The generated package with the constants of the serial link."""
    folder = Path(tempfile.mkdtemp(prefix="offramp-package-"))
    atexit.register(shutil.rmtree, folder)
    (folder / PACKAGE).write_text(package())
    return folder / PACKAGE


def source(module: str) -> Path:
    """File of a module."""
    (path,) = (path for path in all_files() if path.stem == module)
    return path
