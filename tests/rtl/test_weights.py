"""The memory that repeats a product's weights: every size, under stalls, lint and slang; mistakes show."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.rtl import accept
from tests.rtl.cases import RTL
from toolkit.core.stream import Stream
from toolkit.sim import RtlDesign, Simulator, StallPattern, build

MODULE = RTL / "offramp_weights.sv"
SIZES = [(1, 1), (8, 2), (5, 3), (160, 25), (33, 600)]
FRAMES, BEATS = 8, 101  # no multiple of a depth: a frame begins anywhere
MISTAKES = {
    "ignores its consumer": ("m_ready || !m_valid", "1'b1"),
    "one word less": ("ADDRESS_BITS'(DEPTH - 1)", "ADDRESS_BITS'(DEPTH - 2)"),
    "begins too late": ("address <= '0;\n      m_valid", "address <= ADDRESS_BITS'(1);\n      m_valid"),
}
INSTANCES = [*(("offramp_weights", size) for size in SIZES), *((f"mistake{i}", (5, 3)) for i in range(3))]


def words(width: int, depth: int) -> np.ndarray:
    """int64 [depth, width], bits of each word, the lowest first."""
    return np.random.default_rng([width, depth]).integers(0, 2, (depth, width))


def streams(number: int, width: int) -> tuple[Stream, Stream]:
    """A beat in lets a word out, into a queue: the bench itself would stop at data that change."""
    return Stream(f"in{number}", 8, False, 1, BEATS), Stream(f"out{number}", 1, False, width, BEATS)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory, simulators: Path) -> Simulator:
    folder = tmp_path_factory.mktemp("weights")
    data = folder / "data"
    data.mkdir()
    for width, depth in SIZES:
        values = (int("".join(map(str, word[::-1])), 2) for word in words(width, depth))
        (data / f"w{width}x{depth}.dat").write_text("".join(f"{value:x}\n" for value in values))
    text, ports, parts = MODULE.read_text(), ["input logic ap_clk", "input logic ap_rst_n"], []
    broken = [text]
    for i, (right, wrong) in enumerate(MISTAKES.values()):
        assert text.count(right) == 1
        changed = text.replace(right, wrong).replace("module offramp_weights ", f"module mistake{i} ")
        broken.append(changed.replace("offramp_weights:", f"mistake{i}:"))
    for i, (module, (width, depth)) in enumerate(INSTANCES):
        source, target = streams(i, width)
        for s, ahead, back in ((source, "input", "output"), (target, "output", "input")):
            ports.append(
                f"{ahead} logic [{s.tdata_bits - 1}:0] {s.name}_tdata, {ahead} logic {s.name}_tvalid"
            )
            ports.append(f"{back} logic {s.name}_tready")
        parts.append(f"""
  logic [{width - 1}:0] data{i};
  logic valid{i}, ready{i};
  {module} #(.WIDTH({width}), .DEPTH({depth}), .INIT_FILE("w{width}x{depth}.dat")) part{i} (
    .clk(ap_clk), .rst_n(ap_rst_n), .m_data(data{i}), .m_valid(valid{i}), .m_ready(ready{i}));
  logic room{i};
  assign in{i}_tready = valid{i} && room{i};
  assign ready{i} = in{i}_tvalid && room{i};
  offramp_fifo #(.WIDTH({width}), .DEPTH(2)) queue{i} (
    .clk(ap_clk), .rst_n(ap_rst_n), .s_data(data{i}), .s_valid(valid{i} && in{i}_tvalid), .s_ready(room{i}),
    .m_data(out{i}_tdata[{width - 1}:0]), .m_valid(out{i}_tvalid), .m_ready(out{i}_tready));""")
        if module == "offramp_weights":
            parts.append(f"""
  offramp_stream_check #(.WIDTH({width}), .NAME("out{i}")) check{i} (
    .clk(ap_clk), .rst_n(ap_rst_n), .data(data{i}), .valid(valid{i}), .ready(ready{i}));""")
    (folder / "bench.sv").write_text(
        "\n".join(broken) + f"module bench ({', '.join(ports)});{''.join(parts)}\nendmodule\n"
    )
    ends = [streams(i, width) for i, (_, (width, _)) in enumerate(INSTANCES)]
    sources = (RTL / "offramp_stream_check.sv", RTL / "offramp_fifo.sv", folder / "bench.sv")
    design = RtlDesign(
        "bench", sources, tuple(end[0] for end in ends), tuple(end[1] for end in ends), data_dir=data
    )
    return build(design, cache_dir=simulators, quick=True)


@pytest.mark.sim
@pytest.mark.parametrize("pattern", ["none", "idle", "stalled", "both"])
def test_words_come_again_and_again(simulator: Simulator, pattern: str) -> None:
    inputs = {f"in{i}": np.zeros((FRAMES, BEATS, 1), np.int64) for i in range(len(INSTANCES))}
    run = simulator.run(inputs, stalls=StallPattern.named(pattern), jobs=1)
    wrong = set()
    for i, (module, size) in enumerate(INSTANCES):
        expected = np.resize(words(*size), (FRAMES, BEATS, size[0]))
        if not np.array_equal(run.outputs[f"out{i}"], expected):
            wrong.add(module)
        if pattern == "none":
            assert np.all(np.diff(run.stamps[f"out{i}"].last) == BEATS), "a word in every cycle"
    stalled = {"mistake0"} if pattern != "none" else set()
    assert wrong == {"mistake1", "mistake2"} | stalled


@pytest.mark.parametrize("size", SIZES)
def test_accepted(size: tuple[int, int], tmp_path: Path) -> None:
    parameters: dict[str, int | str] = {"WIDTH": size[0], "DEPTH": size[1]}
    assert accept.verilator("offramp_weights", [MODULE], parameters) == []
    shutil.copy(MODULE, tmp_path)
    (tmp_path / "w.dat").write_text("0\n" * size[1])
    parameters["INIT_FILE"] = '"/src/w.dat"'  # where slang finds the folder
    assert accept.slang("offramp_weights", [tmp_path / MODULE.name], parameters) == []


def test_refused() -> None:
    message = "WIDTH and DEPTH must be at least 1"
    assert any(message in line for line in accept.verilator("offramp_weights", [MODULE], {"DEPTH": 0}))
    assert any(message in line for line in accept.slang("offramp_weights", [MODULE], {"WIDTH": 0}))
