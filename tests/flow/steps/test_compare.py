"""Step compare: a network that fits no budget is said to be too large, and the flow goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.flow.steps.test_calibrate import nothing, tiny_logits
from tests.flow.test_engine import Record
from toolkit.core.errors import FoldingUnreachable
from toolkit.explore import budgets
from toolkit.explore.comparison import Comparison
from toolkit.flow import Options, RunDirectory, Step, execute
from toolkit.flow.steps import calibrate, compare, data, export

STEPS = (
    data.STEP,
    Step("train", "", tiny_logits),
    export.STEP,
    Step("compose", "", nothing),
    calibrate.STEP,
    compare.STEP,
)


def test_a_network_that_fits_no_budget_is_not_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sweep(*_: Any, **__: Any) -> Any:
        raise FoldingUnreachable("a design", expected="at most 1090 block RAMs", found="at least 2429")

    monkeypatch.setattr(budgets, "sweep", sweep)
    options = Options.of(dataset="digits", frames=2, criterion="margin")
    with RunDirectory.open(tmp_path / "run") as run:
        execute(run, STEPS, options, Record())
    folder = tmp_path / "run" / "compare"
    assert Comparison.find(folder) is None
    assert "too large to be compared" in (folder / "nothing.txt").read_text()
    bounded = Options.of(dataset="digits", frames=2, criterion="margin", latency_bound_us=1.0)
    with RunDirectory.open(tmp_path / "run") as run, pytest.raises(FoldingUnreachable, match="at least 2429"):
        execute(run, STEPS, bounded, Record())
