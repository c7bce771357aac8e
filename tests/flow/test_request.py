"""What a options refuses about the exit policy, the target and its clock; and that JSON keeps it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from toolkit import boards
from toolkit.core.errors import ArtifactError, OfframpError
from toolkit.flow import TARGETS, Options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"criterion": "topp1"}, "unknown criterion 'topp1'.*Did you mean top1"),
        ({"exit_rate": 1.5}, "--exit-rate; expected 0 to 1; found 1.5"),
        ({"exit_rate": math.nan}, "--exit-rate; expected 0 to 1; found nan"),
        ({"max_loss": 101.0}, "--max-loss; expected 0 to 100"),
        ({"max_latency": -1.0}, "--max-latency; expected 0 or more"),
        ({"max_energy": -1.0}, "--max-energy; expected 0 or more"),
        ({"exit_rate": 0.9, "max_loss": 1.0}, "--exit-rate and --max-loss; expected one of them"),
        ({"epsilon": 0.0}, "guarantee: epsilon; expected a number between 0 and 1"),
        ({"epsilon": 0.1, "delta": 1.0}, "guarantee: delta; expected a number between 0 and 1"),
        ({"fraction_bits": 3}, "--fraction-bits; expected 4 to 16"),
        ({"clock_mhz": 0.0}, "--clock-mhz; expected above 0"),
        ({"clock_mhz": math.nan}, "--clock-mhz; expected above 0; found nan"),
        ({"clock_mhz": math.inf}, "--clock-mhz; expected above 0"),
        ({"host_cycles": -1}, "--host-cycles; expected 0 or more"),
        ({"luts": 0}, "--luts; expected 1 or more; found 0"),
        ({"seeds": 0}, "--seeds; expected 1 or more; found 0"),
        ({"cycles": 0}, "--cycles; expected 1 or more; found 0"),
        ({"target": "ulx3s"}, "unknown target 'ulx3s'; expected one of .*Did you mean ulx3s-85f"),
        ({"target": "pynq-z2"}, "unknown target 'pynq-z2'; expected one of orangecrab-85f, sim, ulx3s-85f"),
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
    assert (options.implementation.open_flow is None) == (target == "sim")


def test_boards_with_an_open_flow_are_targets() -> None:
    flows = {name for name in boards.names() if boards.board(name).open_flow is not None}
    assert set(TARGETS) == {"sim", *flows}


@pytest.mark.parametrize("options", [{}, {"target": "sim", "clock_mhz": 125.0}, {"luts": 9000, "seeds": 3}])
def test_a_request_survives_json(options: dict[str, Any]) -> None:
    options = Options.of(criterion="margin", max_loss=0.1, epsilon=0.02, **options)
    options.check()
    assert Options.from_json(json.loads(json.dumps(options.to_json()))) == options


def test_paths_survive_json_as_paths(tmp_path: Path) -> None:
    paths: dict[str, Any] = {name: tmp_path / name for name in ("checkpoint", "measurements", "power")}
    for path in paths.values():
        path.touch()
    options = Options.of(data_dir=tmp_path, **paths)
    found = Options.from_json(json.loads(json.dumps(options.to_json())))
    assert found == options
    found.check()


def test_an_option_of_another_version_is_named() -> None:
    with pytest.raises(ArtifactError, match="a run's options; expected known ones; found voltage"):
        Options.from_json({"voltage": 1})
