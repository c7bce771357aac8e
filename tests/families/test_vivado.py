"""Where Vivado is looked for, which clocks it makes, and the tables of boards for it."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

from toolkit.boards import board, names
from toolkit.core.errors import ToolMissing, UnsupportedVersion
from toolkit.families import family
from toolkit.families.vivado import vivado

NONE = ("OFFRAMP_VIVADO", "FINN_XILINX_PATH", "FINN_XILINX_VERSION", "XILINX_VIVADO")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in NONE:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def install(folder: Path, version: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    file = folder / "bin" / "vivado"
    file.write_text(f"#!/bin/sh\necho 'vivado v{version} (64-bit)'\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize("layout", ["Vivado/2024.2", "2024.2/Vivado"])
def test_as_finn_names_it(tmp_path: Path, bare: pytest.MonkeyPatch, layout: str) -> None:
    file = install(tmp_path / layout, "2024.2")
    bare.setenv("FINN_XILINX_PATH", str(tmp_path))
    bare.setenv("FINN_XILINX_VERSION", "2024.2")
    found = vivado()
    assert (found.command, found.version) == ((str(file),), "2024.2")


def test_what_is_named_goes_before_the_rest(tmp_path: Path, bare: pytest.MonkeyPatch) -> None:
    settings, path, own = (install(tmp_path / name, f"202{i}.1") for i, name in enumerate("spo", 3))
    bare.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    assert vivado().version == "2024.1"
    bare.setenv("XILINX_VIVADO", str(settings.parents[1]))
    assert vivado().version == "2023.1"
    bare.setenv("OFFRAMP_VIVADO", str(own))
    assert vivado().version == "2025.1"


def test_a_missing_one_is_explained(tmp_path: Path, bare: pytest.MonkeyPatch) -> None:
    bare.setenv("PATH", str(tmp_path))
    words = (
        "Vivado is missing; expected version 2022.1 or newer; .*Mount or install .*FINN_XILINX_PATH.*--remote"
    )
    with pytest.raises(ToolMissing, match=words):
        vivado()


def test_an_old_one_is_refused(tmp_path: Path, bare: pytest.MonkeyPatch) -> None:
    bare.setenv("OFFRAMP_VIVADO", str(install(tmp_path, "2019.2")))
    with pytest.raises(
        UnsupportedVersion, match=r"Vivado at .* is too old; expected >= 2022.1; found 2019.2"
    ):
        vivado()


def test_clocks_are_made_exactly() -> None:
    """Of 100 MHz: multiplied to 800 to 1200 MHz by eighths, divided by eighths (AMD UG472, UG572)."""
    clocks = [clock.exact_mhz for clock in family("xc7").toolchains["vivado"].clocks(100.0)]
    assert {25, 50, 100, 125, 200, 250} <= set(clocks)
    for mhz in clocks:
        ways = [
            divider
            for divider in range(8, 128 * 8)
            if 800 <= mhz * Fraction(divider, 8) <= 1200 and (mhz * divider / 100).denominator == 1
        ]
        assert ways, mhz


def test_boards_for_vivado() -> None:
    found = {name: board(name) for name in names() if "vivado" in board(name).tables}
    assert set(found) == {"pynq-z2", "zc706", "zcu104"}
    for on in found.values():
        assert on.link == "axi_dma"
        known = on.toolchain.system.settings
        assert not known.keys() & on.table.processing_system.keys()
        prefix = next(iter(known)).partition("_")[0]
        assert all(name.startswith(prefix) for name in on.table.processing_system)
