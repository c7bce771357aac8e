"""Step compare: a network that fits no budget is said to be too large, and the flow goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.flow.steps.test_calibrate import tiny_logits, up_to_calibrate
from tests.flow.test_engine import Record
from toolkit.core.errors import FoldingUnreachable
from toolkit.core.nothing import reason
from toolkit.explore import budgets
from toolkit.explore.comparison import Comparison
from toolkit.flow import Options, RunDirectory, execute
from toolkit.flow.steps import compare


def test_a_network_that_fits_no_budget_is_not_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sweep(*_: Any, **__: Any) -> Any:
        raise FoldingUnreachable("a design", expected="at most 1090 block RAMs", found="at least 2429")

    steps = (*up_to_calibrate(tiny_logits), compare.STEP)
    monkeypatch.setattr(budgets, "sweep", sweep)
    options = Options.of(dataset="digits", frames=2, criterion="margin")
    with RunDirectory.open(tmp_path / "run") as run:
        execute(run, steps, options, Record())
    folder = tmp_path / "run" / "compare"
    assert Comparison.find(folder) is None
    assert "too large to be compared" in str(reason(folder))
    bounded = Options.of(dataset="digits", frames=2, criterion="margin", latency_bound_us=1.0)
    with RunDirectory.open(tmp_path / "run") as run, pytest.raises(FoldingUnreachable, match="at least 2429"):
        execute(run, steps, bounded, Record())
