"""What the doctor finds, and what it says is missing."""

from __future__ import annotations

import importlib.metadata
import shutil
from pathlib import Path

import pytest

from toolkit.flow import doctor
from toolkit.flow.groups import TARGETS


def test_here_everything_is_there() -> None:
    diagnosis = doctor.diagnose()
    problems = {finding.name: finding.problem for finding in diagnosis.findings if finding.problem}
    assert problems == {}
    assert diagnosis.ready
    assert set(TARGETS) <= set(diagnosis.targets)
    names = [finding.name for finding in diagnosis.findings]
    programs = ("Python", "C++ compiler", "make", "perl", "Verilator")
    flow = ("Yosys", "nextpnr-ecp5", "ecppack", "ecpunpack")
    for name in (*programs, *flow, "Vivado", "finn-plus", "torch", "brevitas"):
        assert names.count(name) == 1, name


def test_vivado_is_missed_by_its_targets_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("OFFRAMP_VIVADO", "FINN_XILINX_PATH", "XILINX_VIVADO"):
        monkeypatch.delenv(name, raising=False)
    assert doctor.diagnose().targets["pynq-z2"] == "Vivado"
    (found,) = (finding for finding in doctor.diagnose().findings if finding.name == "Vivado")
    assert (found.found, found.problem) == (None, "")
    assert found.wanted == ">=2022.1, for bitstreams; plans are written without"
    vivado = tmp_path / "vivado"
    vivado.write_text("#!/bin/sh\necho 'Vivado v2024.2 (64-bit)'\n")
    vivado.chmod(0o755)
    monkeypatch.setenv("OFFRAMP_VIVADO", str(vivado))
    assert doctor.diagnose().targets["zcu104"] == ""
    monkeypatch.setenv("OFFRAMP_VIVADO", "none-such")
    (wrong,) = (finding for finding in doctor.diagnose().findings if finding.name == "Vivado")
    assert "OFFRAMP_VIVADO='none-such', which is no program" in wrong.problem


def test_without_a_compiler_the_target_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("env", "perl", "make"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("OFFRAMP_CXX", raising=False)
    diagnosis = doctor.diagnose()
    assert not diagnosis.ready
    assert diagnosis.targets["sim"] == "C++ compiler"
    (compiler,) = (finding for finding in diagnosis.findings if finding.problem)
    assert "apt-get install g++" in compiler.problem


def test_a_missing_package_and_a_wrong_version_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == "kornia":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.5.0" if name == "finn-plus" else real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    diagnosis = doctor.diagnose()
    assert diagnosis.targets["sim"] == "finn-plus, kornia"
    problems = {finding.name: finding.problem for finding in diagnosis.findings if finding.problem}
    assert problems == {
        "finn-plus": "found 1.5.0: pip install 'finn-plus==1.6.1'",
        "kornia": "pip install 'kornia>=0.8'",
    }


@pytest.mark.parametrize(
    ("found", "good"), [("3.10.13", False), ("3.11.0", True), ("3.14.2", True), ("3.15.0", False)]
)
def test_an_unsupported_python_is_named(monkeypatch: pytest.MonkeyPatch, found: str, good: bool) -> None:
    monkeypatch.setattr(doctor.platform, "python_version", lambda: found)
    assert doctor.diagnose().ready == good


def test_without_nextpnr_only_boards_cannot_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor.diagnose().targets["ulx3s-85f"] == ""
    monkeypatch.setenv("OFFRAMP_NEXTPNR_ECP5", "none-such")
    diagnosis = doctor.diagnose()
    assert diagnosis.targets["sim"] == ""
    assert diagnosis.targets["ulx3s-85f"] == "nextpnr-ecp5"
    (missing,) = (finding for finding in diagnosis.findings if finding.problem)
    assert "OFFRAMP_NEXTPNR_ECP5" in missing.problem
