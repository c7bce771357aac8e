"""What options refuse, and in which words; files keep them."""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pytest
from hypothesis import given, settings

from tests.flow import strategies
from toolkit import boards
from toolkit.core.errors import OfframpError
from toolkit.data.request import Colour
from toolkit.exits import CRITERIA
from toolkit.exits.rules import DEFAULT_FRACTION_BITS, MAX_FRACTION_BITS, MIN_FRACTION_BITS
from toolkit.flow import Options, RunDirectory
from toolkit.flow.groups import TARGETS
from toolkit.flow.options import DECLARED
from toolkit.flow.rundir import RunRecord
from toolkit.flow.steps import ORDER
from toolkit.flow.validate import VALIDATE
from toolkit.links import chip_side


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"criterion": "topp1"}, "unknown criterion 'topp1'.*Did you mean top1"),
        ({"exit_rate": 1.5}, "--exit-rate; expected 0 to 1; found 1.5"),
        ({"exit_rate": math.nan}, "--exit-rate; expected a finite number, 0 to 1; found nan"),
        ({"max_loss": 101.0}, "--max-loss; expected 0 to 100"),
        ({"max_latency": -1.0}, "--max-latency; expected 1 to 1,000,000,000; found -1.0"),
        ({"max_energy": -1.0}, "--max-energy; expected above 0, at most 1,000,000,000; found -1.0"),
        ({"exit_rate": 0.9, "max_loss": 1.0}, "--exit-rate and --max-loss; expected one of them"),
        ({"epsilon": 0.0}, "--epsilon; expected above 0 and below 1; found 0.0"),
        ({"delta": 1.0}, "--delta; expected above 0 and below 1; found 1.0"),
        ({"fraction_bits": 3}, "--fraction-bits; expected 4 to 16; found 3"),
        ({"weight_bits": 1}, "--weight-bits; expected 2 to 8; found 1"),
        ({"act_bits": 9}, "--act-bits; expected 2 to 8; found 9"),
        ({"frames": 0}, "--frames; expected 1 to 1,000,000; found 0"),
        ({"cycles": -3}, "--cycles; expected 1 to 1,000,000,000; found -3"),
        ({"seed": -1}, "--seed; expected 0 to 4,294,967,296; found -1"),
        ({"tracker": "cvs"}, "unknown tracker 'cvs'.*Did you mean csv"),
        ({"model": "b_lenet_es"}, "unknown model .* Did you mean b_lenet_se"),
        ({"dataset": "mnits"}, "unknown dataset .* Did you mean mnist"),
        ({"target": "simm"}, "unknown target .* Did you mean sim"),
        ({"checkpoint": Path("/nowhere")}, "--checkpoint; expected a file; found /nowhere, which does not"),
        ({"measurements": Path("/")}, "--measurements; expected a file; found /, which is not a file"),
        ({"data_dir": Path("/nowhere")}, "--data-dir; expected a folder; found /nowhere, which does not"),
        ({"data_dir": Path(__file__)}, "--data-dir; expected a folder; found .*, which is not a folder"),
        (
            {"data_path": Path("/dev/null")},
            "--data-path; expected a file or folder; found /dev/null",
        ),
        ({"data_path": Path("/")}, "--data-path; expected --dataset imagefolder or npz or npy"),
        ({"dataset": "npz"}, "--data-path; expected your data for --dataset npz; found none"),
        (
            {"dataset": "svhn", "colour": "grey"},
            "--colour; expected --dataset imagefolder; found",
        ),
        (
            {"dataset": "npy", "data_path": Path("/"), "image_size": 9},
            "--image-size; expected --dataset",
        ),
        (
            {"dataset": "imagefolder", "data_path": Path("/"), "image_width": 9},
            "--image-width; expected --image-size, the height; found none",
        ),
        ({"colour": "red"}, "--colour; expected grey or rgb; found 'red'"),
        ({"train": True, "checkpoint": Path(__file__)}, "--train and --checkpoint; expected one of them"),
        (
            {"weights": Path(__file__), "checkpoint": Path(__file__)},
            "--weights and --checkpoint; expected",
        ),
        ({"weights_unit": 255}, "--weights-unit; expected --weights; found none"),
        ({"frames": 7.0}, "--frames; expected a whole number, 1 to 1,000,000; found 7.0"),
        ({"frames": True}, "--frames; expected a whole number, 1 to 1,000,000; found True"),
        ({"frames": "7"}, "--frames; expected a whole number, 1 to 1,000,000; found '7'"),
        ({"exit_rate": "most"}, "--exit-rate; expected a finite number, 0 to 1; found 'most'"),
        ({"max_latency": 10**400}, "--max-latency; expected a finite number, 1 to 1,000,000,000; found 1000"),
        ({"layers": 1}, "--layers; expected true or false; found 1"),
        ({"model": None}, "--model; expected a text; found None"),
        ({"device": "tpu"}, "unknown device 'tpu'; expected one of auto, cpu, gpu"),
        ({"scaling": "po3"}, "--scaling; expected po2 or float; found 'po3'"),
        ({"power": 3}, "--power; expected a path; found 3"),
        ({"frmes": 3}, "unknown option 'frmes'.*Did you mean frames"),
        ({"clock_mhz": 0.0}, "--clock-mhz; expected 1 to 1,000"),
        ({"clock_mhz": math.nan}, "--clock-mhz; expected a finite number, 1 to 1,000; found nan"),
        ({"clock_mhz": math.inf}, "--clock-mhz; expected a finite number, 1 to 1,000; found inf"),
        ({"host_cycles": -1}, "--host-cycles; expected 0 to 1,000,000,000"),
        ({"luts": 0}, "--luts; expected 1 to 10,000,000; found 0"),
        ({"seeds": 0}, "--seeds; expected 1 to 1,000; found 0"),
        ({"cycles": 0}, "--cycles; expected 1 to 1,000,000,000; found 0"),
        ({"target": "ulx3s"}, "unknown target 'ulx3s'; expected one of .*Did you mean ulx3s-85f"),
        ({"tools": "none"}, "unknown tools 'none'; expected one of open"),
        ({"tools": "open", "target": "sim"}, "--tools for sim; expected none; found open"),
        (
            {"target": "pynq-z1"},
            r"unknown target 'pynq-z1'; expected one of .*pynq-z2, .*Did you mean pynq-z2",
        ),
        ({"target": "zc706", "tools": "open"}, "--tools for zc706; expected vivado; found open"),
        ({"target": "ulx3s-85f", "tools": "vivado"}, "--tools for ulx3s-85f; expected open; found vivado"),
        ({"target": "zcu104", "clock_mhz": 33.0}, "--clock-mhz on zcu104; expected one of 25, 30, 35, 40"),
    ],
)
def test_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(OfframpError, match=words):
        Options.of(**options).check()


@pytest.mark.parametrize(
    ("target", "mhz", "offered"),
    [
        ("ulx3s-85f", 33.0, "50, 60, 70, 75, 80, 90, 100, 110, 120, 140, 150 MHz"),
        ("orangecrab-85f", 75.0, "48, 54, 60, 66, 80, 90, 100, 120, 132, 140, 150 MHz"),
    ],
)
def test_a_clock_that_a_board_cannot_have_names_those_it_can(target: str, mhz: float, offered: str) -> None:
    with pytest.raises(
        OfframpError, match=f"--clock-mhz on {target}; expected one of {offered}; found {mhz:g} MHz"
    ):
        Options.of(target=target, clock_mhz=mhz).check()
    Options.of(target="sim", clock_mhz=mhz).check()


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_can_be_asked_for(target: str) -> None:
    options = Options.of(target=target, clock_mhz=60.0)
    options.check()
    assert (options.implementation.board is None) == (target == "sim")


def test_boards_with_a_toolchain_and_a_link_are_targets() -> None:
    flows = {name for name in boards.names() if boards.board(name).is_target}
    assert set(TARGETS) == {"sim", *flows}


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (None, "options; expected groups of options; found None"),
        ([1], r"options; expected groups of options; found \[1\]"),
        ({"simulatoin": {}}, "unknown group 'simulatoin'.*Did you mean simulation"),
        ({"simulation": 3}, "group simulation; expected options with their values; found 3"),
        ({"simulation": {"frmes": 3}}, "unknown option of simulation 'frmes'.*Did you mean frames"),
        ({"policy": {"frames": 3}}, "unknown option of policy 'frames'.*It is in group simulation"),
        ({"simulation": {"frames": [1]}}, r"--frames; expected a whole number, 1 to 1,000,000; found \[1\]"),
    ],
)
def test_nested_values_are_refused_by_group_and_option(groups: Any, words: str) -> None:
    with pytest.raises(OfframpError, match=words):
        Options.parse(groups)


def test_defaults_are_legal() -> None:
    Options().check()
    for one in DECLARED.values():
        one.check(one.default)  # Options.check asks owners about other values only


def test_what_help_and_defaults_repeat_is_what_the_owners_say() -> None:
    bits = DECLARED["fraction_bits"]
    assert bits.default == DEFAULT_FRACTION_BITS
    assert (bits.low, bits.high) == (MIN_FRACTION_BITS, MAX_FRACTION_BITS)
    assert all(name in DECLARED["criterion"].help for name in CRITERIA)
    assert get_args(DECLARED["colour"].kind) == get_args(Colour)


def test_every_option_belongs_to_a_step() -> None:
    known = {name for step in (*ORDER, VALIDATE) for name in (*step.options, *step.settings)}
    assert known == set(DECLARED)


def test_an_option_knows_its_help_range_unit_and_default() -> None:
    assert DECLARED["weight_bits"].described == "Bits of weights. [2 to 8; default: 4]"
    assert DECLARED["max_loss"].described.endswith("to the last exit. [0 to 100 points]")
    assert DECLARED["delta"].described.endswith("[above 0 and below 1; default: 0.05]")
    assert DECLARED["device"].described == "Where to train. [auto or cpu or gpu; default: auto]"
    assert DECLARED["layers"].described.endswith("as well.")
    assert all(one.help.endswith(".") for one in DECLARED.values())


@settings(deadline=None)
@given(strategies.options())
def test_a_record_keeps_options(options: Options) -> None:
    with TemporaryDirectory() as name:
        RunRecord(options=options).save(Path(name))
        assert RunDirectory(Path(name)).options() == options


def test_a_recorded_path_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    RunRecord(options=Options.of(checkpoint="net.ckpt")).save(tmp_path)
    assert RunRecord.load(tmp_path).options == Options.of(checkpoint=tmp_path / "net.ckpt")


def test_cycles_that_no_design_of_the_network_reaches_are_refused() -> None:
    Options.of(cycles=1024).check()
    with pytest.raises(OfframpError, match=r"--cycles for b_lenet_se; .* 1,024 or more, .*; found 1023"):
        Options.of(cycles=1023).check()


def test_look_up_tables_are_more_than_the_link_takes_and_at_most_those_of_the_chip() -> None:
    link, chip = chip_side(boards.board("ulx3s-85f")).takes.lut, boards.board("ulx3s-85f").resources.lut
    for good in (link + 1, chip):
        Options.of(luts=good).check()
    for bad in (1, link, chip + 1):
        with pytest.raises(OfframpError, match=rf"--luts on ulx3s-85f; expected {link + 1:,} .* to {chip:,}"):
            Options.of(luts=bad).check()
        Options.of(luts=bad, target="sim").check()


@pytest.mark.parametrize(
    ("options", "cycles"),
    [
        ({"target": "ulx3s-85f"}, None),
        ({"target": "ulx3s-85f", "cycles": 700}, 700),
        ({"target": "sim"}, 3200),
        ({"target": "sim", "model": "tw_smallcnn"}, 16_588),
        ({"target": "sim", "model": "c_alexnet_svhn"}, 306_004),
        ({"target": "sim", "model": "c_alexnet_svhn", "cycles": 9000}, 9000),
    ],
)
def test_cycles_that_folding_aims_for(options: dict[str, Any], cycles: int | None) -> None:
    assert Options.of(**options).target_cycles == cycles
