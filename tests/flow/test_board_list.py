"""Every board with its tools, and how shipped networks fit; candidates of foldings are made up here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.flow.test_fit import segments
from toolkit import boards
from toolkit.cli import run
from toolkit.flow import board_list
from toolkit.flow.board_list import ShippedFits, listed_boards, shipped_fits
from toolkit.flow.fit import fit

ULX3S = boards.board("ulx3s-85f")


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing that pip does not have: no Vivado, none of Debian's tools."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("FINN_XILINX_PATH", "XILINX_VIVADO"):
        monkeypatch.setenv(name, "")


def test_every_board_is_listed(no_programs: None) -> None:
    found = {one.board: one for one in listed_boards()}
    assert set(found) == set(boards.names())
    arty, z2 = found["arty-a7-35t"], found["pynq-z2"]
    assert arty.resources == {"LUT": 20800, "FF": 41600, "BRAM18": 100, "DSP": 90}
    assert [(tools.name, tools.link) for tools in z2.tools] == [("vivado", "axi_dma"), ("open", "serial")]
    assert "scripts/container.sh build-bitstream" in arty.tools[0].missing
    assert "apt-get install nextpnr-himbaechel-xilinx" in arty.tools[0].missing
    assert found["ulx3s-85f"].tools[0].missing == "", "pip's tools"
    assert not found["icepi-zero"].verified


def test_the_command_lists_them(no_programs: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["boards"]) == 0
    out = capsys.readouterr().out
    assert "ulx3s-25f: ULX3S with an ECP5 25F (ecp5, LFE5U-25F-6BG381C; 24,288 LUT4" in out
    assert "Vivado over axi_dma: missing, open tools over serial: missing" in out
    assert out.count("nextpnr for Xilinx is missing") == 1, "once, below"
    assert run(["boards", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert [one["board"] for one in value["boards"]] == [one.board for one in listed_boards()]
    assert "networks" not in value


def test_fits_of_shipped_networks_are_kept(
    no_programs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[str] = []

    def made_up(file: Path, out: Path) -> None:
        made.append(file.stem)
        every = tuple(fit(boards.board(name), segments(bram=40)) for name in boards.names())
        ShippedFits(network=file.stem, fits=every).save(out)

    files = [tmp_path / "one-mnist-w4a4.pt", tmp_path / "two-mnist-w4a4.pt"]
    for number, file in enumerate(files):
        file.write_text(str(number))
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(board_list, "_fit", made_up)
    monkeypatch.setattr("hw_models.shipped.files", lambda: files)
    assert set(shipped_fits()) == {"one-mnist-w4a4", "two-mnist-w4a4"}
    assert run(["boards", "--networks"]) == 0
    assert made == ["one-mnist-w4a4", "two-mnist-w4a4"], "each once"
    lines = capsys.readouterr().out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("ulx3s-85f: "))
    assert lines[at + 1] == f"  one-mnist-w4a4: {fit(ULX3S, segments(bram=40)).says}"
    at = next(i for i, line in enumerate(lines) if line.startswith("ulx3s-25f: "))
    assert lines[at + 1].startswith("  one-mnist-w4a4: does not fit: at least ")
    assert "of 56 EBR" in lines[at + 1], "the reason"
    folder = next((tmp_path / "cache" / "fits").glob("*/"))
    assert ShippedFits.load(folder).network in ("one-mnist-w4a4", "two-mnist-w4a4")


@pytest.mark.parametrize(
    ("words", "completed"),
    [("--target ulx3s-8", "ulx3s-85f"), ("--tools viv", "vivado"), ("--target none", "")],
)
def test_a_shell_completes_names(
    words: str, completed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_OFFRAMP_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"offramp build b_lenet_se {words}")
    monkeypatch.setenv("COMP_CWORD", "4")
    with pytest.raises(SystemExit):
        run([])
    assert capsys.readouterr().out.strip() == completed
