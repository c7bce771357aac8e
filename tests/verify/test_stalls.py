"""Stall patterns run all frames from one reset: a fault that begins late is found on any number of CPUs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Compiled
from toolkit.core.errors import VerificationMismatch
from toolkit.sim import build
from toolkit.verify.golden import Golden
from toolkit.verify.stages import GoldenStage, rows, verify_stage
from toolkit.verify.stalls import PATTERNS, verify_under_stalls

pytestmark = pytest.mark.sim

FRAMES, LATE = 24, 20
COUNTER = """
  int unsigned begun;  // frames since reset
  always_ff @(posedge clk) begin
    if (!rst_n) begun <= 0;
    else if (take && row == '0 && column == '0) begun <= begun + 1;
  end
endmodule
"""


def test_a_fault_that_begins_late_is_found(
    tiny: Compiled, simulators: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFRAMP_JOBS", "2")
    images = np.random.default_rng(0).integers(1, 256, (FRAMES, 1, 6, 6))
    golden = GoldenStage(rows(images), Golden(tiny.graphs.paths[0]).run(images), rows(images)[:, :0])
    path = tiny.compose(0, tmp_path / "exit0")
    sound = build(path.design(), cache_dir=simulators, quick=True)
    compared = verify_under_stalls([sound], [path], [golden], seed=1)
    assert compared == len(PATTERNS) * golden.logits.size

    block = path.path / "blocks/offramp_window.sv"
    text = block.read_text()
    late = text.replace("on_image ? s_data : '0", f"on_image && begun < {LATE} ? s_data : '0")
    assert late != text
    block.write_text(late.replace("endmodule\n", COUNTER))
    broken = build(path.design(), cache_dir=simulators, quick=True)
    assert verify_stage(broken, path, golden, jobs=2) == golden.logits.size  # 12 frames in each process
    with pytest.raises(VerificationMismatch, match=r"(logits of exit0|layer trunk0.conv0).*stalls '"):
        verify_under_stalls([broken], [path], [golden], seed=1)
