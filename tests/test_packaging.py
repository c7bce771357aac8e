"""``pip install .`` takes everything along that the package needs at run time."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PACKAGES = ("toolkit", "hw_models")


def test_the_wheel_holds_every_file(tmp_path: Path) -> None:
    ignore = shutil.ignore_patterns("__pycache__", ".*")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", "dist", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").iterdir()
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.split("/")[0] in PACKAGES}
    there = {
        path.relative_to(tmp_path).as_posix()
        for name in PACKAGES
        for path in (tmp_path / name).rglob("*")
        if path.is_file()
    }
    assert packed == there


def test_finn_plus_pins_are_met() -> None:
    """What we ask for and what finn-plus pins have a version in common, so that plain pip finds one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = {one.name: one.specifier for one in map(Requirement, project["dependencies"])}
    shared = 0
    for text in requires("finn-plus") or ():
        pin = Requirement(text)
        versions = [part.version for part in pin.specifier if part.operator == "=="]
        if pin.name in ours and versions:
            shared += 1
            assert ours[pin.name].contains(versions[0]), f"finn-plus pins {pin}"
    assert shared, "finn-plus pins nothing of ours any more: the override in pyproject.toml can go"
