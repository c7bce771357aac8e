"""What the flow knows of Vivado: options that are for it alone, and which one would be used."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.core.errors import BadOption, ToolMissing
from toolkit.families.vivado import VivadoToolchain, vivado
from toolkit.flow.options import Options


def require(options: Options) -> None:
    """Refuse what is for Vivado alone with other tools."""
    from toolkit.implement.machine import require_host

    wanted = options.implementation
    given = {
        "--plan": wanted.plan,
        "--remote": wanted.remote is not None,
        "--dsp-primitives": wanted.dsp_primitives,
    }
    flags = [flag for flag, value in given.items() if value]
    if flags and not by_vivado(options):
        raise BadOption(flags[0], expected="a target whose tools are vivado", found=wanted.target)
    if wanted.remote is not None:
        require_host(wanted.remote)


def by_vivado(options: Options) -> bool:
    """Whether Vivado makes the target's bitstream."""
    board = options.implementation.board
    return board is not None and isinstance(board.toolchain, VivadoToolchain)


def version(options: Options) -> Mapping[str, str]:
    """Return the version of the Vivado that would be used: with another one the step runs again."""
    wanted = options.implementation
    if not by_vivado(options) or wanted.plan:
        return {}
    if wanted.remote is not None:
        return {"vivado": "of another machine"}
    try:
        return {"vivado": vivado().version}
    except ToolMissing:
        return {}
