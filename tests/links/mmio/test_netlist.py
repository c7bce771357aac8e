"""Synthesis keeps the processor's cell and what lies behind it: the netlist sends back what it gets."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from tests.families.ecp5.cells import synthesise
from tests.rtl import files
from toolkit.core.artifact import read_json
from toolkit.core.errors import SimulationError
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


def mirror(folder: Path) -> Path:
    file = folder / "mirror.sv"
    file.write_text(render(Path(__file__).with_name("mirror.sv.j2"), Path(plan.__file__).parent))
    return file


def rtl(top: Path) -> RtlDesign:
    return RtlDesign("mirror", (OF_RTL[-1], *BLOCKS, top), (), ())


@pytest.mark.sim
@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("MAXIGP0BID(axi_bid)", "MAXIGP0BID(axi_bid ^ 12'd1)", "PS7: response 0"),
        ("MAXIGP0RRESP(2'b00)", "MAXIGP0RRESP(2'b10)", "PS7: answer 2"),
        ("MAXIGP0RLAST(axi_rlast)", "MAXIGP0RLAST(1'b0)", "PS7: answer 0"),
    ],
)
def test_an_answer_that_axi_does_not_allow(
    tmp_path: Path, simulators: Path, right: str, wrong: str, said: str
) -> None:
    """The model of the processor notices it, and ends the simulation."""
    top = mirror(tmp_path)
    text = top.read_text()
    assert text.count(right) == 1
    top.write_text(text.replace(right, wrong))
    running = MemoryBoard(rtl(top), cache_dir=simulators, quick=True)
    with pytest.raises(SimulationError, match=f"(?s)mirror broke off.*{said}"), running:
        MemoryOptions(reply_s=30.0).open(running.port).close()


@pytest.mark.sim
def test_the_netlist_sends_back_what_it_gets(tmp_path: Path, simulators: Path) -> None:
    top = mirror(tmp_path)
    design = RtlDesign("mirror", (*BLOCKS, top), (), ())
    netlist = synthesise(design, tmp_path / "synthesis", plan.synthesis)
    cells = [
        cell["type"] for cell in read_json(netlist.parent / NETLIST)["modules"]["mirror"]["cells"].values()
    ]
    assert cells.count("PS7") == 1
    assert cells.count("RAMB18E1") == 2
    sent = np.random.default_rng(1).integers(0, 256, 12_000, np.uint8).tobytes()
    for one in (rtl(top), netlist_design(design, netlist, cell_models())):
        with MemoryBoard(one, cache_dir=simulators, quick=True) as board:
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
