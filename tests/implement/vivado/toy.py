"""Made-up systems for Vivado: plain RTL with the ports of an overlay, and the plan of its build.

``python -m tests.implement.vivado.toy`` writes the golden scripts in ``golden`` again; look at the difference
before it is committed.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from toolkit.boards import Board, board
from toolkit.implement.plan import Plan
from toolkit.implement.vivado.plan import plan_build
from toolkit.links.axi_dma.block_design import block_design
from toolkit.links.axi_dma.overlay import DmaStream, OverlayDescription, OverlayStage

BOARDS = ("pynq-z2", "zc706", "zcu104")
GOLDEN = Path(__file__).parent / "golden"
DIGEST = "ab" * 32


@dataclass(frozen=True)
class Design:
    """RTL in a folder, as a system has it."""

    path: Path
    top: str = "offramp_top"
    sources: tuple[str, ...] = ("blocks/stage.sv", "rtl/offramp_top.v")
    data: tuple[str, ...] = ("data/weights.dat",)
    digest: str = DIGEST


def overlay(stages: int) -> OverlayDescription:
    """The streams of so many stages; all but the last have a feature map."""

    def stage(k: int) -> OverlayStage:
        last = k == stages - 1
        numbers = {"element_bits": 8, "signed": False, "lanes": 1, "beats": 4}
        streams = {"input": f"dma{k}", "logits": f"dma{k}", "feature_map": None if last else f"dma{k}_map"}
        return OverlayStage(**{name: dma and DmaStream(dma=dma, **numbers) for name, dma in streams.items()})

    return OverlayDescription(digest=DIGEST, stages=tuple(stage(k) for k in range(stages)))


def design(folder: Path, stages: int) -> Design:
    """Write RTL whose top module has the ports of so many stages."""
    received = [f"m_axis_dma{k}{kind}" for k in range(stages) for kind in ("", "_map")]
    streams = [(f"s_axis_dma{k}", "input ", "output") for k in range(stages)]
    streams += [(name, "output", "input ") for name in received[:-1]]
    ports = [
        f"  {ahead if part != 'tready' else back} wire {width}{name}_{part},"
        for name, ahead, back in streams
        for part, width in (
            ("tdata", "[63:0] "),
            ("tkeep", "[7:0] "),
            ("tlast", ""),
            ("tvalid", ""),
            ("tready", ""),
        )
    ]
    lite = ["awvalid", "wvalid", "bready", "arvalid", "rready"]
    given = ["awready", "wready", "bvalid", "arready", "rvalid"]
    ports += [f"  input  wire s_axi_{name}," for name in lite] + [
        f"  output wire s_axi_{name}," for name in given
    ]
    ports += [f"  input  wire [11:0] s_axi_{name}addr," for name in ("aw", "ar")]
    ports += ["  input  wire [31:0] s_axi_wdata,", "  output wire [31:0] s_axi_rdata"]
    clock = "  input  wire aclk,\n  input  wire aresetn,\n"
    files = {
        "rtl/offramp_top.v": "module offramp_top (\n" + clock + "\n".join(ports) + "\n);\nendmodule\n",
        "blocks/stage.sv": "module stage; endmodule\n",
        "data/weights.dat": "00\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Design(folder)


def plan(folder: Path, name: str = "pynq-z2", stages: int = 2, mhz: float = 100) -> Plan:
    """The plan of a made-up system for a board."""
    made = design(folder, stages)
    return plan_build(made, block_design(made.top, overlay(stages)), vivado_board(name), mhz)


def vivado_board(name: str) -> Board:
    return board(name, tools="vivado")


def main() -> None:
    """Write the golden scripts again."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for name in BOARDS:
        with tempfile.TemporaryDirectory() as folder:
            for file, content in plan(Path(folder), name).files.items():
                if file.endswith((".tcl", ".sh")):
                    (GOLDEN / name).mkdir(parents=True, exist_ok=True)
                    (GOLDEN / name / file).write_bytes(content)


if __name__ == "__main__":
    main()
