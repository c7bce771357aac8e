"""The system between DMAs: text of its top module, lint, description, times, and what is refused.

``python -m tests.links.axi_dma.test_chip_side`` writes ``offramp_top.v`` beside this file again; look at the
difference before it is committed.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from tests.chip import toy
from tests.rtl import accept
from toolkit import links
from toolkit.boards import board
from toolkit.chip.board import simulated_board
from toolkit.chip.build import build_system
from toolkit.chip.system import System
from toolkit.core.errors import BadOption
from toolkit.families.resources import Resources
from toolkit.links.axi_dma import registers
from toolkit.links.axi_dma.overlay import CELL, DESCRIPTION, OverlayDescription
from toolkit.runtime.simulated import stage_streams, stages_digest

GOLDEN = Path(__file__).with_name("offramp_top.v")


@dataclass(frozen=True)
class ProcessorClock:
    """A clock that the processor brings."""

    mhz: float = 100.0

    @property
    def input_mhz(self) -> float:
        return self.mhz

    @property
    def exact_mhz(self) -> Fraction:
        return Fraction(self.mhz)


def build(folder: Path, **options: int) -> System:
    """The system of the two toy stages."""
    stages = toy.accelerators(folder)
    return build_system(stages, board("pynq-z2"), ProcessorClock(), folder / "system", **options)


def test_text_of_the_top_module(tmp_path: Path) -> None:
    system = build(tmp_path)
    assert system.sources[-1] == "rtl/offramp_top.v"
    assert (system.path / system.sources[-1]).read_text() == GOLDEN.read_text()
    assert f"256'h{system.design_digest}" in GOLDEN.read_text()


def test_the_ports_are_those_of_the_dmas() -> None:
    ports = re.findall(r"^  (input|output) +wire +(?:\[.*\] )?(\w+),?$", GOLDEN.read_text(), re.MULTILINE)
    streams = {name.removesuffix("_tdata"): way for way, name in ports if name.endswith("_tdata")}
    assert streams == {
        "s_axis_dma0": "input",
        "m_axis_dma0": "output",
        "m_axis_dma0_map": "output",
        "s_axis_dma1": "input",
        "m_axis_dma1": "output",
    }
    assert f'"ASSOCIATED_BUSIF s_axi:{":".join(streams)}, ASSOCIATED_RESET aresetn"' in GOLDEN.read_text()


def test_accepted(tmp_path: Path) -> None:
    system = build(tmp_path)
    sources = [system.path / source for source in system.sources]
    left = [line.partition("not used: ")[2] or line for line in accept.verilator(system.top, sources)]
    assert left == ["'in0_V_tdata'[11:8]", "'in0_V_tdata'[7:4]"], "of the toy stages"
    assert accept.slang(system.top, sources) == []


def test_the_description_is_of_this_design(tmp_path: Path) -> None:
    system = build(tmp_path)
    assert system.host_files == (DESCRIPTION,)
    described = OverlayDescription.load(system.path / DESCRIPTION)
    assert (described.digest, described.cell) == (system.design_digest, CELL)
    assert [stage.input.dma for stage in described.stages] == ["dma0", "dma1"]
    assert [stream.dma for stage in described.stages for stream in stage.outputs] == [
        "dma0", "dma0_map", "dma1",
    ]  # fmt: skip
    assert System.load(system.path) == system


def test_streams_of_the_description(tmp_path: Path) -> None:
    stages = toy.accelerators(tmp_path)
    described = OverlayDescription.of(stages)
    assert [one.streams() for one in described.stages] == [stage_streams(one.design()) for one in stages]
    assert described.digest == stages_digest(stages)


def test_slots_and_too_many_stages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        BadOption, match="slots for feature maps; expected none: they go to the host; found 8"
    ):
        build(tmp_path, slots=8)
    side, stages = links.chip_side(board("pynq-z2")), toy.accelerators(tmp_path / "more")
    with pytest.raises(BadOption, match="number of stages; expected 1 to 32; found 33"):
        side.top([*stages[:1] * 32, stages[1]], ProcessorClock(), None)


def test_no_board_is_simulated(tmp_path: Path) -> None:
    with pytest.raises(BadOption, match="simulated board; expected one whose host is outside; found a DMA"):
        simulated_board(build(tmp_path), board("pynq-z2"))


def test_resources_are_per_stage() -> None:
    side = links.chip_side(board("pynq-z2"))
    assert side.with_buffers(6272, ()) == side.takes
    assert side.with_buffers(6272, (500, 400)) == Resources(lut=3 * side.takes.lut)


def test_times_are_bounded_by_the_words(tmp_path: Path) -> None:
    """Toy stage 0: a word in, a word of logits and one of the map out; stage 1: one in, one out."""
    stages = toy.accelerators(tmp_path)
    early, late = links.chip_side(board("pynq-z2")).times(stages, (20, 50), 100.0)
    assert (early.chip_us, early.wire_us) == (0.2, pytest.approx(0.2 + 0.02))
    assert (late.chip_us, late.wire_us) == (0.5, pytest.approx(0.5 + 0.05))
    assert early.link_frames_per_s == pytest.approx(100e6 / 2), "logits and map"
    assert late.link_frames_per_s == pytest.approx(100e6 / 3)
    assert early.chip_frames_per_s == pytest.approx(5e6)
    unknown = links.chip_side(board("pynq-z2")).times(stages, (20, None), 100.0)[1]
    assert (unknown.chip_us, unknown.wire_us, unknown.chip_frames_per_s) == (None, None, None)


def test_registers_do_not_overlap() -> None:
    most, step = registers.MOST_STAGES, registers.STAGE_BYTES
    assert registers.Register.THRESHOLD + 4 * (most - 1) <= registers.Register.STAGE
    assert registers.Register.STAGE + most * step <= 1 << 12
    assert max(registers.StageRegister) + 8 <= step
    assert registers.Register.DIGEST + 4 * registers.DIGEST_WORDS <= registers.Register.THRESHOLD
    assert registers.IDENTITY.to_bytes(4, "big") == b"OFRP"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        made = build(Path(name))
        shutil.copyfile(made.path / made.sources[-1], GOLDEN)
