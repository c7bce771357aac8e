"""The programs besides Yosys that make 7-series bitstreams without Vivado, and Project X-Ray's database.

No pip package has them: they come with Debian 14 (forky) or newer, and so with the container.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from toolkit.core import env
from toolkit.core.errors import ToolMissing
from toolkit.core.paths import is_file
from toolkit.core.tools import Requirement, Tool, find

DATABASE_VARIABLE = "OFFRAMP_PRJXRAY_DATABASE"
_DATABASE = Path("/usr/share/prjxray/database")
_FAMILIES = {"xc7a": "artix7", "xc7k": "kintex7", "xc7s": "spartan7", "xc7z": "zynq7"}
_PACKAGES = "nextpnr-himbaechel-xilinx nextpnr-himbaechel-xilinx-chipdb prjxray prjxray-database"


class DebianRequirement(Requirement):
    """A program that only Debian 14 and its like package."""

    def missing(self, found: object) -> ToolMissing:
        """Return the error for a program that was not found, with two ways to get it."""
        fix = (
            f"Use 'scripts/container.sh build-bitstream ...', which has it, or 'apt-get install {_PACKAGES}' "
            f"(Debian 14 'forky' or newer), or name it in {self.variable}."
        )
        return ToolMissing(
            f"{self.purpose} is missing", expected=" or ".join(self.names), found=found, fix=fix
        )


NEXTPNR = DebianRequirement(
    "nextpnr for Xilinx",
    ("nextpnr-himbaechel-xilinx", "nextpnr-himbaechel"),
    "OFFRAMP_NEXTPNR_XILINX",
    _PACKAGES,
    "",
    version=r"Version (\d[\w.+-]*)",
)
FRAMES2BIT, BITREAD = (
    DebianRequirement(
        name, (name,), f"OFFRAMP_{name.upper()}", _PACKAGES, "", version=r"(Usage|xc7frames2bit)"
    )
    for name in ("xc7frames2bit", "bitread")
)
nextpnr_xilinx = partial(find, NEXTPNR, ("--version",))


def frames2bit() -> Tool:
    """Find Project X-Ray's xc7frames2bit; it does not state a version."""
    return _unversioned(FRAMES2BIT)


def bitread() -> Tool:
    """Find Project X-Ray's bitread; it does not state a version."""
    return _unversioned(BITREAD)


def _unversioned(wanted: Requirement) -> Tool:
    import shlex
    import shutil

    named = env.command(wanted.variable)
    start = tuple(shlex.split(named)) if named is not None else wanted.names
    path = shutil.which(start[0]) if start else None
    if path is None:
        raise wanted.missing("none on PATH" if named is None else f"{wanted.variable}={named!r}, no program")
    return Tool(wanted.names[0], (path, *start[1:]), "0.1")


def database(part: str) -> Path:
    """Return the folder of Project X-Ray's database for a part's family.

    Raises:
        ToolMissing: it is not installed, or lacks the part.
    """
    named = env.command(DATABASE_VARIABLE)
    folder = (_DATABASE if named is None else Path(named)) / _FAMILIES.get(part[:4], part[:4])
    if not is_file(folder / part / "part.yaml"):
        raise ToolMissing(
            f"Project X-Ray's database of {part} is missing",
            expected=str(folder / part),
            found="no part.yaml there",
            fix=f"Use 'scripts/container.sh build-bitstream ...', which has it, or 'apt-get install "
            f"prjxray-database' (Debian 14 'forky' or newer), or name its folder in {DATABASE_VARIABLE}.",
        )
    return folder
