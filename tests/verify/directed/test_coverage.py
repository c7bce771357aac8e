"""Coverage is counted from the integers given: frames that leave something out show it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import Compiled
from toolkit.verify.directed import stimulus
from toolkit.verify.directed.arithmetic import Place, linear_layers, places
from toolkit.verify.directed.coverage import Coverage, DesignCoverage, Goal, LayerCoverage, goals
from toolkit.verify.directed.stimulus import frames


@pytest.fixture(scope="module")
def by_kind(tiny: Compiled) -> dict[str, Place]:
    accelerator = tiny.compose(0, tiny.folder / "kinds")
    return {place.node.kind: place for place in places(accelerator, linear_layers(tiny.graphs))}


@pytest.mark.parametrize("kind", ["window", "mvau", "threshold", "pool", "bias"])
def test_directed_frames_cover_and_fewer_do_not(by_kind: dict[str, Place], kind: str) -> None:
    place = by_kind[kind]
    made = frames(place, seed=1)
    assert (made[0] == made[1]).all()
    assert made.min() >= place.node.input.low
    assert made.max() <= place.node.input.high
    assert (made == frames(place, seed=1)).all()
    for goal in goals(place, made):
        assert goal.covered == goal.coverable > 0
    zeros = np.zeros_like(made)
    assert all(goal.covered < goal.coverable for goal in goals(place, zeros))


def test_one_threshold_left_out_is_missing(by_kind: dict[str, Place]) -> None:
    place = by_kind["threshold"]
    assert place.linear is not None
    made = frames(place, seed=1)
    every, full = goals(place, made)
    channel, at, steps = place.linear.steps[0]
    made[..., channel][made[..., channel] == at] += 1
    fewer, less = goals(place, made)
    assert every.covered == every.coverable == fewer.covered + 1
    assert less.covered == full.covered - steps
    assert full.covered == full.coverable == less.coverable


def test_where_all_accumulators_take_too_long_thresholds_are_still_met(
    by_kind: dict[str, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stimulus, "CYCLES", 0)
    place = by_kind["threshold"]
    (steps,) = goals(place, frames(place, seed=1))
    assert "accumulators were tried, since all would take too long" in steps.why
    assert steps.covered == steps.coverable


@pytest.mark.parametrize(("kernel", "stride"), [((2, 2), (2, 2)), ((3, 3), (2, 2)), ((3, 2), (1, 1))])
def test_every_position_of_a_pool_wins(
    by_kind: dict[str, Place], kernel: tuple[int, int], stride: tuple[int, int]
) -> None:
    place = by_kind["pool"]
    node = replace(place.node, attributes={**place.node.attributes, "KernelSize": kernel, "Stride": stride})
    place = replace(place, node=node)
    directed = frames(place, seed=1)[8:]  # without those that every layer gets
    wins, _ = goals(place, directed)
    assert wins.covered == wins.coverable == kernel[0] * kernel[1] * place.shape[2]


def test_a_weight_whose_input_is_dark_is_missing(by_kind: dict[str, Place]) -> None:
    place = by_kind["mvau"]
    assert place.linear is not None
    made = frames(place, seed=1)
    made.reshape(-1, place.linear.rows.shape[1])[:, 0] = 0
    (weights, _) = goals(place, made)
    assert weights.coverable - weights.covered == len(place.linear.weights) * place.linear.bits


def test_dead_thresholds_say_why(by_kind: dict[str, Place]) -> None:
    _, goal = goals(by_kind["threshold"], frames(by_kind["threshold"], seed=1))
    node = by_kind["threshold"].node
    total = node.output.shape[-1] * (node.output.high - node.output.low)
    assert (goal.coverable == total) == (goal.why == "")


def test_every_layer_and_accelerator_has_a_line_that_names_what_is_left() -> None:
    full = Goal(what="pixels", covered=2000, coverable=2000)
    part = Goal.named("queues full", {"first": True, "second": False})
    layer = LayerCoverage(node="n0", kind="pool", layer="trunk0.pool0", frames=3, pace=4, goals=(full, full))
    design = DesignCoverage(name="exit0", layers=(layer,), frames=5, goals=(part,))
    said = Coverage(designs=(design,), compared=1).lines
    assert [" ".join(line.split()) for line in said] == [
        "trunk0.pool0 pool 4,000 of 4,000 driven",
        "exit0 queues and ports 1 of 2 driven; left: second of queues full",
    ]
