"""The netlist that is packed, as a design for the simulator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from toolkit.families.toolchain import CellModels
from toolkit.sim import RtlDesign


def netlist_design(design: RtlDesign, netlist: Path, models: CellModels) -> RtlDesign:
    """The design again, with the same ports, made of the cells of its netlist.

    Memories hold what the netlist says: no file is read at run time. Probes are gone with the queues' names.

    Args:
        design: the RTL that was synthesised.
        netlist: as :meth:`toolkit.families.toolchain.Toolchain.verilog` makes it.
        models: of the cells.

    Raises:
        BadOption: a file is not there.
    """
    return replace(
        design,
        sources=(*models.sources, netlist),
        include_dirs=models.include_dirs,
        data_dir=None,
        defines={},
        parameters={},
        probes={},
    )
