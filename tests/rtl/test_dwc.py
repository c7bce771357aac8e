"""Our width converter: every ratio, under random stalls, lint and slang."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.compile import rtl_library
from tests.rtl import accept
from toolkit.compile.converter import converter_cycles
from toolkit.compile.rtllib import copy_library
from toolkit.core.errors import SimulationError
from toolkit.core.stream import Stream
from toolkit.sim import RtlDesign, Simulator, StallPattern, build

RTL = Path(__file__).parents[2] / "toolkit" / "rtl" / "dwc_axi.sv"
WIDTHS = [(5, 5), (60, 15), (24, 1), (8, 2), (4, 40), (1, 3), (15, 60), (6, 4), (4, 6), (10, 4)]


def streams(bits_in: int, bits_out: int) -> tuple[Stream, Stream]:
    n, total = f"w{bits_in}to{bits_out}", 4 * bits_in * bits_out
    return (
        Stream(f"{n}In", 1, False, bits_in, total // bits_in),
        Stream(f"{n}Out", 1, False, bits_out, total // bits_out),
    )


def bench(folder: Path, text: str) -> RtlDesign:
    ports, parts = ["input logic ap_clk", "input logic ap_rst_n"], []
    for widths in WIDTHS:
        source, target = streams(*widths)
        for s, ahead, back in ((source, "input", "output"), (target, "output", "input")):
            ports.append(
                f"{ahead} logic [{s.tdata_bits - 1}:0] {s.name}_tdata, {ahead} logic {s.name}_tvalid"
            )
            ports.append(f"{back} logic {s.name}_tready")
        wires = ", ".join(
            f".{end}_axis_{part}({s.name}_{part})"
            for end, s in (("s", source), ("m", target))
            for part in ("tdata", "tvalid", "tready")
        )
        parts.append(f"dwc_axi #(.IBITS({widths[0]}), .OBITS({widths[1]})) {source.name}Part (.*, {wires});")
    library = copy_library(folder, rtl_library.width(1, 1).files[:1])
    for name, content in (
        ("dwc_axi.sv", text),
        ("bench.sv", f"module bench ({', '.join(ports)});\n" + "\n".join(parts) + "\nendmodule\n"),
    ):
        (folder / name).write_text(content)
    pairs = [streams(*widths) for widths in WIDTHS]
    sources = (*library, folder / "dwc_axi.sv", folder / "bench.sv")
    return RtlDesign("bench", sources, tuple(p[0] for p in pairs), tuple(p[1] for p in pairs))


PAIRS = [streams(*widths) for widths in WIDTHS]


def bits() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {s.name: rng.integers(0, 2, (6, s.beats, s.lanes)) for s, _ in PAIRS}


def wrong(simulator: Simulator, stalls: StallPattern) -> list[str]:
    """Instances that change a bit, or its place."""
    values = bits()
    run = simulator.run(values, stalls=stalls, jobs=1)
    return [
        s.name for s, t in PAIRS if not np.array_equal(run.outputs[t.name].ravel(), values[s.name].ravel())
    ]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, simulators: Path) -> Simulator:
    return build(bench(tmp_path_factory.mktemp("dwc"), RTL.read_text()), cache_dir=simulators, quick=True)


@pytest.mark.sim
@pytest.mark.parametrize(
    "stalls", [StallPattern(), StallPattern(0.3, 0.4, seed=1), StallPattern(0.0, 0.6, burst=9, seed=2)]
)
def test_bits_stay_in_order(sound: Simulator, stalls: StallPattern) -> None:
    assert wrong(sound, stalls) == []


@pytest.mark.sim
def test_takes_the_cycles_that_are_said(sound: Simulator) -> None:
    run = sound.run(bits(), jobs=1)
    paces = {s.name: int(np.diff(run.stamps[t.name].last).max()) for s, t in PAIRS}
    assert paces == {s.name: converter_cycles(s, t) for s, t in PAIRS}
    assert paces["w10to4In"] > max(stream.beats for stream in streams(10, 4))


def broken(folder: Path, simulators: Path, right: str, mistake: str) -> Simulator:
    text = RTL.read_text()
    assert text.count(right) == 1
    return build(bench(folder, text.replace(right, mistake)), cache_dir=simulators, quick=True)


@pytest.mark.sim
def test_a_consumer_that_is_ignored_shows(tmp_path: Path, simulators: Path) -> None:
    right = "left == LEFT_BITS'(1) && m_axis_tready"
    simulator = broken(tmp_path, simulators, right, "left == LEFT_BITS'(1)")
    with pytest.raises(SimulationError, match="output w60to15Out changes data before it is taken"):
        wrong(simulator, StallPattern(0.3, 0.4, seed=1))


@pytest.mark.sim
def test_a_wrong_place_shows(tmp_path: Path, simulators: Path) -> None:
    simulator = broken(tmp_path, simulators, "data[OBITS-1:IBITS]}", "data[OBITS-IBITS-1:0]}")
    assert wrong(simulator, StallPattern(0.3, 0.4, seed=1)) == ["w4to40In", "w1to3In", "w15to60In"]


@pytest.mark.parametrize("widths", WIDTHS[:7])
def test_accepted(tmp_path: Path, widths: tuple[int, int]) -> None:
    library = copy_library(tmp_path, rtl_library.width(1, 1).files[:1])
    parameters = {"IBITS": widths[0], "OBITS": widths[1]}
    (tmp_path / "dwc_axi.sv").write_text(RTL.read_text())
    files = [*library, tmp_path / "dwc_axi.sv"]
    assert accept.verilator("dwc_axi", files, parameters, forgive=accept.FOREIGN_STYLE) == []
    assert accept.slang("dwc_axi", files, parameters) == []
