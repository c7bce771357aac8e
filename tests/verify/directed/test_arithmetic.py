"""The golden arithmetic of single layers chains to golden execution; its thresholds are the compiler's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from qonnx.core.modelwrapper import ModelWrapper

from tests.conftest import Compiled
from toolkit.compile.thresholds import golden_quantisers
from toolkit.core.topology import trunk
from toolkit.verify.directed.arithmetic import linear_layers, places
from toolkit.verify.golden import Golden


def test_layers_one_after_the_other_are_the_network(tiny: Compiled, tmp_path: Path) -> None:
    layers = linear_layers(tiny.graphs)
    for k in (0, 1):
        accelerator = tiny.compose(k, tmp_path / f"exit{k}")
        current = tiny.images.transpose(0, 2, 3, 1)
        for place in places(accelerator, layers):
            current = place.output(current.reshape(len(current), *place.shape))
        golden = Golden(tiny.graphs.paths[k]).run(tiny.images)
        assert (current.reshape(golden.shape) == golden).all()


def test_reach_is_that_of_the_extremes(tiny: Compiled) -> None:
    layer = linear_layers(tiny.graphs)["trunk0.conv0"]
    rng = np.random.default_rng(3)
    products = rng.integers(0, 256, (500, layer.rows.shape[1])) @ layer.rows.T
    assert (products >= layer.least).all()
    assert (products <= layer.most).all()
    best = np.where(layer.rows > 0, 255, 0)
    assert ((best * layer.rows).sum(axis=1) == layer.most).all()


def test_thresholds_agree_with_the_compilers(tiny: Compiled) -> None:
    """Asking golden about every accumulator finds what the compiler's bisection found."""
    layer = linear_layers(tiny.graphs)["trunk0.conv0"]
    (quantiser,) = golden_quantisers(ModelWrapper(str(tiny.graphs.segments[trunk(0)].file)), 255)
    low, high = layer.reach
    wanted = quantiser.thresholds()
    found = layer.steps
    expected = [
        (channel, step)
        for channel, steps in enumerate(wanted)
        for step in sorted(steps.tolist())
        if low < step <= high
    ]
    told = [(channel, at) for channel, at, rise in found.tolist() for _ in range(rise)]
    assert told == expected
    assert len(told) > 10
