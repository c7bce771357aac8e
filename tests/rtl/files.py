"""Where our SystemVerilog lies: layers' units in one folder, each link's blocks in its own."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from toolkit import rtl
from toolkit.links import axi_dma, mmio, serial
from toolkit.links.axi_dma import registers
from toolkit.links.mmio import registers as rings
from toolkit.links.serial import protocol

FOLDERS = (rtl.FOLDER, *(Path(link.__file__).parent / "rtl" for link in (serial, axi_dma, mmio)))

OWNERS = (protocol, registers, rings)


def all_files() -> list[Path]:
    """Every module of ours, packages first."""
    return [*packages(), *sorted(path for folder in FOLDERS for path in folder.glob("*.sv"))]


@cache
def packages() -> tuple[Path, ...]:
    """The generated packages with the constants of the links."""
    folder = Path(tempfile.mkdtemp(prefix="offramp-package-"))
    atexit.register(shutil.rmtree, folder)
    for owner in OWNERS:
        (folder / owner.PACKAGE).write_text(owner.package())
    return tuple(folder / owner.PACKAGE for owner in OWNERS)


def source(module: str) -> Path:
    """File of a module."""
    (path,) = (path for path in all_files() if path.stem == module)
    return path
