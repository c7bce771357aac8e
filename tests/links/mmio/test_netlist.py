"""Synthesis keeps the processor's cell and what lies behind it: the netlist sends back what it gets."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from tests.families.ecp5.cells import synthesise
from tests.rtl import files
from toolkit.core.artifact import read_json
from toolkit.core.templates import render
from toolkit.families.xc7 import plan
from toolkit.families.xc7.simulation import OF_RTL, cell_models
from toolkit.families.yosys import NETLIST
from toolkit.implement.netlist import netlist_design
from toolkit.links.mmio.port import MemoryOptions
from toolkit.links.mmio.simulated import MemoryBoard
from toolkit.sim import RtlDesign

BLOCKS = tuple(
    files.source(f"offramp_{name}") for name in ("mmio_pkg", "ram", "axi_words", "mailbox", "mmio_port")
)


@pytest.mark.sim
def test_the_netlist_sends_back_what_it_gets(tmp_path: Path, simulators: Path) -> None:
    mirror = tmp_path / "mirror.sv"
    mirror.write_text(render(Path(__file__).with_name("mirror.sv.j2"), Path(plan.__file__).parent))
    rtl = RtlDesign("mirror", (*BLOCKS, mirror), (), ())
    netlist = synthesise(rtl, tmp_path / "synthesis", plan.synthesis)
    cells = [
        cell["type"] for cell in read_json(netlist.parent / NETLIST)["modules"]["mirror"]["cells"].values()
    ]
    assert cells.count("PS7") == 1
    assert cells.count("RAMB18E1") == 2
    sent = np.random.default_rng(1).integers(0, 256, 12_000, np.uint8).tobytes()
    for design in (
        RtlDesign("mirror", (OF_RTL[-1], *BLOCKS, mirror), (), ()),
        netlist_design(rtl, netlist, cell_models()),
    ):
        with MemoryBoard(design, cache_dir=simulators, quick=True) as board:
            port, got = MemoryOptions(reply_s=30.0).open(board.port), b""
            for at in range(0, len(sent), 1000):
                port.write(sent[at : at + 1000])
                got += port.read(700)
            end = time.monotonic() + 60
            while len(got) < len(sent) and time.monotonic() < end:
                got += port.read(4096)
            port.close()
        assert got == sent
        assert board.state().written > len(sent) // 4
