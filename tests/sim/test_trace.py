"""Recordings: waveforms and switching activity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.core.errors import BadOption
from toolkit.sim import Trace, build

from .conftest import BlockSum

pytestmark = pytest.mark.sim

MARKS = {Trace.FST: b"in0_V_tdata", Trace.VCD: b"$enddefinitions", Trace.SAIF: b"(SAIFILE"}


@pytest.mark.parametrize(
    "kind",
    [
        Trace.FST,
        pytest.param(Trace.VCD, marks=pytest.mark.slow),
        pytest.param(Trace.SAIF, marks=pytest.mark.slow),
    ],
)
def test_recordings(block_sum: BlockSum, sim_cache: Path, tmp_path: Path, kind: Trace) -> None:
    simulator = build(block_sum.design(), cache_dir=sim_cache, trace=kind)
    values = block_sum.inputs(3)
    file = tmp_path / f"waves.{kind.value}"
    run = simulator.run({"in0_V": values}, trace_file=file, jobs=2)
    assert np.array_equal(run.outputs["out0_V"], block_sum.expected(values))
    assert run.starts == (0,)  # one process: one recording
    content = file.read_bytes()
    assert MARKS[kind] in content
    assert b"fifo_out" in content  # every level of the hierarchy
    assert simulator.run({"in0_V": values}).frames == 3  # recording is left to each run
    with pytest.raises(BadOption, match=r"a simulator built for \.txt; found Trace"):
        simulator.run({"in0_V": values}, trace_file=tmp_path / "waves.txt")
