"""Resources of the cells in a 7-series netlist (AMD UG474, UG473), and the script that synthesises one.

Memories made of look-up tables count as look-up tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toolkit.core.errors import ToolFailed
from toolkit.families.resources import Resources
from toolkit.families.yosys import STAT

PROVENANCE = "estimated by Yosys synth_xilinx"
_SCRIPT = f"""\
read_verilog -lib +/xilinx/cells_sim.v +/xilinx/cells_xtra.v
read_slang --threads 1 --ignore-timing --ignore-assertions -Wno-undefined-param-override \
-D SYNTHESIS --top {{top}} {{files}}
synth_xilinx -family xc7 -noiopad -noclkbuf -top {{top}}
check -assert
tee -q -o {STAT} stat -json
"""  # the primitives' declarations have no parameters, hence the option: they do not matter for counting

_LUTS = {
    **{f"LUT{n}": 1 for n in range(1, 7)},
    **{"LUT6_2": 1, "INV": 1, "SRL16E": 1, "SRLC32E": 1},
    **{"RAM32X1S": 1, "RAM32X1D": 2, "RAM64X1S": 1, "RAM64X1D": 2, "RAM128X1S": 2, "RAM128X1D": 4},
    **{"RAM256X1S": 4, "RAM32M": 4, "RAM64M": 4},
}
_BRAMS = {"RAMB18E1": 1, "RAMB36E1": 2}
_FFS = {"FDRE", "FDSE", "FDCE", "FDPE", "LDCE", "LDPE"}
_DSPS = {"DSP48E1": 1, "DSP48E2": 1}
_FREE = {"CARRY4", "MUXF7", "MUXF8", "MUXF9"}


def script(top: str, files: Sequence[str]) -> str:
    """Return the Yosys script that synthesises a top module and writes its cell counts to :data:`STAT`."""
    return _SCRIPT.format(top=top, files=" ".join(files))


def counted(name: str, cells: Mapping[str, int]) -> tuple[Resources, int]:
    """Return resources and flip-flops of the cells of a netlist, given by type.

    Raises:
        ToolFailed: the size of a cell is unknown.
    """
    known = _LUTS.keys() | _BRAMS.keys() | _FFS | _DSPS.keys() | _FREE
    if unknown := sorted(cells.keys() - known):
        expected = "only cells whose size is known"
        raise ToolFailed(f"netlist of {name}", expected=expected, found=", ".join(unknown))
    total = [sum(sizes.get(cell, 0) * n for cell, n in cells.items()) for sizes in (_LUTS, _BRAMS, _DSPS)]
    return Resources(*total), sum(n for cell, n in cells.items() if cell in _FFS)
