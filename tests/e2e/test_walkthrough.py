"""The notebook in the documentation runs from its first cell to its last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib
import pytest

from tests.architecture.source import ROOT

NOTEBOOK = ROOT / "docs" / "walkthrough.ipynb"


def cells() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return found


def test_it_is_stored_without_outputs_and_can_be_read() -> None:
    for cell in cells():
        if cell["cell_type"] == "code":
            compile("".join(cell["source"]), "cell", "exec")
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


@pytest.mark.slow
@pytest.mark.sim
def test_every_cell_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    matplotlib.use("agg")
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(cells()):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
    out = capsys.readouterr().out
    assert "operations of Sequential\nSigmoid 1\n" in out
    assert " 0 mismatches" in out
    assert " 0 differ" in out
    assert names["report"].verification.compared > 0
    assert names["report"].combined.accuracy > 0.5
    assert len(names["found"]) == 6
