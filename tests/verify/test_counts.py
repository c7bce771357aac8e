"""Faults that change the number of beats are reported with their layer and frame, wherever they are."""

from __future__ import annotations

import re
import shutil
from enum import IntEnum
from pathlib import Path

import pytest

from tests.conftest import Compiled
from toolkit.compose import Accelerator
from toolkit.core.errors import SimulationError, VerificationMismatch
from toolkit.sim import Simulator, StallPattern, build
from toolkit.verify.counts import located, run_located
from toolkit.verify.golden import Golden
from toolkit.verify.hardware import input_beats, require_logits

pytestmark = pytest.mark.sim
STALLED = StallPattern(input_idle=0.1, output_stall=0.7, seed=3)


class Fault(IntEnum):
    """What happens to one beat on its way from a layer to the queue or port behind it."""

    NONE = 0
    LOST = 1
    TWICE = 2
    WITHDRAWN = 3  # a valid that is not taken at once disappears, and its beat with it
    STUCK = 4  # no beat passes any more
    NO_ROOM = 5  # the queue holds no word


FAULT = """
// Between a layer and what is behind it: does to beat AT what fault.dat says of the layer with this NUMBER.
module fault #(parameter int NUMBER = 0) (
  input logic clk, input logic rst_n,
  input logic s_valid, output logic s_ready, output logic m_valid, input logic m_ready
);
  logic [31:0] memory[3];
  initial $readmemh("fault.dat", memory);
  logic [31:0] kind, count;
  logic here, again, gone;
  assign kind = memory[1] == NUMBER ? memory[0] : '0;
  assign here = count == memory[2];
  always_comb begin
    m_valid = s_valid;
    s_ready = m_ready;
    if (kind == 1 && here) begin m_valid = 0; s_ready = 1; end
    if (kind == 2 && here && !again) s_ready = 0;
    if (kind == 3 && count >= memory[2] && !gone) s_ready = m_ready || s_valid;
    if (kind == 4 && count >= memory[2]) begin m_valid = 0; s_ready = 0; end
  end
  always_ff @(posedge clk) begin
    if (!rst_n) {count, again, gone} <= '0;
    else begin
      count <= count + 32'(s_valid && s_ready);
      if (here && m_valid && m_ready) again <= 1;
      if (kind == 3 && s_valid && s_ready && !m_ready) gone <= 1;
    end
  end
endmodule
"""
PORTS = """.out0_V_TVALID({name}_raw_valid),
    .out0_V_TREADY({name}_raw_ready)
  );
  fault #(.NUMBER({number})) {name}_fault (
    .clk(ap_clk), .rst_n(ap_rst_n), .s_valid({name}_raw_valid), .s_ready({name}_raw_ready),
    .m_valid({name}_m_valid), .m_ready({name}_m_ready)"""


@pytest.fixture(scope="module")
def path(tiny: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Accelerator:
    """Exit path 1 with a place for a fault behind every layer, and in every queue."""
    made = tiny.compose(1, tmp_path_factory.mktemp("counts") / "exit1")
    for number, node in enumerate(made.nodes):
        if node.module == "dwc_axi":  # between two segments, in the text of the path
            continue
        file = made.path / "rtl" / f"{node.name.partition('_')[0]}.sv"
        plain = rf"\.out0_V_TVALID\({node.name}_m_valid\),\s*\.out0_V_TREADY\({node.name}_m_ready\)"
        wires = f"logic {node.name}_raw_valid, {node.name}_raw_ready;\n  {node.module} {node.name}_layer"
        text, count = re.subn(plain, PORTS.format(name=node.name, number=number), file.read_text())
        text, once = re.subn(rf"{node.module} {node.name}_layer", wires, text)
        assert count == once == 1
        file.write_text(text)
    queue = made.path / "blocks" / "offramp_fifo.sv"
    room = "room  <= count_next != FULL"
    memory = 'logic [31:0] what[3];\n  initial $readmemh("fault.dat", what);\n  logic room;'
    text = queue.read_text().replace(room, f"{room} && !(what[0] == 5 && what[1] == ID)")
    queue.write_text(text.replace("logic room;", memory) + FAULT)
    (made.path / "data" / "fault.dat").write_text("0\n0\n0\n")
    return made


@pytest.fixture(scope="module")
def simulator(path: Accelerator, simulators: Path) -> Simulator:
    return build(path.design(), cache_dir=simulators, quick=True)


def run(tiny: Compiled, path: Accelerator, simulator: Simulator, folder: Path, *fault: int) -> None:
    shutil.copytree(path.path / "data", folder)
    (folder / "fault.dat").write_text("".join(f"{number:x}\n" for number in fault))
    broken = simulator.with_images(folder)
    inputs, graph = {"in0_V": input_beats(path, tiny.images)}, tiny.graphs.paths[1]
    found = run_located(broken, path, inputs, STALLED, jobs=1, probes=()).outputs["out0_V"]
    with located(broken, path, inputs, STALLED, 1):
        require_logits(Golden(graph).run(tiny.images), found.reshape(len(found), -1), "RTL")


def test_without_a_fault_there_is_no_error(
    tiny: Compiled, path: Accelerator, simulator: Simulator, tmp_path: Path
) -> None:
    run(tiny, path, simulator, tmp_path / "data", Fault.NONE, 0, 0)


@pytest.mark.parametrize(
    ("fault", "kind", "frame", "found"),
    [
        (Fault.LOST, "window", 0, "{}, from all of its input"),
        (Fault.LOST, "mvau", 3, "{}, from all of its input"),
        (Fault.LOST, "threshold", 2, "{}, from all of its input"),
        (Fault.LOST, "bias", 5, "{}, from all of its input"),
        (Fault.TWICE, "window", 1, "{} or more"),
        (Fault.TWICE, "mvau", 4, "{} or more"),
        (Fault.TWICE, "pool", 2, "{} or more"),
        (Fault.TWICE, "bias", 5, "{} or more"),
        (Fault.STUCK, "threshold", 1, "stuck while its input waits"),
        (Fault.NO_ROOM, "pool", 0, "stuck while its input waits"),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Fault) else None,
)
def test_the_layer_and_the_frame_are_named(
    tiny: Compiled, path: Accelerator, simulator: Simulator, tmp_path: Path,
    fault: Fault, kind: str, frame: int, found: str,
) -> None:  # fmt: skip
    number, node = next((i, node) for i, node in enumerate(path.nodes) if node.kind == kind)
    beats = node.output.beats
    given = (frame + 1) * beats + (1 if fault == Fault.TWICE else -1)
    message = (
        rf"layer {node.layer} \({kind} {node.name}\)(, or the queue behind it,)? is the first whose beats "
        rf"are wrong, in frame {frame}; expected {(frame + 1) * beats} beats in {frame + 1} frames; "
        rf"found (\d+, )?{found.format(given)}"
    )
    with pytest.raises((SimulationError, VerificationMismatch), match=message):
        run(tiny, path, simulator, tmp_path / "data", fault, number, frame * beats + beats // 2)


def test_a_withdrawn_valid_is_named(
    tiny: Compiled, path: Accelerator, simulator: Simulator, tmp_path: Path
) -> None:
    """Wherever the queue behind a layer is full, the beat is lost; at the port the test bench sees it."""
    number = next(i for i, node in enumerate(path.nodes) if node.kind == "threshold")
    with pytest.raises(SimulationError, match=rf"layer {path.nodes[number].layer} .*, from all of its input"):
        run(tiny, path, simulator, tmp_path / "inside", Fault.WITHDRAWN, number, 0)
    last = path.nodes[-1]
    with pytest.raises(SimulationError, match=rf"layer {last.layer} .* a beat (withdrawn|changed) before"):
        run(tiny, path, simulator, tmp_path / "port", Fault.WITHDRAWN, len(path.nodes) - 1, 0)
