"""Two toy stages as accelerators on disk, and the text of the top module that belongs to them.

``python -m tests.chip.toy`` writes ``offramp_top.sv`` beside this file again; look at the difference before
it is committed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.runtime import toy
from toolkit.boards import board
from toolkit.chip.build import build_system
from toolkit.chip.system import System
from toolkit.compile.segment import Node, digest_files
from toolkit.compose import Accelerator
from toolkit.implement.clocks import clock_of

GOLDEN = Path(__file__).with_name("offramp_top.sv")
RTL = Path(__file__).parents[2] / "toolkit" / "rtl"
CYCLES = 8
"""Estimated cycles of each layer."""


def accelerators(folder: Path) -> list[Accelerator]:
    """Write the two stages of :mod:`tests.runtime.toy` into ``folder``."""
    blocks = [RTL / block for block in ("offramp_fork.sv", "dwc_axi.sv")]
    return [
        accelerator(folder, k, stage, toy.HERE / "designs" / f"toy_stage{k}.sv", blocks)
        for k, stage in enumerate(toy.streams(2))
    ]


def accelerator(
    folder: Path, k: int, stage: toy.StageStreams, source: Path, blocks: Sequence[Path]
) -> Accelerator:
    """Write a stage whose top module is in ``source``, and use other modules of ``blocks``."""
    name, path = source.stem, folder / source.stem
    files = {f"blocks/{block.name}": block for block in blocks}
    files[f"rtl/{name}.sv"] = source
    for file, original in files.items():
        (path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, path / file)
    (path / "data").mkdir()
    (path / "data" / f"{name}.dat").write_text("00\n")
    ports = [stage.input, *([stage.feature_map] if stage.feature_map else []), stage.logits]
    nodes = tuple(
        Node(f"{name}_{i}", "mvau", f"layer{i}", name, ports[i], ports[i + 1], cycles=CYCLES)
        for i in range(len(ports) - 1)
    )
    sources, data = tuple(files), (f"data/{name}.dat",)
    return Accelerator(
        name=name,
        path=path,
        segments=(f"trunk{k}", f"head{k}"),
        nodes=nodes,
        depths=(2,) * (len(nodes) - (stage.feature_map is None)),
        sources=sources,
        data=data,
        input_scale=1.0,
        output_scale=1.0,
        digest=digest_files(path, (*sources, *data), name),
        branch=None if stage.feature_map is None else 0,
    )


def build(stages: list[Accelerator], out: Path, name: str = "ulx3s-85f", slots: int = 8) -> System:
    """The system of stages on a board at 60 MHz."""
    on = board(name)
    clock = clock_of(board("ulx3s-85f") if on.table is None else on, 60)
    return build_system(stages, on, clock, out, slots=slots)


def main() -> None:
    """Write the golden file again."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        system = build(accelerators(folder), folder / "system")
        shutil.copyfile(system.path / "rtl" / f"{system.top}.sv", GOLDEN)


if __name__ == "__main__":
    main()
