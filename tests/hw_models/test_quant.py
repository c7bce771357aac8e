"""Quantisation settings: range checks, names, JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models import QuantConfig
from toolkit.core.errors import BadOption

BITS = st.integers(2, 8)
CONFIGS = st.builds(
    QuantConfig,
    weight_bits=BITS,
    act_bits=BITS,
    first_weight_bits=st.none() | BITS,
    last_weight_bits=st.none() | BITS,
    scaling=st.sampled_from(["po2", "float"]),
    per_channel=st.booleans(),
    overrides=st.dictionaries(st.sampled_from(["trunk0.conv0", "head0.conv0"]), st.tuples(BITS, BITS)),
)


@given(CONFIGS)
def test_json_round_trip(config: QuantConfig) -> None:
    back = QuantConfig.from_json(json.loads(json.dumps(config.to_json())))
    assert back == config
    assert hash(back) == hash(config)
    assert back.key() == config.key()


def test_keys() -> None:
    assert QuantConfig().key() == "w4a4"
    config = QuantConfig(3, 5, first_weight_bits=8, last_weight_bits=6, scaling="float", per_channel=True)
    assert config.key() == "w3a5-f8-l6-float-pc"
    assert QuantConfig(first_weight_bits=4).key() == "w4a4"
    assert QuantConfig(overrides={"trunk0.conv0": (2, 3)}).key().startswith("w4a4-x")


def test_widths_of_first_hidden_last_and_overridden_layers() -> None:
    config = QuantConfig(4, 3, 8, 6, overrides={"trunk1.conv0": (2, 7)})
    assert config.widths("trunk0.conv0", first=True, classifier=False) == (8, 3)
    assert config.widths("head0.conv0", first=False, classifier=False) == (4, 3)
    assert config.widths("head0.linear0", first=False, classifier=True) == (6, 3)
    assert config.widths("trunk1.conv0", first=False, classifier=False) == (2, 7)


@pytest.mark.parametrize(
    "options",
    [
        {"weight_bits": 1},
        {"act_bits": 9},
        {"weight_bits": 4.0},
        {"weight_bits": True},
        {"first_weight_bits": 0},
        {"last_weight_bits": 16},
        {"overrides": {"trunk0.conv0": (4, 1)}},
        {"overrides": {"trunk0.conv0": (4,)}},
        {"scaling": "log"},
    ],
)
def test_bad_settings_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadOption):
        QuantConfig(**options)


def test_unknown_json_field_is_refused() -> None:
    with pytest.raises(BadOption, match="colour"):
        QuantConfig.from_json({"weight_bits": 4, "colour": "red"})
