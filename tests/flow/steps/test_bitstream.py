"""Step bitstream without its tools: the build it asks for, its summary, and its errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.flow.test_engine import Record
from tests.report import fake_run
from toolkit.boards import board, targets
from toolkit.chip import implement
from toolkit.core.errors import BadOption, ClockMissed, OfframpError, VerificationMismatch
from toolkit.exits import ExitPolicy
from toolkit.families.results import Compared, CriticalPath, ResourceUse, Routed, RoutedClock
from toolkit.flow import Options, RunDirectory, Step, execute, inputs
from toolkit.flow.step import Context
from toolkit.flow.steps import bitstream, package
from toolkit.implement import Bitstream, Implementation
from toolkit.implement.clocks import start_clock
from toolkit.implement.implementation import NetlistCheck
from toolkit.links import chip_side
from toolkit.verify.result import GoldenLogits

USE = {"LUT4": 7654, "TRELLIS_FF": 5000, "DP16KD": 40, "MULT18X18D": 12}
EARLY = (*fake_run.EARLY, (6, 8), (7, 8))
"""Frames 3 and 4 stay, the others leave at exit 0."""
IMAGES = np.arange(len(EARLY) * 4, dtype=np.uint8).reshape(-1, 1, 2, 2)


def routed(reached: float, wanted: float) -> Routed:
    clock = RoutedClock(net="core", wanted_mhz=wanted, reached_mhz=reached)
    path = CriticalPath(source="a.Q", sink="b.D", logic_ns=4.0, routing_ns=5.5)
    use = {name: ResourceUse(used=used, available=83640) for name, used in USE.items()}
    return Routed(clock=clock, clocks=(clock,), path=path, use=use)


class Tools:
    """In place of everything that takes time.

    Attributes:
        reached: MHz, what place and route comes to.
        asked: how the bitstream was asked for.
        made: clocks that the system was made for.
        checked: frames and golden logits that the netlist was asked to answer.
    """

    def __init__(self) -> None:
        self.reached, self.exits = 115.0, (3, 1)
        self.asked: dict[str, Any] = {}
        self.made: list[float] = []
        self.checked: tuple[np.ndarray, list[np.ndarray]] | None = None
        self.error: OfframpError | None = None

    def build_bitstream(
        self, make: Callable[..., Any], on: Any, clock: Any, out: Path, **options: Any
    ) -> Bitstream:
        self.asked = {"board": on.name, "mhz": clock.mhz, **options}
        make(clock)
        options["progress"]("synthesis", 5, 6)
        (out / f"{on.name}.bit").write_bytes(b"bits")
        return Bitstream(
            path=out,
            file=f"{on.name}.bit",
            board=on.name,
            part=on.part,
            asked_mhz=clock.mhz,
            mhz=clock.mhz,
            missed={},
            routed=routed(self.reached, clock.mhz),
            seed=1,
            seeds={"1": self.reached},
            tools={"nextpnr-ecp5": "1.0"},
            provenance="place and route (nextpnr-ecp5 1.0)",
            compared=Compared(tiles=9, bits=1000, memory_words=234),
            digests={"bitstream": "b" * 64},
            seconds={"synthesis": 1.0},
        )

    def build_system(self, stages: Any, on: Any, pll: Any, folder: Path) -> None:
        assert not folder.exists(), "of another clock"
        folder.mkdir()
        self.made.append(pll.mhz)

    @contextmanager
    def simulated_board(self, *arguments: Any, netlist: Path) -> Iterator[str]:
        yield netlist.name

    def check_system(
        self, board: str, link: Any, stages: Any, policy: Any, frames: Any, golden: Any, *, progress: Any
    ) -> NetlistCheck:
        assert board == "netlist.v"
        self.checked = (frames, golden)
        progress("classify", len(frames), len(frames))
        if self.error is not None:
            raise self.error
        cycles = (1100, 2200 if self.exits[1] else None)
        return NetlistCheck(
            frames=sum(self.exits),
            compared=48,
            exit_frames=self.exits,
            exit_cycles=cycles,
        )


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Tools:
    fake = Tools()
    for name in ("build_bitstream", "build_system", "simulated_board", "check_system"):
        monkeypatch.setattr(implement, name, getattr(fake, name))
    monkeypatch.setattr(implement.System, "load", lambda path: SimpleNamespace(path=path))
    monkeypatch.setattr(inputs, "test_images", lambda context: IMAGES)
    return fake


def compose(context: Context) -> Mapping[str, Any]:
    fake_run.accelerator(context.out / "stage0", "stage0", fake_run.TRUNK0, fake_run.HEAD0)
    fake_run.accelerator(context.out / "stage1", "stage1", fake_run.TRUNK1, fake_run.HEAD1)
    return {}


def calibrate(context: Context) -> Mapping[str, Any]:
    ExitPolicy(criterion="top1", thresholds=(fake_run.THRESHOLD,), scales=(fake_run.SCALE,), classes=10).save(
        context.out
    )
    return {}


def verify(context: Context) -> Mapping[str, Any]:
    golden = fake_run.logits(EARLY)
    GoldenLogits(logits=np.stack([golden, golden + 1])).save(context.out)
    return {}


def empty(context: Context) -> Mapping[str, Any]:
    (context.out / "done").touch()
    return {}


FLOW = (
    Step("data", "", empty),
    Step("compose", "", compose),
    Step("calibrate", "", calibrate),
    Step("verify", "", verify),
    replace(bitstream.STEP, packages=()),
    Step("cascade", "", empty, inputs=("bitstream",)),
)


def run(folder: Path, **options: Any) -> dict[str, Any]:
    """The summary of the step."""
    with RunDirectory.open(folder) as opened:
        results = execute(opened, FLOW, Options.of(**options), Record())
    return dict(results[4].manifest.summary)


def test_without_a_board_there_is_none(tmp_path: Path, fake: Tools) -> None:
    assert run(tmp_path, target="sim") == {"message": "none for target sim"}
    assert Implementation.find(tmp_path / "bitstream") is None
    assert fake.asked == {}


def test_what_it_says_and_leaves(tmp_path: Path, fake: Tools) -> None:
    found = run(tmp_path, target="ulx3s-85f", frames=7, clock_mhz=110.0)
    assert found.pop("message") == (
        "ulx3s-85f.bit: 110 MHz (place and route: 115.0); 7,654 LUT4, 5,000 FF, 40 EBR, 12 MULT18; "
        "its netlist answers 4 frames as golden"
    )
    made = Implementation.load(tmp_path / "bitstream")
    assert made.model_dump(mode="json", by_alias=True) == found
    assert found["clock_mhz"] == {"asked": 110.0, "value": 110.0, "fmax": 115.0, "met": True}
    assert found["resources"]["LUT4"] == {"used": 7654, "available": 83640}
    assert found["configuration_bits"] == 1234
    assert found["load"].endswith(" ulx3s-85f.bit")
    assert (found["check"]["exit_frames"], found["check"]["compared"]) == ([3, 1], 48)
    assert [one["chip_us"] for one in found["exits"]] == [10.0, 20.0]
    assert (tmp_path / "bitstream" / "ulx3s-85f.bit").is_file()


def test_what_it_asks_for(tmp_path: Path, fake: Tools) -> None:
    run(tmp_path, target="orangecrab-85f", luts=30_000, seeds=3, require_clock=True)
    asked = {key: value for key, value in fake.asked.items() if key != "progress"}
    assert asked == {
        "board": "orangecrab-85f",
        "mhz": start_clock(board("orangecrab-85f"), 30_000).mhz,
        "seeds": 3,
        "require_clock": True,
        "advice": "Fold more: fewer look-up tables with --luts, or more cycles per frame with --cycles.",
    }
    assert fake.made == [fake.asked["mhz"]]


def test_a_clock_that_is_given_is_the_one_asked_for(tmp_path: Path, fake: Tools) -> None:
    run(tmp_path, clock_mhz=60.0)
    assert fake.asked["mhz"] == 60.0
    run(tmp_path, clock_mhz=75.0)
    assert fake.made == [60.0, 75.0]


def test_the_netlist_answers_early_frames_and_a_late_one(tmp_path: Path, fake: Tools) -> None:
    run(tmp_path)
    assert fake.checked is not None
    frames, golden = fake.checked
    assert np.array_equal(frames, IMAGES[:4])
    assert np.array_equal(golden[1], fake_run.logits(EARLY)[:4] + 1)


def test_a_missed_clock_is_a_warning(tmp_path: Path, fake: Tools) -> None:
    fake.reached = 80.25
    found = run(tmp_path, clock_mhz=110.0)
    assert "; warning: reaches only 80.2 MHz; " in found["message"]
    assert found["clock_mhz"]["met"] is False


def test_an_exit_that_no_frame_takes_has_no_times(tmp_path: Path, fake: Tools) -> None:
    fake.exits = (4, 0)
    late = run(tmp_path)["exits"][1]
    assert (late["chip_cycles"], late["chip_us"], late["wire_us"]) == (None, None, None)
    assert late["link_frames_per_s"] > 0


def stopped(folder: Path, error: type[OfframpError]) -> None:
    with pytest.raises(error):
        run(folder)
    assert RunDirectory(folder).manifest("verify") is not None
    for name in ("bitstream", "cascade"):
        assert not (folder / name).exists(), "no bitstream that was not checked"


def test_a_netlist_that_answers_otherwise_stops_the_flow(tmp_path: Path, fake: Tools) -> None:
    fake.error = VerificationMismatch("logits answered by ulx3s-85f", expected=3, found=4)
    stopped(tmp_path, VerificationMismatch)
    fake.error = None
    assert run(tmp_path)["check"]["frames"] == 4, "the same command goes on"


def test_a_required_clock_that_is_missed_stops_the_flow(
    tmp_path: Path, fake: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missed(*arguments: Any, **options: Any) -> Bitstream:
        raise ClockMissed("clock of 110 MHz", found="80.2 MHz")

    monkeypatch.setattr(implement, "build_bitstream", missed)
    stopped(tmp_path, ClockMissed)


@pytest.mark.parametrize("model", ["autoencoder", "b_lenet_numbers"])
@pytest.mark.parametrize("target", targets())
def test_a_network_that_names_no_class_is_refused_where_the_chip_names_one(target: str, model: str) -> None:
    """Before anything is made; a chip that sends all outputs takes it, and so does the simulation."""
    options = Options.of(model=model, target=target)
    board = options.implementation.board
    if board is None or not chip_side(board).classifies:
        bitstream.STEP.require(options)
        return
    words = rf"{model} on {board.name}; expected a network for classification.*found one for (recon|sequence)"
    with pytest.raises(BadOption, match=words) as refused:
        bitstream.STEP.require(options)
    assert "(pynq-z2, zc706, zcu104)" in str(refused.value)


def test_a_package_for_it_says_why_there_is_none(tmp_path: Path) -> None:
    for model, task in (("autoencoder", "reconstruction"), ("b_lenet_numbers", "sequence")):
        options = Options.of(model=model, target="pynq-z2")
        context = Context(options, tmp_path, {}, Record(), tmp_path)
        assert package.STEP.run(context) == {
            "message": f"none for {task}: its program on the board answers with one class"
        }
