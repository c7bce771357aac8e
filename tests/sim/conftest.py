"""A small design shared by the simulator's tests, and what it computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.core.stream import Stream
from toolkit.sim import RtlDesign, Simulator, build

DESIGNS = Path(__file__).parent / "designs"
RTL = Path(__file__).parents[2] / "toolkit" / "rtl"
GROUP, GROUPS, LANES = 4, 5, 3
OFFSETS = np.array([5, -7, 0, 130000, -130000])
FAULTS = ("none", "deadlock", "error", "assert", "finish", "extra", "withdrawn", "changed", "padding", "kept")


class BlockSum:
    """``block_sum.sv``: sums of 4 beats of 3 lanes, 5 sums per frame."""

    source = Stream("in0_V", 5, True, LANES, GROUP * GROUPS, shape=(4, 5, LANES))
    sink = Stream("out0_V", 18, True, 1, GROUPS)

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def data_dir(self, fault: str = "none", slow: int = 1) -> Path:
        """The folder with the files the design reads."""
        folder = self.folder / f"{fault}{slow}"
        folder.mkdir(exist_ok=True)
        (folder / "offsets.dat").write_text("\n".join(f"{offset & 0x3FFFF:05x}" for offset in OFFSETS))
        (folder / "options.dat").write_text(f"{FAULTS.index(fault):x} {slow:x}\n")
        return folder

    def design(self, fault: str = "none", slow: int = 1) -> RtlDesign:
        return RtlDesign(
            top="block_sum",
            sources=(RTL / "offramp_fifo.sv", DESIGNS / "block_sum.sv"),
            inputs=(self.source,),
            outputs=(self.sink,),
            data_dir=self.data_dir(fault, slow),
            probes={3: self.source, 7: self.sink},
        )

    def inputs(self, frames: int, seed: int = 0) -> np.ndarray:
        return np.random.default_rng(seed).integers(-16, 16, (frames, GROUP * GROUPS, LANES))

    def expected(self, values: np.ndarray) -> np.ndarray:
        sums = values.reshape(len(values), GROUPS, GROUP * LANES).sum(axis=2)
        return (sums + OFFSETS)[:, :, None]

    def simulator(self, cache_dir: Path, fault: str = "none", slow: int = 1) -> Simulator:
        """Every fault is data, so all of these are one compiled simulator."""
        return build(self.design(fault, slow), cache_dir=cache_dir, observe=True, stall_inside=True)


@pytest.fixture(scope="session")
def sim_cache(simulators: Path) -> Path:
    """The cache of compiled simulators that all tests of a session share."""
    return simulators


@pytest.fixture(scope="session")
def block_sum(tmp_path_factory: pytest.TempPathFactory) -> BlockSum:
    return BlockSum(tmp_path_factory.mktemp("block_sum"))
