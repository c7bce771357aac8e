"""What runs first in the container, with a Vivado that only says its version."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENTRY = ROOT / "scripts" / "container_entry.sh"


def vivado(folder: Path, says: str) -> Path:
    """Make an installation whose ``vivado`` runs the shell text ``says``."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "vivado").write_text(f"#!/bin/sh\n{says}\n")
    (folder / "bin" / "vivado").chmod(0o755)
    lines = (f'PATH="{folder}/bin:$PATH"', "export LICENCE=$NOT_SET_ANYWHERE", "false")
    (folder / "settings64.sh").write_text("\n".join(lines) + "\n")
    return folder


def enter(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "FINN_ROOT": str(ROOT), **variables}
    return subprocess.run([ENTRY, *command], capture_output=True, text=True, env=environment)


def test_the_command_is_run_as_it_is() -> None:
    done = enter("sh", "-c", 'echo "$1"; exit 3', "sh", "a  b")
    assert (done.returncode, done.stdout, done.stderr) == (3, "a  b\n", "")


@pytest.mark.parametrize("says", ["Vivado v2022.2 (64-bit)", "vivado v2022.2.1 (64-bit)"])
def test_the_vivado_that_was_asked_for_is_on_the_path(tmp_path: Path, says: str) -> None:
    path = vivado(tmp_path / "2022.2", f"echo '{says}'")
    done = enter("sh", "-c", "command -v vivado", VIVADO_PATH=str(path), FINN_XILINX_VERSION="2022.2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == f"{path}/bin/vivado"


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (
            "echo 'Vivado v2023.1 (64-bit)'",
            "FINN_XILINX_VERSION is 2022.2, but the Vivado in {path} says: Vivado v2023.1",
        ),
        ("echo 'Vivado v2022.21 (64-bit)'", "says: Vivado v2022.21"),
        (
            "echo 'libtinfo.so.5: not found' >&2; exit 127",
            "Vivado in {path} does not start: libtinfo.so.5: not found",
        ),
    ],
)
def test_another_vivado_is_refused(tmp_path: Path, says: str, words: str) -> None:
    path = vivado(tmp_path / "it", says)
    done = enter("echo", "never", VIVADO_PATH=str(path), FINN_XILINX_VERSION="2022.2")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words.format(path=path) in done.stderr


def test_a_folder_that_is_no_vivado_is_refused(tmp_path: Path) -> None:
    done = enter("echo", "never", VIVADO_PATH=str(tmp_path), FINN_XILINX_VERSION="2022.2")
    assert (done.returncode, done.stdout) == (2, "")
    assert "has no settings64.sh" in done.stderr


def test_an_image_with_other_packages_is_said(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    done = enter("echo", "run", OFFRAMP_VENV=str(tmp_path / ".venv"))
    assert (done.returncode, done.stdout) == (0, "run\n")
    assert "the image was made from another pyproject.toml" in done.stderr
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    assert enter("true", OFFRAMP_VENV=str(tmp_path / ".venv")).stderr == ""
