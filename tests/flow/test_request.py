"""What a request refuses about the exit policy and the clock."""

from __future__ import annotations

import math
from typing import Any

import pytest

from toolkit.errors import OfframpError
from toolkit.flow import Request


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
        ({"host_cycles": -1}, "--host-cycles; expected 0 or more"),
    ],
)
def test_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(OfframpError, match=words):
        Request(**options).check()


def test_a_request_survives_json() -> None:
    request = Request(criterion="margin", max_loss=0.1, epsilon=0.02, clock_mhz=125.0)
    request.check()
    assert Request.from_json(request.to_json()) == request
