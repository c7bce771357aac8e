"""Vivado's reports are read as they are, and damaged ones are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.implement.vivado import outputs
from toolkit.core.errors import ArtifactError
from toolkit.implement.vivado.power import ChipPower, read_chip_power
from toolkit.implement.vivado.reports import Timing, read_timing, read_utilisation


def written(folder: Path, text: str) -> Path:
    (folder / "report.rpt").write_text(text)
    return folder / "report.rpt"


def timing(folder: Path, text: str, mhz: float = 100) -> Timing:
    return read_timing(written(folder, text), mhz, {})


@pytest.mark.parametrize("kind", ["Slice", "CLB"])
def test_use_of_the_part(tmp_path: Path, kind: str) -> None:
    use = read_utilisation(written(tmp_path, outputs.utilisation(kind)))
    assert {name: (one.used, one.available) for name, one in use.items()} == {
        "LUT": (12_345, 53_200),
        "FF": (23_456, 106_400),
        "BRAM18": (17, 280),
        "DSP": (31, 220),
    }


def test_a_row_with_a_mark_counts(tmp_path: Path) -> None:
    text = outputs.utilisation().replace("Slice LUTs ", "Slice LUTs*")
    assert read_utilisation(written(tmp_path, text))["LUT"].used == 12_345


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Slice LUTs", "Slice Lots", "expected the number of look-up tables; found none"),
        ("DSPs", "DSP48", "expected the number of DSP slices"),
        ("Site Type", "Sites", "expected the number of look-up tables"),
        ("12345", "-2345", "expected the number of look-up tables"),
        ("Available", "Left     ", "expected the number of look-up tables"),
    ],
)
def test_other_utilisation_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in outputs.utilisation()
    text = outputs.utilisation().replace(old, new)
    with pytest.raises(ArtifactError, match=words):
        read_utilisation(written(tmp_path, text))


def test_timing_that_is_met(tmp_path: Path) -> None:
    found = timing(tmp_path, outputs.timing())
    assert (found.slack.setup, found.slack.hold, found.slack.pulse) == (0.412, 0.031, 3.75)
    assert found.slack.met
    assert found.routed.met
    clock = found.routed.clock
    assert (clock.net, clock.wanted_mhz) == ("clk_out1_overlay_clock_0", 100)
    assert clock.reached_mhz == pytest.approx(1000 / (10 - 0.412))
    assert [one.net for one in found.routed.clocks] == [clock.net], "others have no paths between registers"
    path = found.routed.path
    assert (path.logic_ns, path.routing_ns) == (3.776, 5.507)
    assert path.source == "overlay_i/offramp/inst/stage0_part/trunk0/sum_reg[3]/C"
    assert path.sink == "overlay_i/offramp/inst/stage0_part/trunk0/out_reg[7]/D"


@pytest.mark.parametrize("wrong", [{"setup": -0.333}, {"hold": -0.01}, {"pulse": -0.2}])
def test_timing_that_is_missed(tmp_path: Path, wrong: dict[str, float]) -> None:
    found = timing(tmp_path, outputs.timing(**wrong))
    assert not found.slack.met
    assert found.routed.met == ("setup" not in wrong)


def test_the_slowest_path_is_that_of_the_worst_slack(tmp_path: Path) -> None:
    text = outputs.timing(setup=2.0)
    begin, end = text.index("Slack (MET) :             2.000"), text.index("Min Delay Paths")
    other = text[begin:end].replace("2.000ns  (req", "0.500ns  (req").replace("trunk0", "trunk9")
    found = timing(tmp_path, text[:end] + other + text[end:])
    assert "trunk9" in found.routed.path.source


def test_a_clock_that_is_nearly_the_one_asked_for(tmp_path: Path) -> None:
    assert timing(tmp_path, outputs.timing(mhz=124.998), 125).routed.clock.wanted_mhz == pytest.approx(
        125, rel=1e-3
    )
    with pytest.raises(ArtifactError, match=r"one of 125 MHz; found clk_out1_overlay_clock_0 at 100 MHz"):
        timing(tmp_path, outputs.timing(), 125)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("| Design Timing Summary", "| Summary", "a summary of constrained paths; found none"),
        ("      0.412 ", "         NA ", "a summary of constrained paths"),
        ("      0.412 ", "      much  ", "timing report .* cannot be read"),
        ("required time - arrival", "arrival - required", "expected a path with its slack"),
        ("| Clock Summary", "| Clocks", "one of 100 MHz; found no clock"),
    ],
)
def test_other_timing_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in outputs.timing()
    with pytest.raises(ArtifactError, match=words):
        timing(tmp_path, outputs.timing().replace(old, new))


def test_power(tmp_path: Path) -> None:
    found = read_chip_power(written(tmp_path, outputs.power()), ChipPower)
    assert (found.total_w, found.dynamic_w, found.static_w, found.processor_w) == (1.795, 1.576, 0.219, 1.269)
    assert found.confidence == "Medium"
