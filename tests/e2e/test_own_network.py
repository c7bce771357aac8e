"""A user's own network goes through the whole flow, as in the documentation."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from toolkit.cli import run
from toolkit.report.schema import Report

PAGE = (ROOT / "docs" / "networks.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.sim
def test_the_documented_network_comes_to_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my_net.py").write_text(BLOCKS[0])
    words = ["build", "my_net.py:MyNet", "--dataset", "digits", "--target", "sim"]
    quick = ["--float-epochs", "0", "--epochs", "1", "--frames", "3", "--no-coverage", "--quiet"]
    assert run([*words, *quick]) == 0
    folder = Path("runs/MyNet-digits-w4a4")
    report = Report.load(folder / "report")
    assert (report.model, report.verification.mismatches) == ("MyNet", 0)
    assert report.verification.compared > 0
    assert report.command.startswith("offramp build FILE.py:MyNet --dataset digits")
    Path("my_net.py").unlink()  # nothing needs it any more
    capsys.readouterr()
    assert run(["build", str(folder), "--quiet", "--json"]) == 0
    stages = json.loads(capsys.readouterr().out)["stages"]
    assert {one["outcome"] for one in stages} == {"up to date"}


def test_the_documentation_shows_networks_that_are_read(tmp_path: Path) -> None:
    """Every block of Python there, one after another in one file, and every network in them."""
    from hw_models.own import Images, OwnReference
    from hw_models.own.network import read

    (file := tmp_path / "my_net.py").write_text("\n\n".join(BLOCKS))
    found = {
        name: read(OwnReference.of(f"{file}:{name}"), Images("digits", (1, 28, 28), 10)).network.exits
        for name in re.findall(r"^(?:class|def) (\w+)", "\n".join(BLOCKS), re.MULTILINE)
    }
    assert found == {"MyNet": 2, "with_exits": 3}
