"""Multiply-accumulates against the published counts, and how the three ways of counting relate."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hw_models
from toolkit.core.topology import head, trunk


@pytest.mark.parametrize(
    ("name", "steps", "baseline"),
    [("b_lenet_se", (249_600, 1_227_200), 1_355_200), ("b_lenet_fcn", (249_600, 1_281_320), 1_409_320)],
)
def test_published_counts(name: str, steps: tuple[int, ...], baseline: int) -> None:
    spec = hw_models.get(name)
    assert hw_models.macs_of_stage(spec) == steps
    assert hw_models.static_baseline_macs(spec) == baseline


@pytest.mark.parametrize("name", ["b_lenet_se", "b_lenet_fcn"])
def test_cascade_pays_the_earlier_head_and_the_path_does_not(name: str) -> None:
    spec = hw_models.get(name)
    segment, path, cascade = (
        hw_models.segment_macs(spec),
        hw_models.macs_of_path(spec),
        hw_models.macs_to_exit(spec),
    )
    assert cascade[0] == path[0] == 249_600
    assert cascade[1] - path[1] == segment[head(0)] == 121_600
    assert cascade[1] == sum(segment.values())


@pytest.mark.parametrize(("leaving", "gain"), [(0.75, 2.4), (0.946, 4.3), (0.982, 5.0)])
def test_published_gain_of_leaving_early(leaving: float, gain: float) -> None:
    spec = hw_models.get("b_lenet_se")
    first, second = hw_models.macs_of_stage(spec)
    mean = first + (1 - leaving) * second
    assert hw_models.static_baseline_macs(spec) / mean == pytest.approx(gain, abs=0.05)


def test_products_of_every_layer_with_their_widths() -> None:
    spec = hw_models.get("b_lenet_fcn")
    quant = hw_models.QuantConfig(
        4, 5, first_weight_bits=6, last_weight_bits=7, overrides={"trunk1.conv0": (3, 2)}
    )
    found = hw_models.products(spec, quant)
    assert found[trunk(0)] == [(128_000, 6, 8)]
    assert found[head(0)] == [(115_200, 4, 5), (6_400, 7, 5)]
    assert found[trunk(1)] == [(500_000, 3, 5), (720_000, 4, 2), (60_480, 4, 5)]
    assert found[head(1)] == [(840, 7, 5)]
    sums = {segment: sum(macs for macs, _, _ in layers) for segment, layers in found.items()}
    assert sums == hw_models.segment_macs(spec)


@pytest.mark.parametrize("name", hw_models.names())
def test_no_design_is_faster_than_a_position_per_cycle(name: str) -> None:
    family = name.removesuffix("_backbone")
    sides = {"b_lenet": 30, "tw_smallcnn": 28, "c_alexnet_svhn": 34}
    maps = {"ds_cnn": 49 * 10, "autoencoder": 5 * 128, "mlp_diabetes": 10, "mlp_housing": 8}
    least = maps.get(family, sides.get(family, 32) ** 2)
    assert hw_models.least_cycles(hw_models.get(name)) == least, "the image, or what the first layer gives"


def test_the_documentation_states_sizes_and_counts() -> None:
    text = (Path(__file__).parents[2] / "docs" / "networks.md").read_text()
    rows = re.findall(
        r"^\| `(\w+)` \| (\d+x\d+x\d+) \| ([\d,]+) \| ([\d, /]+) \| ([\d,]+) \|$", text, re.MULTILINE
    )
    assert len(rows) >= 8
    for name, shape, parameters, macs, static in rows:
        spec = hw_models.get(name)
        assert shape == "x".join(map(str, spec.input_shape)), name
        assert parameters == f"{sum(hw_models.segment_parameters(spec).values()):,}", name
        assert macs == " / ".join(f"{count:,}" for count in hw_models.macs_to_exit(spec)), name
        assert static == f"{hw_models.static_baseline_macs(spec):,}", name
