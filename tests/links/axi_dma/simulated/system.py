"""Compiles a system between cocotb's AXI models, and says what it must answer."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from tests.links.axi_dma.test_chip_side import ProcessorClock
from tests.rtl import files
from tests.sim.cocotb_runs import compile_for_cocotb, run_in_cocotb
from toolkit.boards import board
from toolkit.chip.build import build_system
from toolkit.chip.system import System
from toolkit.compose import Accelerator
from toolkit.core.stream import Stream
from toolkit.runtime.simulated import stage_streams
from toolkit.sim.pack import pack

HERE = Path(__file__).parent


@dataclass(frozen=True)
class CocotbSystem:
    """A compiled system, in the folder of its compilation."""

    system: System
    stages: Sequence[Accelerator]
    folder: Path

    @classmethod
    def of(cls, stages: Sequence[Accelerator], folder: Path, broken: Sequence[Path] = ()) -> CocotbSystem:
        """Build the system of these stages and compile it, with checks of every handshake.

        ``broken`` files take the place of those of the same name.
        """
        system = build_system(stages, board("pynq-z2"), ProcessorClock(), folder / "system")
        checks = [files.source("offramp_stream_check"), HERE / "checks.sv"]
        sources = {Path(name).name: system.path / name for name in system.sources}
        sources |= {path.name: path for path in (*broken, *checks)}
        compile_for_cocotb(list(sources.values()), system.top, folder / "compiled")
        return cls(system, tuple(stages), folder / "compiled")

    def work(self, name: str) -> Path:
        """A new working folder with the memory images."""
        work = self.folder / name
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        for image in self.system.data:
            shutil.copyfile(self.system.path / image, work / Path(image).name)
        return work

    def run(
        self, job: dict[str, Any], *, limit_us: float = 1000, mutant: int = 0, failures: int = 0
    ) -> dict[str, str | None]:
        """Run ``top_tests.py``; what each of its tests found amiss: None, or the message.

        Args:
            job: what the system must answer, see :meth:`job`.
            limit_us: simulated time of a test after which it has failed.
            mutant: number of the fault that the system has, if it has broken files; 0: none.
            failures: number of failed tests after which no further is run; 0: all are.
        """
        work = self.work("tests")
        (work / "job.json").write_text(json.dumps(job))
        settings = {"LIMIT_US": f"{limit_us}", "COCOTB_MAX_FAILURES": f"{failures}"}
        module, arguments, results = HERE / "top_tests.py", (f"+mutant={mutant}",), work / "results.xml"
        with contextlib.suppress(SystemExit, RuntimeError):  # something was amiss
            run_in_cocotb(self.folder, self.system.top, module, work, arguments, **settings)
        try:
            cases = list(ElementTree.parse(results).getroot().iter("testcase"))
        except (OSError, ElementTree.ParseError):  # the simulation ended before its tests did
            return {"simulation": (work / "run.log").read_text(errors="replace")[-1000:]}
        return {
            case.attrib["name"]: None if (bad := case.find("failure")) is None else str(bad.attrib)
            for case in cases
        }

    def job(
        self,
        inputs: Sequence[np.ndarray],
        logits: Sequence[np.ndarray],
        maps: Sequence[np.ndarray],
        **options: Any,
    ) -> dict[str, Any]:
        """What ``axi_rig.py`` reads: integers [N, elements] of every stage, maps of all but the last."""
        found = []
        for stage, given, answers, kept in zip(self.stages, inputs, logits, [*maps, None], strict=True):
            streams = stage_streams(stage.design())
            found.append({
                "frames": packed(given, streams.input),
                "logits": packed(answers, streams.logits),
                "maps": [] if streams.feature_map is None else packed(kept, streams.feature_map),
            })  # fmt: skip
        return {"digest": self.system.design_digest, "stages": found, **options}


def packed(values: np.ndarray | None, stream: Stream) -> list[str]:
    """The bytes of each frame in hexadecimal digits."""
    assert values is not None
    return [frame.tobytes().hex() for frame in pack(values.reshape(-1, stream.beats, stream.lanes), stream)]
