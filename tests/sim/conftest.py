"""Small designs shared by the simulator's tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.sim import RtlDesign, Stream

DESIGNS = Path(__file__).parent / "designs"
RTL = Path(__file__).parents[2] / "toolkit" / "rtl"
GROUP, GROUPS, LANES = 4, 5, 3


@pytest.fixture(scope="session")
def sim_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache of compiled simulators for the whole session."""
    return tmp_path_factory.mktemp("simulators")


class BlockSum:
    """``block_sum.sv``, and what it computes."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.offsets = np.array([5, -7, 0, 131071 - 1000, -131072 + 1000])
        words = [f"{offset & 0x3FFFF:05x}" for offset in self.offsets]
        (data_dir / "offsets.dat").write_text("\n".join(words) + "\n")

    def design(self, **parameters: int | str) -> RtlDesign:
        source = Stream("in0_V", 5, True, LANES, GROUP * GROUPS)
        sink = Stream("out0_V", 18, True, 1, GROUPS)
        return RtlDesign(
            top="block_sum",
            sources=(RTL / "offramp_fifo.sv", DESIGNS / "block_sum.sv"),
            inputs=(source,),
            outputs=(sink,),
            data_dir=self.data_dir,
            parameters=parameters,
            probes={3: source, 7: sink},
        )

    def inputs(self, frames: int, seed: int = 0) -> np.ndarray:
        return np.random.default_rng(seed).integers(-16, 16, (frames, GROUP * GROUPS, LANES))

    def expected(self, values: np.ndarray) -> np.ndarray:
        sums = values.reshape(len(values), GROUPS, GROUP * LANES).sum(axis=2)
        return (sums + self.offsets)[:, :, None]


@pytest.fixture(scope="session")
def block_sum(tmp_path_factory: pytest.TempPathFactory) -> BlockSum:
    return BlockSum(tmp_path_factory.mktemp("data"))
