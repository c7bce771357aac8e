"""Makes a design for the simulator from a placed netlist."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from toolkit.families.toolchain import CellModels
from toolkit.sim import RtlDesign


def netlist_design(design: RtlDesign, netlist: Path, models: CellModels) -> RtlDesign:
    """Return a design with the same ports, made of the cells of its netlist.

    The contents of memories are in the netlist: no file is read at run time. There are no probes, since
    synthesis does not preserve the names of queues.

    Args:
        design: RTL that was synthesised.
        netlist: Verilog file made by :meth:`toolkit.families.toolchain.NetlistToolchain.verilog`.
        models: simulation models of the cells.

    Raises:
        BadOption: a file does not exist.
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
