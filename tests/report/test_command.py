from __future__ import annotations

import shlex
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from toolkit.cli import flow
from toolkit.cli.app import make_app
from toolkit.flow import Options
from toolkit.report.command import FILES, OPTIONS, command

REQUESTS = (
    Options(),
    Options.of(weight_bits=3, act_bits=3, cycles=500),
    Options.of(
        "b_lenet_fcn", weight_bits=2, act_bits=5, first_weight_bits=8, last_weight_bits=6, scaling="float"
    ),
    Options.of(seed=4, train=True, epochs=2, float_epochs=0, per_channel=True),
    Options.of(frames=7, layers=True, force=True),
    Options.of(criterion="margin", fraction_bits=9, max_loss=0.25, epsilon=0.01, delta=0.1),
    Options.of(exit_rate=0.9, host_cycles=40, clock_mhz=62.5, target="sim"),
    Options.of(target="orangecrab-85f", luts=9000, clock_mhz=60.0, seeds=3, require_clock=True),
)


class Stop(Exception):
    pass


@pytest.mark.parametrize("request_", REQUESTS, ids=command)
def test_the_command_means_the_request(request_: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Options] = []
    real = flow.resolve

    def resolve(*args: Any) -> None:
        seen.append(real(*args)[1])
        raise Stop

    monkeypatch.setattr(flow, "resolve", resolve)
    words = shlex.split(command(request_))
    assert words[0] == "offramp"
    with pytest.raises(Stop):
        make_app()(words[1:], standalone_mode=False)
    assert seen == [request_]


def test_options_that_do_not_show_decide_nothing_in_it() -> None:
    changed: dict[str, Any] = {"data_dir": Path("/data"), "device": "cpu", "tracker": "none"}
    assert command(replace(Options(), **changed)) == command(Options())
    assert {field.name for field in fields(Options)} == {*changed, *FILES, *OPTIONS}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_not_named_by_its_path(name: str) -> None:
    given: dict[str, Any] = {name: Path("/home/me/best")}
    assert command(Options.of(**given)).endswith(f" --{name} {name.upper()}")
