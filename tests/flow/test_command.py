"""The command line of a run: its text, and that the command line reads it as the same options."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.flow import strategies
from toolkit.cli import flow
from toolkit.cli.app import make_app
from toolkit.core.declaration import FILE
from toolkit.flow import Options
from toolkit.flow.command import SHOWN, command
from toolkit.flow.groups import ClusterOptions, ValidationOptions
from toolkit.flow.options import DECLARED
from toolkit.flow.resolve import resolve as resolve_options

FILES = [one.name for one in SHOWN if one.place == FILE]

_PLACES = "--checkpoint CHECKPOINT --weights WEIGHTS --data-path DATA_PATH"
_GIVEN = f"{_PLACES} --measurements MEASUREMENTS --power POWER"

# The text is part of report.json: the order of its words is fixed.
TEXTS = {
    "": Options(),
    "--bits 3 --cycles 500": Options.of(weight_bits=3, act_bits=3, cycles=500),
    "--weight-bits 2 --act-bits 5 --scaling float --first-weight-bits 8 --last-weight-bits 6": Options.of(
        weight_bits=2, act_bits=5, first_weight_bits=8, last_weight_bits=6, scaling="float"
    ),
    "--seed 4 --epochs 2 --float-epochs 0 --per-channel --train": Options.of(
        seed=4, train=True, epochs=2, float_epochs=0, per_channel=True
    ),
    "--frames 7 --layers --force": Options.of(frames=7, layers=True, force=True),
    "--frames 8 --criterion margin --fraction-bits 9 --max-loss 0.25 --epsilon 0.01 --delta 0.1": Options.of(
        frames=8, criterion="margin", fraction_bits=9, max_loss=0.25, epsilon=0.01, delta=0.1
    ),
    "--target sim --exit-rate 0.9 --host-cycles 40 --clock-mhz 62.5": Options.of(
        exit_rate=0.9, host_cycles=40, clock_mhz=62.5, target="sim"
    ),
    "--target orangecrab-85f --luts 9000 --clock-mhz 60.0 --seeds 3 --require-clock": Options.of(
        target="orangecrab-85f", luts=9000, clock_mhz=60.0, seeds=3, require_clock=True
    ),
    f"--force {_GIVEN}": Options.of(force=True, **dict.fromkeys(FILES, "/home/me/best")),
}


APP = make_app()


class Stop(Exception):
    pass


@pytest.mark.parametrize("words", TEXTS)
def test_the_text(words: str) -> None:
    assert command(TEXTS[words]) == f"offramp build b_lenet_se --dataset digits {words}".strip()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(options=strategies.options(tuple(one.name for one in SHOWN if one.place != FILE)))
def test_the_command_line_reads_it_as_the_same_options(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Options] = []
    real = resolve_options

    def resolve(*args: Any) -> None:
        seen.append(real(*args)[1])
        raise Stop

    monkeypatch.setattr(flow, "resolve", resolve)
    monkeypatch.setattr(Options, "check", lambda *_: None)  # a random clock is none of the board's
    words = shlex.split(command(options))
    assert words[0] == "offramp"
    with pytest.raises(Stop):
        APP(words[1:], standalone_mode=False)
    assert seen == [options]


def test_options_that_do_not_show_decide_nothing_in_it() -> None:
    changed: dict[str, Any] = {"data_dir": Path("/data"), "device": "cpu", "tracker": "mlflow", "remote": "h"}
    assert command(Options.of(**changed)) == command(Options())
    validating = {*ValidationOptions.model_fields, *ClusterOptions.model_fields}
    shown = {one.name for one in SHOWN}
    assert set(DECLARED) == {"description", "qonnx", *changed, *validating, *shown}
