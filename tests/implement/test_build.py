"""The whole flow, with tools that only pretend: what is started, what is kept, what a failure leaves."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.implement.blink import Design, blink
from tests.implement.fake import CONFIGURATION, FakeTools
from toolkit.boards import board
from toolkit.core.errors import (
    ArtifactError,
    BadOption,
    ClockMissed,
    DoesNotFit,
    OutputPathError,
    PinMismatch,
    ToolFailed,
    VerificationMismatch,
)
from toolkit.families.ecp5.pll import Pll
from toolkit.implement import Bitstream, build_bitstream
from toolkit.implement.clocks import clock_of, offered

ULX3S = board("ulx3s-85f")


class Builder:
    """Builds with the fake tools in a folder of its own; ``clocks``: those that systems were made for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clocks = folder, list[float]()

    def system(self, pll: Pll) -> Design:
        self.clocks.append(pll.mhz)
        return blink(self.folder / f"system{pll.mhz:g}", pll)

    def __call__(self, mhz: float = 60, **options: object) -> Bitstream:
        options = {"cache_dir": self.folder / "cache", **options}
        clock, out = clock_of(ULX3S, mhz), self.folder / "out"
        return build_bitstream(self.system, ULX3S, clock, out, **options)  # type: ignore[arg-type]


@pytest.fixture
def build(tmp_path: Path, fake: FakeTools) -> Builder:
    return Builder(tmp_path)


def test_a_bitstream_with_everything_about_it(build: Builder, fake: FakeTools) -> None:
    seen: list[tuple[str, int, int]] = []
    found = build(progress=lambda *what: seen.append(what))
    assert found.bit.read_text() == "bits"
    assert (found.asked_mhz, found.mhz, found.fmax_mhz, found.met, found.missed) == (60, 60, 100, True, {})
    assert found.provenance == "place and route (nextpnr-ecp5 1.0)"
    assert (found.compared.tiles, found.compared.bits) == (1, 1)
    assert found.digests["system"] == "d" * 64
    assert all(len(digest) == 64 for digest in found.digests.values())
    assert Bitstream.load(found.path) == found
    names = {"ulx3s-85f.bit", "bitstream.json", "report.json", "netlist.v", "pins.lpf", "seconds.log"}
    phases = ["synthesis", "place-and-route-1", "pack", "unpack", "netlist for simulation"]
    assert {path.name for path in found.path.iterdir()} == names | {f"{name}.log" for name in phases}
    assert found.netlist.read_text() == "module offramp_top; endmodule\n"
    assert "seconds" not in json.loads((found.path / "bitstream.json").read_text())
    assert list(dict.fromkeys(name for name, _, _ in seen)) == phases
    assert ("place-and-route-1", 1, 5) in seen, "packing"
    assert [call[0] for call in fake.calls()] == ["yosys", "nextpnr-ecp5", "ecppack", "ecpunpack", "yosys"]
    assert not list(found.path.glob(".*"))


def test_nothing_runs_again_while_nothing_changes(build: Builder, fake: FakeTools) -> None:
    first = build()
    (build.folder / "out" / "synthesis.log").unlink()
    again = build()
    assert len(fake.calls()) == 5
    assert (build.folder / "out" / "synthesis.log").read_text()
    assert set(again.seconds.values()) == {0}
    assert (again.digests, again.routed) == (first.digests, first.routed)


def test_what_changes_runs_again_and_only_that(build: Builder, fake: FakeTools) -> None:
    build()
    build(seeds=3)
    assert [call[0] for call in fake.calls()[5:]] == ["nextpnr-ecp5"] * 2
    system = build.system

    def changed(pll: Pll) -> Design:
        design = system(pll)
        (design.path / "data" / "lights.dat").write_text("00\n")
        return design

    build.system = changed  # type: ignore[method-assign]
    build()
    assert len(fake.calls("yosys")) == 3
    assert len(fake.calls("nextpnr-ecp5")) == 3, "the same netlist is neither placed nor written again"


def test_the_fastest_seed_is_taken(build: Builder, fake: FakeTools) -> None:
    fake.state["reached"] = {"*": 61.0, "3": 80.0}
    fake.save()
    found = build(seeds=4)
    assert (found.seed, found.fmax_mhz) == (3, 80)
    assert found.seeds == {"1": 61, "2": 61, "3": 80, "4": 61}


def test_a_missed_clock_is_lowered(build: Builder, fake: FakeTools) -> None:
    fake.state["reached"] = {"*": 102.8}
    fake.save()
    found = build(120)
    assert build.clocks == [120, 100]
    assert (found.asked_mhz, found.mhz, found.met, found.missed) == (120, 100, True, {"120": 102.8})
    assert "CLKOP_DIV(6)" in (build.folder / "system100" / "rtl" / "top.sv").read_text()


def test_a_clock_missed_again_is_lowered_again(build: Builder, fake: FakeTools) -> None:
    """A system for a slower clock is another netlist, whose placement may be slower than the first."""
    fake.state["reached"] = {"80 MHz": 79.1, "75 MHz": 74.4, "70 MHz": 71.0}
    fake.save()
    found = build(80)
    assert build.clocks == [80, 75, 70]
    assert (found.asked_mhz, found.mhz, found.fmax_mhz, found.met) == (80, 70, 71, True)
    assert found.missed == {"80": 79.1, "75": 74.4}
    assert len(fake.calls("nextpnr-ecp5")) == 3


def test_if_no_clock_is_met_the_slowest_is_reported(build: Builder, fake: FakeTools) -> None:
    clocks = offered(ULX3S)
    # Each placement reaches a little less than it was asked for: the longest way down there is.
    fake.state["reached"] = {f"{clock.mhz:g} MHz": clock.mhz - 0.1 for clock in clocks}
    fake.save()
    found = build(150)
    assert build.clocks == [clock.mhz for clock in reversed(clocks)]
    assert (found.mhz, found.fmax_mhz, found.met) == (50, 49.9, False)
    assert Bitstream.load(found.path).met is False


def test_a_required_clock_that_is_just_reached_is_met(build: Builder, fake: FakeTools) -> None:
    fake.state["reached"] = {"*": 120.0}
    fake.save()
    assert build(120, require_clock=True).met


def test_a_required_clock_that_is_missed_is_an_error(build: Builder, fake: FakeTools) -> None:
    fake.state["reached"] = {"*": 102.8}
    fake.save()
    with pytest.raises(ClockMissed, match=r"120 MHz; found 102\.8 MHz\. Ask for 100 MHz.*0\.8 ns logic"):
        build(120, require_clock=True)
    assert build.clocks == [120]
    assert not (build.folder / "out" / "bitstream.json").exists()


@pytest.mark.parametrize("name", ["yosys", "nextpnr-ecp5", "ecppack", "ecpunpack"])
@pytest.mark.parametrize(
    ("behaviour", "message"),
    [({"code": 1}, "exit code 1: ERROR: bad luck"), ({"killed": True}, "killed by SIGKILL: ERROR: bad luck")],
)
def test_a_tool_that_fails_leaves_its_log_and_nothing_finished(
    build: Builder, fake: FakeTools, name: str, behaviour: dict[str, object], message: str
) -> None:
    sound = fake.state[name]
    assert isinstance(sound, dict)
    fake.state[name] = {**sound, **behaviour, "lines": ["ERROR: bad luck"]}
    fake.save()
    with pytest.raises(ToolFailed, match=rf"by {name} 1\.0; .*{message}") as caught:
        build()
    log = Path(caught.value.fix.removeprefix("The whole log is ").removesuffix("."))
    assert log.parent == build.folder / "out"
    assert log.read_text().startswith("ERROR: bad luck\n")
    assert not (build.folder / "out" / "bitstream.json").exists()
    fake.state[name] = sound
    fake.save()
    assert build().bit.is_file()
    runs = 3 if name == "yosys" else 2  # Yosys is started for two steps
    assert len(fake.calls(name)) == runs, "a failed run is not taken for a result"


def test_without_a_netlist_for_simulation_nothing_is_finished(build: Builder, fake: FakeTools) -> None:
    sound = fake.state["yosys"]
    assert isinstance(sound, dict)
    del sound["files"]["simulated.v"]
    fake.save()
    with pytest.raises(ToolFailed, match=r"netlist for simulation by yosys 1\.0; .* no simulated\.v"):
        build()
    assert not (build.folder / "out" / "bitstream.json").exists()


def test_a_tool_that_takes_too_long(build: Builder, fake: FakeTools) -> None:
    fake.state["nextpnr-ecp5"] = {"sleep": 30, "lines": ["Info: Routing globals..."]}
    fake.save()
    with pytest.raises(ToolFailed, match=r"place-and-route-1 .*found none after 2 s: Info: Routing globals"):
        build(timeout_s=2)


def test_latches_are_named(build: Builder, fake: FakeTools) -> None:
    files = {"latches.txt": "offramp_top/$a offramp_top/$b\n"}
    fake.state["yosys"] = {"files": files, "code": 1}
    fake.save()
    with pytest.raises(ToolFailed, match=r"no latch; found offramp_top/\$a, offramp_top/\$b\. Assign"):
        build()


def test_a_design_that_does_not_fit_is_not_placed(build: Builder, fake: FakeTools) -> None:
    sound = fake.state["yosys"]
    assert isinstance(sound, dict)
    sound["files"]["stat.json"] = json.dumps({"design": {"num_cells_by_type": {"MULT18X18D": 157}}})
    fake.save()
    with pytest.raises(DoesNotFit, match=r"157 multipliers \(1 too many\)\. Fold it to 800 cycles"):
        build(advice="Fold it to 800 cycles.")
    assert not fake.calls("nextpnr-ecp5")


@pytest.mark.parametrize(
    "line",
    [
        "ERROR: Unable to place cell 'a', no BELs remaining to implement cell type 'TRELLIS_COMB'",
        "ERROR: Unable to find legal placement for all cells, design is probably at utilisation limit.",
    ],
)
def test_a_design_that_finds_no_room(build: Builder, fake: FakeTools, line: str) -> None:
    fake.state["nextpnr-ecp5"] = {"lines": [line], "code": 1}
    fake.save()
    with pytest.raises(
        DoesNotFit, match=r"not fit LFE5U-85F-6.*; .*(cell type|utilisation limit).*Fold it\."
    ):
        build(advice="Fold it.")


def test_a_seed_that_fails_ends_the_others(
    build: Builder, fake: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFRAMP_JOBS", "2")
    sound = fake.state["nextpnr-ecp5"]
    assert isinstance(sound, dict)
    fake.state["nextpnr-ecp5"] = {**sound, "sleep_of_seed": {"2": 60, "3": 60}, "code": 1}
    fake.save()
    start = time.monotonic()
    with pytest.raises(ToolFailed, match="place-and-route-1"):
        build(seeds=3)
    assert time.monotonic() - start < 20


def test_a_port_without_a_pin_is_not_placed(build: Builder, fake: FakeTools) -> None:
    sound = fake.state["yosys"]
    assert isinstance(sound, dict)
    netlist = json.loads(sound["files"]["netlist.json"])
    netlist["modules"]["offramp_top"]["ports"]["gpio"] = {"direction": "input", "bits": [9]}
    sound["files"]["netlist.json"] = json.dumps(netlist)
    fake.save()
    with pytest.raises(PinMismatch, match="none for gpio"):
        build()
    assert not fake.calls("nextpnr-ecp5")


def test_a_bitstream_that_is_not_what_was_packed(build: Builder, fake: FakeTools) -> None:
    other = CONFIGURATION.replace("F1B2", "F1B3")
    fake.state["ecpunpack"] = {"files": {"unpacked.config": other}}
    fake.save()
    with pytest.raises(VerificationMismatch, match=r"tile R2C2:PLC2; .*F1B2 missing, F1B3 too many"):
        build()
    assert not (build.folder / "out" / "ulx3s-85f.bit").exists()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("pynq-z2", {}, "tools of pynq-z2; expected some with a netlist; found vivado"),
        ("ulx3s-85f", {"seeds": 0}, "--seeds; expected 1 or more; found 0"),
    ],
)
def test_bad_requests(tmp_path: Path, name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(BadOption, match=message):
        build_bitstream(
            lambda pll: pytest.fail("made a system"),
            board(name),
            clock_of(ULX3S, 60),
            out=tmp_path / "out",
            **options,  # type: ignore[arg-type]
        )


@pytest.mark.parametrize("what", ["a file", "no folder above"])
def test_a_folder_that_cannot_be_written(build: Builder, what: str) -> None:
    cache = build.folder
    if what == "a file":
        (build.folder / "out").write_text("")
    else:
        build.folder = build.folder / "blocked"
        build.folder.write_text("")
    with pytest.raises(OutputPathError, match="for the bitstream; expected one that can be written"):
        build(cache_dir=cache)


def test_a_read_only_folder(build: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "write_bytes", refuse)  # the tests may run as root, whom no folder stops
    with pytest.raises(OutputPathError, match="found Permission denied"):
        build()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: (path / "ulx3s-85f.bit").write_text("other"), "is missing or was changed"),
        (lambda path: (path / "ulx3s-85f.bit").unlink(), "is missing or was changed"),
        (lambda path: (path / "bitstream.json").unlink(), "bitstream.json is missing"),
        (lambda path: (path / "bitstream.json").write_text('{"schema": 9}'), "another version of Offramp"),
        (
            lambda path: (path / "bitstream.json").write_text('{"schema": 1}'),
            r"bitstream\.json: \w+; expected",
        ),
    ],
)
def test_a_damaged_bitstream_is_refused(build: Builder, change: object, message: str) -> None:
    found = build()
    assert callable(change)
    change(found.path)
    with pytest.raises(ArtifactError, match=message):
        Bitstream.load(found.path)
